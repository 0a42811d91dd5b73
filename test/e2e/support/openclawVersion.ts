import { chosenVersions } from '../../../testbed/runtimeVersions';

/** The oldest OpenClaw that the plugin takes differs in what some tests look at. */
export const IS_2026_9_1 = chosenVersions().openclaw === '2026.9.1';

/**
 * For tests of what OpenClaw 2026.9.1 doesn't have: `openclaw plugins reload`, and services that are
 * restarted when their settings change.
 */
export const itSince2026_9_2 = IS_2026_9_1 ? it.skip : it;
