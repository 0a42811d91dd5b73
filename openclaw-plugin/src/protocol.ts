/** The one door to what both halves of the product share. */
export * from '../../protocol/index';
export { createSigningKeys, listSecrets } from '../../protocol/keys';
export type { SigningKey } from '../../protocol/keys';
export { readTimestamp } from '../../protocol/signatureHeaders';
export { createEventKeys, signEvent } from '../../protocol/sign';
export type { EventKeys } from '../../protocol/sign';
export { describeIssue } from '../../protocol/config';
export { readSubscription } from '../../protocol/configEndpoint';
export { readWebhooks } from '../../protocol/configParts';
export type { EndpointPart } from '../../protocol/configParts';
export type { InboundEndpointPart, InboundParts } from '../../protocol/configInbound';
export type { FieldIssue, KeyPath } from '../../protocol/configFields';
export { escapeForSlack } from '../../protocol/templateValue';
export { isObject } from '../../protocol/jsonObject';
export type { JsonObject } from '../../protocol/jsonObject';
export { wellFormedJson } from '../../protocol/wellFormed';
