import type { Gateway } from '../../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../../testbed/gatewayConfig';

const PLUGIN = '/plugins/event-webhooks';

/**
 * What the dashboard's page is answered, with the token that it was served with.
 *
 * @param path below that of the page's requests: `state?status=failed`, `deliveries/dlv_1`
 */
export async function askDashboard(gateway: Gateway, path: string): Promise<string> {
	const page = await fetch(`${gateway.url}${PLUGIN}/dashboard`, {
		headers: { authorization: `Bearer ${GATEWAY_TOKENS.operator}` },
	});
	const token = /"token":"([^"]+)"/.exec(await page.text())?.[1] ?? '';
	const response = await fetch(`${gateway.url}${PLUGIN}/live/${path}`, {
		headers: { 'x-event-webhooks-page': token },
	});
	if (!response.ok) throw new Error(`The dashboard was answered with ${String(response.status)}`);
	return await response.text();
}
