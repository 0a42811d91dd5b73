/** The page; the gateway lets in who may see it. */
export const DASHBOARD_PATH = '/plugins/event-webhooks/dashboard';

/**
 * What the page asks for. It cannot be below the page: the gateway shows pages of plugins in a frame
 * without an origin, whose requests carry none of the gateway's credentials.
 */
export const DASHBOARD_API_PATH = '/plugins/event-webhooks/live';

/** Header that carries the page's token. */
export const PAGE_TOKEN_HEADER = 'x-event-webhooks-page';
