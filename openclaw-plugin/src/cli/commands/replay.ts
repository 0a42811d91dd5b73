import { parseDeliveryId } from '../../log/deliveryId';
import { openOutbox } from '../../outbox/outbox';
import type { ReplaySelection } from '../../outbox/outbox';
import { countReplay } from '../../outbox/replay';
import type { CommandDefinition, CommandInput } from '../command';
import { CliFault, usageFault } from '../fault';
import { readChoice, readText, readTime } from '../optionValues';
import { requireEndpoint } from '../requireEndpoint';
import type { CommandTools } from '../tools';

/** `replay`: sends deliveries again, one or many. */
export const replayCommand: CommandDefinition = {
	usage: 'replay [id]',
	description: 'Send again: a delivery (dlv_…), an event (evt_…), or all that match',
	options: [
		['--status <status>', 'failed (the default for many) or delivered'],
		['--endpoint <name>', 'Only deliveries to this endpoint'],
		['--from <time>', 'Created then or later: 2026-03-14T10:30, or 2h for two hours ago'],
		['--to <time>', 'Created before then'],
		['--dry-run', 'Say how many and stop'],
	],
	examples: [
		'replay dlv_42',
		'replay --from 2h --endpoint crm',
		'replay --status failed --dry-run',
	],
	run: (tools, input) => {
		const selection = readSelection(tools, input);
		const isDryRun = input.options.dryRun === true;
		const count = isDryRun ? countReplay(tools.database, selection) : replay(tools, selection);
		if (count === 0 && input.args[0] !== undefined) {
			throw new CliFault(
				'not_found',
				`There is no '${input.args[0]}'. Old deliveries are deleted; 'list' shows what there is.`,
			);
		}
		return { json: { count, isDryRun }, text: () => describe(count, isDryRun) };
	},
};

function replay({ database, settings, now }: CommandTools, selection: ReplaySelection): number {
	return openOutbox(database, { ...settings.outbox, now }).replay(selection);
}

function readSelection(
	tools: CommandTools,
	{ args: [id], options }: CommandInput,
): ReplaySelection {
	const status = readChoice(options, 'status', ['failed', 'delivered']);
	const endpoint = readText(options, 'endpoint');
	const from = readTime(options, 'from', tools.now());
	const to = readTime(options, 'to', tools.now());
	const range = { status, endpoint, from, to };
	const isRange = Object.values(range).some((value) => value !== undefined);
	if (id !== undefined) {
		if (isRange) throw usageFault('Give either an id or what to select by, not both');
		return readId(id);
	}
	if (!isRange) throw usageFault('Say what to replay: an id, --status, --endpoint, --from or --to');
	if (endpoint !== undefined) requireEndpoint(tools, endpoint);
	return {
		status: status ?? 'failed',
		...(endpoint === undefined ? {} : { endpoint }),
		...(from === undefined ? {} : { from }),
		...(to === undefined ? {} : { to }),
	};
}

function readId(id: string): ReplaySelection {
	const number = id.startsWith('dlv_') ? parseDeliveryId(id) : undefined;
	if (number !== undefined) return { deliveryIds: [number] };
	if (/^evt_\w+$/.test(id)) return { eventIds: [id] };
	throw usageFault(`'${id}' is neither a delivery (dlv_…) nor an event (evt_…)`);
}

function describe(count: number, isDryRun: boolean): string {
	const what = count === 1 ? '1 delivery' : `${String(count)} deliveries`;
	if (isDryRun) return `${what} would be sent again.`;
	if (count === 0) return 'Nothing matches: nothing is sent again.';
	return `${what} will be sent again, as soon as the gateway runs. Receivers see the same event ids.`;
}
