import { at, listAt, textAt } from '../json';
import { GiveUp, waitFor } from '../waitFor';
import type { Workflow } from './client';
import { N8nRequestError, type N8nSession } from './session';

/** What n8n says of a workflow's triggers; `undefined` from an n8n that publishes within the request. */
async function publicationStatus(session: N8nSession, { id }: Workflow): Promise<unknown> {
	try {
		return await session.request('GET', `/rest/workflows/${id}/publication-status`);
	} catch (error) {
		if (error instanceof N8nRequestError && error.status === 404) return undefined;
		throw error;
	}
}

/** Publishes a workflow and waits until its triggers are registered. */
export async function publishWorkflow(session: N8nSession, workflow: Workflow): Promise<void> {
	const { id, name, versionId } = workflow;
	await session.request('POST', `/rest/workflows/${id}/activate`, { versionId });
	await waitFor(`workflow '${name}' to be published`, async () => {
		const state = await publicationStatus(session, workflow);
		if (state === undefined) return true;
		const triggers = listAt(state, 'triggers');
		const failed = triggers.find((trigger) => textAt(trigger, 'status') === 'failed');
		if (failed !== undefined) throw new GiveUp(`Not published: ${JSON.stringify(failed)}`);
		return (
			at(state, 'status') === 'published' &&
			triggers.every((trigger) => textAt(trigger, 'status') === 'activated')
		);
	});
}

/** Unpublishes a workflow and waits until its production webhooks have ended. */
export async function unpublishWorkflow(session: N8nSession, workflow: Workflow): Promise<void> {
	await session.request('POST', `/rest/workflows/${workflow.id}/deactivate`, {});
	await waitFor(`workflow '${workflow.name}' to be unpublished`, async () => {
		const state = await publicationStatus(session, workflow);
		return state === undefined || at(state, 'status') === 'not_published';
	});
}
