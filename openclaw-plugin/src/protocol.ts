/** The one door to what both halves of the product share. */
export * from '../../protocol/index';
export { createSigningKeys, listSecrets } from '../../protocol/keys';
export type { SigningKey } from '../../protocol/keys';
export { createEventKeys, signEvent } from '../../protocol/sign';
export type { EventKeys } from '../../protocol/sign';
