import { objectAt, type JsonObject } from './json';
import type { TelegramStandIn } from './telegramStandIn';

/** How Telegram may show a reply that is still being written, `channels.telegram.streaming`. */
export const STREAMING_MODES: ReadonlyArray<
	readonly [name: string, streaming: JsonObject | undefined]
> = [
	['default', undefined],
	['off', { mode: 'off' }],
	['partial', { mode: 'partial' }],
	['block', { mode: 'block' }],
	['progress', { mode: 'progress' }],
	['blocks', { mode: 'off', block: { enabled: true } }],
];

/**
 * Top-level configuration keys for one account of the channel for each mode, so that all can be watched at once.
 *
 * @param standIns one for each mode, by its name
 */
export function streamingAccounts(standIns: ReadonlyMap<string, TelegramStandIn>): JsonObject {
	const accounts: Record<string, JsonObject> = {};
	for (const [index, [mode, streaming]] of STREAMING_MODES.entries()) {
		const telegram = objectAt(standIns.get(mode)?.config('main'), 'channels', 'telegram');
		const { enabled, ...account } = telegram;
		accounts[mode] = {
			...account,
			enabled,
			botToken: `${String(50 + index)}:TESTBED-TOKEN-OF-THE-TELEGRAM-STAND-IN-${mode.toUpperCase()}`,
			...(streaming === undefined ? {} : { streaming }),
		};
	}
	return {
		session: { dmScope: 'per-account-channel-peer' },
		channels: { telegram: { enabled: true, defaultAccount: 'default', accounts } },
		bindings: STREAMING_MODES.map(([accountId]) => ({
			agentId: 'main',
			match: { channel: 'telegram', accountId },
		})),
	};
}
