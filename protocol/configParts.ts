import { readApprovals, readMisspeltApprovals } from './configApprovals';
import type { ApprovalPart } from './configApprovals';
import { readEndpoint } from './configEndpoint';
import type { EndpointConfig } from './configEndpoint';
import {
	addIssue,
	apart,
	checkKeys,
	child,
	findNear,
	nameIn,
	optional,
	ownNames,
	readBoolean,
	readInteger,
	readText,
} from './configFields';
import type { Field, FieldIssue } from './configFields';
import { readInbound } from './configInbound';
import type { InboundParts } from './configInbound';

/** How the gateway keeps events that wait, and what it keeps of the ones that don't. */
export interface OutboxConfig {
	/** Days that deliveries and their attempts stay in the log: 1 to 365. */
	readonly retentionDays: number;
	/** Megabytes that the outbox may take on disk: 1 to 1,000,000. */
	readonly maxMegabytes: number;
	/** Whether each event is on the disk itself before the agent goes on, so that a power cut loses none. */
	readonly powerSafe: boolean;
}

/** What holds where `outbox` says nothing else. */
export const DEFAULT_OUTBOX: OutboxConfig = {
	retentionDays: 14,
	maxMegabytes: 1024,
	powerSafe: false,
};

/** An entry of `endpoints`, or what is wrong with it. */
export type EndpointPart =
	| { readonly ok: true; readonly config: EndpointConfig }
	| {
			readonly ok: false;
			/** As it is written. */
			readonly written: unknown;
			/** Its name, where it has one that no entry before it has. */
			readonly name: string | undefined;
			readonly issues: readonly FieldIssue[];
	  };

/** The webhooks object in parts that can be used or not, each by itself. */
export interface WebhooksParts {
	readonly endpoints: readonly EndpointPart[];
	/**
	 * Whether each endpoint that is written there has been found with its name. If not, one that is
	 * missing here may only be unreadable.
	 */
	readonly isComplete: boolean;
	/** Undefined where nothing is written about it. */
	readonly inbound: InboundParts | undefined;
	/** Empty where nothing is written about it. */
	readonly approvals: readonly ApprovalPart[];
	readonly instanceId: string | undefined;
	/** The keys that are there and right; undefined where nothing is written about it. */
	readonly outbox: Partial<OutboxConfig> | undefined;
	/** Everything that is wrong, that with the endpoints, with `inbound` and with `approvals` included. */
	readonly issues: readonly FieldIssue[];
	/** What is wrong outside of the endpoints, of `inbound` and of the single rules of `approvals`. */
	readonly ownIssues: readonly FieldIssue[];
}

export const WEBHOOKS_KEYS = ['endpoints', 'inbound', 'approvals', 'instanceId', 'outbox'] as const;

const MAX_RETENTION_DAYS = 365;
const MAX_MEGABYTES = 1_000_000;

/**
 * Reads the webhooks object part by part, so that a fault in one leaves the others alone.
 *
 * @param value the object that holds `endpoints` and the like; never throws
 * @example
 * readWebhooks({ endpoints: [good, bad] }).endpoints; // [{ ok: true, … }, { ok: false, … }]
 */
export function readWebhooks(value: unknown): WebhooksParts {
	return readParts({ value, path: [], issues: [] });
}

/** Reads a webhooks object that stands in a file; undefined counts as an empty one. */
export function readParts(field: Field): WebhooksParts {
	const own = apart(field);
	const all = apart(field);
	const isReadable = field.value === undefined || checkKeys(own, WEBHOOKS_KEYS);
	const list = child(own, 'endpoints');
	const endpoints = list.value === undefined ? [] : readEndpoints(list);
	const rootIssues = own.issues.splice(0);
	const inboundField = child(all, 'inbound');
	const inbound = inboundField.value === undefined ? undefined : readInbound(inboundField);
	const approvals = readApprovalParts(own);
	const { instanceId } = optional(own, 'instanceId', readText);
	const { outbox } = optional(own, 'outbox', readOutbox);
	return {
		endpoints,
		isComplete:
			isReadable &&
			(list.value === undefined || Array.isArray(list.value)) &&
			endpoints.every((part) => part.ok || nameIn(part.written) !== undefined),
		inbound,
		approvals,
		instanceId,
		outbox,
		issues: [
			...rootIssues,
			...endpoints.flatMap((part) => (part.ok ? [] : part.issues)),
			...all.issues,
			...approvals.flatMap((part) => (part.ok ? [] : part.issues)),
			...own.issues,
		],
		ownIssues: [...rootIssues, ...own.issues],
	};
}

/** A misspelt key must not let through what was to be asked about. */
function readApprovalParts(field: Field): readonly ApprovalPart[] {
	const approvals = child(field, 'approvals');
	if (approvals.value !== undefined) return readApprovals(approvals);
	const misspelt = findNear(field.value, 'approvals', WEBHOOKS_KEYS);
	return misspelt === undefined ? [] : readMisspeltApprovals(misspelt);
}

function readEndpoints(list: Field): readonly EndpointPart[] {
	const nameOf = ownNames('endpoint');
	const readPart = (field: Field): EndpointPart => {
		const own = apart(field);
		const config = readEndpoint(own);
		const name = nameOf(own);
		if (config !== undefined && own.issues.length === 0) return { ok: true, config };
		return { ok: false, written: field.value, name, issues: own.issues };
	};
	if (Array.isArray(list.value)) return list.value.map((_, index) => readPart(child(list, index)));
	addIssue(list, 'must be a list');
	return [];
}

function readOutbox(field: Field): Partial<OutboxConfig> | undefined {
	if (!checkKeys(field, Object.keys(DEFAULT_OUTBOX))) return {};
	return {
		...optional(field, 'retentionDays', (inner) => readInteger(inner, 1, MAX_RETENTION_DAYS)),
		...optional(field, 'maxMegabytes', (inner) => readInteger(inner, 1, MAX_MEGABYTES)),
		...optional(field, 'powerSafe', readBoolean),
	};
}
