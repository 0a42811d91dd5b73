import { NodeOperationError } from 'n8n-workflow';
import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { createSigningKeys } from '../../protocol/keys';
import { checkSigningSecret } from '../shared/credentialTest';
import { registerEndpoint } from './automaticSetup';
import { findUnreadable } from './conditions';
import { readFilters } from './filter';

/**
 * Runs when the workflow is published and when the editor starts to listen. What would make the node
 * refuse every event is reported now rather than in the log. With manual setup the gateway is configured
 * by its owner; with automatic setup the webhook is registered there.
 *
 * @throws NodeOperationError when no event could be accepted, or the gateway refuses
 */
export async function prepareEndpoint(context: IHookFunctions): Promise<boolean> {
	checkFilters(context);
	if (isAutomatic(context)) await registerEndpoint(context);
	else await checkCredential(context);
	return true;
}

/** Whether the node registers its webhook by itself. */
export function isAutomatic(context: IHookFunctions | IWebhookFunctions): boolean {
	return context.getNodeParameter('endpointSetup', 'automatic', RAW) !== 'manual';
}

const RAW = { rawExpressions: true };

function checkFilters(context: IHookFunctions): void {
	const filters = readFilters(context.getNodeParameter('filters', {}, RAW));
	const unreadable = findUnreadable(filters.conditions);
	if (unreadable) {
		throw new NodeOperationError(context.getNode(), unreadable.message, {
			description: `${unreadable.hint}. Write it as in data.message.content, data.items[0] or data["full name"].`,
		});
	}
}

async function checkCredential(context: IHookFunctions): Promise<void> {
	const { signingSecret } = await context.getCredentials<{ signingSecret?: unknown }>(
		'openClawApi',
	);
	const secret = typeof signingSecret === 'string' ? signingSecret : '';
	if (createSigningKeys(secret).length === 0) {
		throw new NodeOperationError(
			context.getNode(),
			"The 'Signing Secret' of the credential is empty",
			{
				description:
					"Only signed events are accepted. Enter the 'secret' which the endpoint has in openclaw.json5.",
			},
		);
	}
	const mistake = checkSigningSecret(secret);
	if (mistake) {
		throw new NodeOperationError(context.getNode(), mistake.message, {
			description: mistake.description,
		});
	}
}
