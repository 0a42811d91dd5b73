/** Events to try workflows with: those that the conformance kit sends to receivers. */
export { capturedEvent, capturedEvents } from '../conformance/src/capturedEvents';
