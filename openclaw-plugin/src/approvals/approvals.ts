import { openEndpointTable } from '../endpoints/endpointTable';
import type { Logger } from '../gatewayApi';
import { errorText } from '../logger';
import { isOutboxFull } from '../outbox/capacity';
import { findReceivers, targetFor } from '../outbox/emitter';
import { createEvent } from '../outbox/envelope';
import type { Outbox } from '../outbox/outbox';
import type { EventData } from '../protocol';
import { inTransaction } from '../store/databaseAccess';
import type { Database } from '../store/databaseAccess';
import { readDecision } from './approval';
import type { Approval, ApprovalRequest, DecisionRefusal, Resolution } from './approval';
import { openApprovalTable } from './approvalTable';
import type { ApprovalQuery } from './approvalTable';
import { waitingCalls } from './waitForDecision';

/** Something that was decided, or why it was not. */
export type Decided =
	| { readonly ok: true; readonly approval: Approval }
	| { readonly ok: false; readonly refused: DecisionRefusal };

/** Who decides. */
export interface Decider {
	/** Id of the token that the decision came with, `cli` or `dashboard`. */
	readonly via: string;
	/** Names the request, so that the same one may be repeated when its answer got lost. */
	readonly key?: string | undefined;
}

/** What can be done with tool calls that need to be allowed. Everything may throw what the database throws. */
export interface Approvals {
	/** Those that wait first, then the newest. */
	list(query?: ApprovalQuery): readonly Approval[];
	find(id: string): Approval | undefined;
	/** Decides as a request asks for: the first decision counts. */
	decide(id: string, request: unknown, decider: Decider): Decided;
	/**
	 * Keeps a call that is to wait and asks for a decision, all or nothing.
	 *
	 * @returns false where nobody can be asked: the call is kept as denied then
	 * @throws also OutboxFullError
	 */
	open(request: ApprovalRequest, expiresAt: number): boolean;
	/** Ends the waiting of a call for want of a decision; what holds now is what was decided first. */
	close(id: string, resolution: Resolution): Approval | undefined;
	/** Denies what waits in this process, as it is to end. */
	closeAll(): void;
	/** Denies what waited in a gateway that has ended since; returns how many. */
	closeOrphans(): number;
	/** Deletes what was decided more than so many days ago. */
	forget(retentionDays: number): void;
}

export interface ApprovalParts {
	/** Where the plugin keeps its data. */
	readonly folder: string;
	readonly database: Database;
	readonly outbox: Pick<Outbox, 'append'>;
	/** What events name as their gateway. */
	readonly instanceId: string;
	readonly logger: Pick<Logger, 'error'>;
	/** Whether this is the gateway's process, in which calls wait. */
	readonly isGateway: boolean;
	/** Milliseconds since 1970; the system's clock unless given. */
	readonly now?: () => number;
}

const RESTARTED: Resolution = {
	decision: 'deny',
	cause: 'restarted',
	reason: 'The gateway was stopped while the call waited',
};

/**
 * Makes the use cases. The command line, the admin API and the dashboard decide through them, and the hook
 * asks through them.
 *
 * @example
 * approvals.decide('apr_01kb…', { decision: 'allow', by: 'Ada' }, { via: 'cli' });
 */
