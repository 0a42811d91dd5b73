/** The one door to what both halves of the product share. */
export * from '../../protocol/index';
export { createSigningKeys, listSecrets } from '../../protocol/keys';
export type { SigningKey } from '../../protocol/keys';
export { signEvent } from '../../protocol/sign';
