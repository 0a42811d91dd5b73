import type { Approval, Decision } from '../approvals/approval';
import type { Overview } from '../endpoints/endpointHealth';
import type { Trouble } from '../health/troubles';
import type { InboundCall, InboundRefusal } from '../inbound/inboundCalls';
import type { DeliveryPage } from '../outbox/delivery';
import type { HourlyCounts } from '../outbox/deliveryLog';

/** What a page is served with. */
export interface PageData {
	readonly apiPath: string;
	readonly tokenHeader: string;
	readonly token: string;
	/** Whether the viewer may send deliveries again, pause endpoints, and decide on tool calls. */
	readonly mayReplay: boolean;
	/** Types that events can have, to choose from. */
	readonly eventTypes: readonly string[];
	/** Version of the plugin. */
	readonly version: string;
}

/** `GET …/state`: what the page shows, and a token for the next requests. */
export interface LiveState {
	readonly token: string;
	/** The gateway's clock, milliseconds since 1970. */
	readonly at: number;
	readonly faults: readonly Trouble[];
	/** Absent while the database cannot be read; the faults tell why. */
	readonly data?: {
		readonly page: DeliveryPage;
		readonly overview: Overview;
		/** The last 24 hours, the oldest first. */
		readonly hours: readonly HourlyCounts[];
		/** Calls that were accepted and that were refused, the newest first. */
		readonly inbound: {
			readonly calls: readonly InboundCall[];
			readonly refusals: readonly InboundRefusal[];
		};
		/** Tool calls that wait to be allowed, then those that were decided on last. */
		readonly approvals: readonly Approval[];
	};
}

/** Body of `POST …/replay`: some deliveries, or all that failed. */
export type ReplayBody =
	| { readonly deliveryIds: readonly string[] }
	| { readonly status: 'failed'; readonly endpoint?: string };

/** Answer to `POST …/replay`. */
export interface ReplayAnswer {
	readonly count: number;
}

/** What can be done with an endpoint: `POST …/endpoints/{id}/{verb}`. */
export type EndpointVerb = 'pause' | 'resume' | 'enable';

/** Body of `POST …/approvals/{id}`. */
export interface DecisionBody {
	readonly decision: Decision;
	readonly reason?: string;
	/** Of the parameters that were shown. */
	readonly paramsHash: string;
}
