/** Where the set-up leaves the path of the packed plugin for the test files. */
export const PLUGIN_FILE_VARIABLE = 'OPENCLAW_WEBHOOKS_E2E_PLUGIN';
