import { NodeOperationError } from 'n8n-workflow';
import type { IHookFunctions, ITriggerFunctions } from 'n8n-workflow';
import { createSigningKeys } from '../../../protocol/keys';
import { checkSigningSecret } from '../../shared/credentialTest';
import { CREDENTIAL_NAME, readConnection } from '../../shared/gatewayConnection';
import { hasExpression, ownProperty } from '../../shared/parameterValues';
import { findUnreadable, readConditions } from '../event/conditions';
import { RAW, readSetup, toEvents } from '../event/settings';

type CheckContext = IHookFunctions | ITriggerFunctions;

/** What an expression names when it reads the event. */
const READS_EVENT = /\$(?:json|input|binary|node|prevNode|item)\b|\$\(/;

/**
 * Runs when the workflow is published and when the editor starts to listen: what would make the node lose
 * or refuse events is reported then rather than in the log.
 *
 * @throws NodeOperationError that names the parameter
 */
export function checkParameters(context: CheckContext): void {
	checkEvents(context);
	checkFilters(context);
}

function checkEvents(context: CheckContext): void {
	const saved = context.getNodeParameter('events', [], RAW);
	const isPerEvent = context.getNodeParameter('outputMode', 'single', RAW) === 'perEvent';
	if (hasExpression(saved)) {
		// The editor draws the outputs before any event has come.
		if (isPerEvent && readsEvent(saved)) {
			throw refused(
				context,
				"'Trigger On' depends on the event, and 'One Output per Event' draws its outputs before",
				"Choose the events from the list, or set 'Output Mode' to 'Single Output'.",
			);
		}
		refuseEventInConnection(context, 'Trigger On', saved);
		return;
	}
	if (toEvents(saved).length > 0) return;
	throw refused(context, "No event is chosen in 'Trigger On'", 'Choose at least one.');
}

function checkFilters(context: CheckContext): void {
	const saved: unknown = context.getNodeParameter('filters', {}, RAW);
	refuseEventInConnection(context, 'Filters', saved);
	const list = ownProperty(ownProperty(saved, 'conditions'), 'values');
	if (!Array.isArray(list)) return;
	// What reads the event is only known then: it is filtered where it leads to no field.
	const known = list.filter((condition) => !readsEvent(ownProperty(condition, 'field')));
	const isKnown = known.length === list.length;
	const evaluated: unknown =
		isKnown && hasExpression(list) ? context.getNodeParameter('filters', {}) : undefined;
	const conditions = ownProperty(evaluated, 'conditions') ?? {
		values: known.filter((condition) => !hasExpression(ownProperty(condition, 'field'))),
	};
	const unreadable = findUnreadable(readConditions(conditions, 'all'));
	if (unreadable === undefined) return;
	throw refused(
		context,
		unreadable,
		'Write it as in data.message.content, data.items[0] or data["full name"].',
	);
}

function refuseEventInConnection(context: CheckContext, parameter: string, saved: unknown): void {
	if (readSetup(context) !== 'connection' || !readsEvent(saved)) return;
	throw refused(
		context,
		`An expression in '${parameter}' reads the event, which 'Connection' does not allow`,
		"It is evaluated when n8n connects. Use 'Conditions' to look at fields of the event, or a Filter node behind the trigger.",
	);
}

function readsEvent(saved: unknown): boolean {
	if (typeof saved === 'string') return saved.startsWith('=') && READS_EVENT.test(saved);
	return typeof saved === 'object' && saved !== null && Object.values(saved).some(readsEvent);
}

/**
 * Whether the credential can verify what another sender signs.
 *
 * @throws NodeOperationError when no event could be accepted
 */
export async function checkSecret(context: IHookFunctions): Promise<void> {
	const { signingSecret } = await context.getCredentials<{ signingSecret?: unknown }>(
		'openClawApi',
	);
	const secret = typeof signingSecret === 'string' ? signingSecret : '';
	if (createSigningKeys(secret).length === 0) {
		throw refused(
			context,
			"The 'Signing Secret' of the credential is empty",
			"Only signed events are accepted. Enter the 'secret' which the endpoint has at the gateway.",
		);
	}
	const mistake = checkSigningSecret(secret);
	if (mistake) throw refused(context, mistake.message, mistake.description);
}

/**
 * Whether the credential can fetch the files of events, where that is wanted: to verify what is sent, the
 * secret alone would do.
 *
 * @throws NodeOperationError that says what the credential needs
 */
export async function checkFileAccess(context: IHookFunctions): Promise<void> {
	const options: unknown = context.getNodeParameter('options', {}, RAW);
	if (ownProperty(options, 'includeAttachments') !== true) return;
	const read = readConnection(await context.getCredentials(CREDENTIAL_NAME));
	if (read.ok && read.connection.accessToken !== '') return;
	throw refused(
		context,
		"'Include Attachments' needs an 'Access Token' in the credential",
		"The files are fetched from the gateway. Make a token with 'openclaw event-webhooks token create --name n8n' on the gateway's host and enter it with the 'Gateway URL', or remove the option.",
	);
}

function refused(context: CheckContext, message: string, description: string): NodeOperationError {
	return new NodeOperationError(context.getNode(), message, { description });
}