export function createApprovals(parts: ApprovalParts): Approvals {
	const { folder, database, outbox, instanceId, logger, isGateway, now = Date.now } = parts;
	const table = openApprovalTable(database);
	const endpoints = openEndpointTable(database);
	const calls = waitingCalls(folder);
	const receiversOf = (type: 'approval.requested' | 'approval.resolved', data: EventData) =>
		findReceivers(endpoints, { type, data, instanceId }, now());
	const tell = (type: 'approval.requested' | 'approval.resolved', data: EventData) => {
		const targets = receiversOf(type, data).map(targetFor);
		if (targets.length > 0) {
			outbox.append(createEvent({ type, data, at: now(), instanceId }), targets);
		}
	};
	/** Decides and tells it, all or nothing; says whether this has decided. */
	const resolve = (id: string, request: ApprovalRequest, resolution: Resolution): boolean => {
		try {
			return inTransaction(database, () => {
				if (!table.resolve(id, resolution, now())) return false;
				tell('approval.resolved', resolvedData(request, resolution));
				return true;
			});
		} catch (error) {
			if (!isOutboxFull(error)) throw error;
			// A decision counts, whether or not there is room to tell it.
			logger.error(`The decision on ${id} is not told: ${errorText(error)}`);
			return table.resolve(id, resolution, now());
		}
	};
	const close = (id: string, resolution: Resolution): Approval | undefined => {
		const known = table.find(id);
		if (known?.approval.state === 'waiting') resolve(id, known.request, resolution);
		calls.wake(id);
		return table.find(id)?.approval;
	};

	return {
		list: (query) => table.list(query),
		find: (id) => table.find(id)?.approval,
		decide: (id, request, { via, key }) => {
			const read = readDecision(request);
			if (!read.ok) return read;
			const known = table.find(id);
			if (known === undefined) return refuse(unknown(id));
			const { approval } = known;
			const { decision, by, reason, paramsHash } = read.value;
			if (approval.state !== 'waiting') {
				const isRepeated =
					key !== undefined &&
					known.key === key &&
					approval.state === (decision === 'allow' ? 'allowed' : 'denied');
				return isRepeated ? { ok: true, approval } : refuse(ended(approval));
			}
			if (isGateway && !calls.has(id)) {
				return refuse(ended(close(id, RESTARTED) ?? approval));
			}
			if (paramsHash !== undefined && paramsHash !== approval.paramsHash) {
				return refuse(otherParameters(approval));
			}
			const isDecided = resolve(id, known.request, { decision, by, reason, via, key });
			const result = table.find(id)?.approval ?? approval;
			calls.wake(id);
			return isDecided ? { ok: true, approval: result } : refuse(ended(result));
		},
		open: (request, expiresAt) => {
			const { id } = request.approval;
			const isAsked = receiversOf('approval.requested', request).some(
				({ lifecycle }) => lifecycle.state === 'active',
			);
			inTransaction(database, () => {
				table.insert(request, now(), expiresAt);
				if (isAsked) tell('approval.requested', request);
			});
			if (!isAsked) {
				const reason = "No active endpoint takes 'approval.requested'";
				close(id, { decision: 'deny', cause: 'nobody-asked', reason });
			}
			return isAsked;
		},
		close,
		closeAll: () => {
			for (const id of calls.ids()) close(id, RESTARTED);
		},
		closeOrphans: () => {
			const orphans = table.waiting().filter((id) => !calls.has(id));
			for (const id of orphans) close(id, RESTARTED);
			return orphans.length;
		},
		forget: (retentionDays) => {
			table.forget(retentionDays);
		},
	};
}

function resolvedData(
	{ approval, ...where }: ApprovalRequest,
	{ decision, by, reason, cause }: Resolution,
): EventData {
	const { id, rule, tool } = approval;
	const { name, callId } = tool;
	return {
		...where,
		approval: {
			id,
			rule,
			tool: { name, ...(callId === undefined ? {} : { callId }) },
			decision,
			...(by === undefined ? {} : { by }),
			...(reason === undefined ? {} : { reason }),
			...(cause === undefined ? {} : { cause }),
		},
	};
}

function refuse(refused: DecisionRefusal): Decided {
	return { ok: false, refused };
}

function unknown(id: string): DecisionRefusal {
	return {
		code: 'unknown-approval',
		message: `No tool call waits, or has waited, under the id '${id.slice(0, 100)}' at this gateway`,
	};
}

function ended(approval: Approval): DecisionRefusal {
	const { state, by, cause, decidedAt = 0 } = approval;
	const when = new Date(decidedAt).toISOString();
	if (cause !== undefined) {
		return {
			code: 'approval-ended',
			message: `The tool call does not wait any more: it was denied at ${when} (${cause})`,
			approval,
		};
	}
	return {
		code: 'already-decided',
		message: `The tool call was ${state} already${by === undefined ? '' : ` by ${by}`} at ${when}`,
		approval,
	};
}

function otherParameters(approval: Approval): DecisionRefusal {
	return {
		code: 'other-parameters',
		message: 'The decision is about other parameters than those that the tool call waits with',
		path: 'paramsHash',
		approval,
	};
}
