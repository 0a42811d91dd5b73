export { OpenClawApi } from './credentials/OpenClawApi.credentials';
export { OpenClawInbound } from './nodes/OpenClawInbound/OpenClawInbound.node';
export { OpenClawTrigger } from './nodes/OpenClawTrigger/OpenClawTrigger.node';
export {
	checkConfig,
	checkSignatureHeaders,
	createEventFilter,
	createEventId,
	createSigningKeys,
	createStandardWebhookKeys,
	EVENT_TYPES,
	formatEndpointConfig,
	INBOUND_ROOTS,
	isEventType,
	isKnownEventType,
	parseConfig,
	parseEvent,
	parseTemplate,
	renderTemplate,
	signEvent,
	signStandardWebhook,
	TEMPLATE_LIMITS,
	TRANSFORM_ROOTS,
	verifyEvent,
	verifySignature,
	verifyStandardWebhook,
} from './protocol';
export type * from './protocol';
