/** Requests exactly as given, and signed ones: sent as the conformance kit sends them. */
export { sendEvent, sendRaw } from '../conformance/src/sendEvent';
export type { Delivery, HeaderChanges, RawAnswer, RawRequest } from '../conformance/src/sendEvent';
