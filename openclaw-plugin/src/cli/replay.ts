import type { ReplayRequest } from '../endpoints/manage';
import { parseDeliveryId } from '../outbox/delivery';
import { CliFault, usageFault, valueOf } from './command';
import type { CommandDefinition, CommandInput, CommandTools } from './command';
import { RANGE_OPTIONS } from './deliveries';
import { readChoice, readText, readTime } from './optionValues';

/** `replay`: sends deliveries again, one or many. */
export const replayCommand: CommandDefinition = {
	usage: 'replay [id]',
	description: 'Send again: a delivery (dlv_…), an event (evt_…), or all that match',
	options: [
		['--status <status>', 'failed (the default for many) or delivered'],
		...RANGE_OPTIONS,
		['--dry-run', 'Say how many and stop'],
	],
	examples: [
		'replay dlv_42',
		'replay --since 2h --endpoint crm',
		'replay --status failed --dry-run',
	],
	run: (tools, input) => {
		const selection = readSelection(tools, input);
		const isDryRun = input.options.dryRun === true;
		const { manager } = tools;
		const { count } = valueOf(
			isDryRun ? manager.countReplay(selection) : manager.replay(selection),
		);
		if (count === 0 && input.args[0] !== undefined) {
			throw new CliFault(
				'not_found',
				`There is no '${input.args[0]}'. Old deliveries are deleted; 'list' shows what there is.`,
			);
		}
		return { json: { count, isDryRun }, text: () => describe(count, isDryRun) };
	},
};

function readSelection(tools: CommandTools, { args: [id], options }: CommandInput): ReplayRequest {
	const status = readChoice(options, 'status', ['failed', 'delivered']);
	const endpoint = readText(options, 'endpoint');
	const since = readTime(options, 'since', tools.now());
	const until = readTime(options, 'until', tools.now());
	const range = { status, endpoint, since, until };
	const isRange = Object.values(range).some((value) => value !== undefined);
	if (id !== undefined) {
		if (isRange) throw usageFault('Give either an id or what to select by, not both');
		return readId(id);
	}
	if (!isRange)
		throw usageFault('Say what to replay: an id, --status, --endpoint, --since or --until');
	return {
		status: status ?? 'failed',
		...(endpoint === undefined ? {} : { endpoint }),
		...(since === undefined ? {} : { since }),
		...(until === undefined ? {} : { until }),
	};
}

function readId(id: string): ReplayRequest {
	const number = id.startsWith('dlv_') ? parseDeliveryId(id) : undefined;
	if (number !== undefined) return { deliveryIds: [number] };
	if (/^evt_\w+$/.test(id)) return { eventIds: [id] };
	throw usageFault(`'${id}' is neither a delivery (dlv_…) nor an event (evt_…)`);
}

function describe(count: number, isDryRun: boolean): string {
	const what = count === 1 ? '1 delivery' : `${String(count)} deliveries`;
	if (isDryRun) return `${what} would be sent again.`;
	if (count === 0) return 'Nothing matches: nothing is sent again.';
	return `${what} will be sent again, as soon as the gateway runs. What had failed keeps its event id; what was delivered is sent as a new event with 'replayOf'.`;
}
