import { fieldsOf, textOf } from '../events/fields';
import type { GatewayApi, Logger } from '../gatewayApi';
import { errorText } from '../logger';
import { placeOfCommand } from './chatPlace';
import { COMMAND } from './question';
import type { Answered, Reviews } from './reviews';

/*
 * A workflow asks a person in a chat whether a tool may run, and the person's command or button is the answer. No agent
 * takes part in it.
 *
 *   registerReviews  the command, and what who has written it reads
 *   reviews          the use cases: asked once, answered once, told to the workflow in the same transaction
 *   reviewRequest    what was posted (admin/reviewApi takes it)
 *   question         what the chat gets, and what counts as an answer
 *   chatPlace        which chat a session has, and whether an answer comes from there and from the right person
 *   reviewTable      what is kept of a question, and the rows
 */

/** Registers the command `/n8n`. Only people whom the gateway lets command its bot get this far. */
export function registerReviews(
	api: Pick<GatewayApi, 'registerCommand'>,
	{ reviews, logger }: { readonly reviews: () => Reviews; readonly logger: Logger },
): void {
	api.registerCommand?.({
		name: COMMAND,
		description: 'Answers a question of an n8n workflow',
		acceptsArgs: true,
		requireAuth: true,
		handler: (context) => {
			try {
				const args = textOf(fieldsOf(context), 'args') ?? '';
				return { text: describe(reviews().answer(args, placeOfCommand(context))) };
			} catch (error) {
				logger.error(`An answer to a question was not taken: ${errorText(error)}`);
				return { text: 'Your answer could not be stored. Please try again.' };
			}
		},
	});
}

function describe(answered: Answered): string {
	switch (answered.kind) {
		case 'approved':
			return 'Approved.';
		case 'denied':
			return 'Denied.';
		case 'resolved': {
			const { decision, by } = answered.review;
			const word = decision === 'approve' ? 'approved' : 'denied';
			return `That was ${word} already${by === undefined ? '' : ` by ${by}`}.`;
		}
		case 'late':
			return 'The time for that is over. It was denied.';
		case 'not-you':
			return 'Somebody else was asked. Your answer does not count.';
		case 'unknown':
			return 'No question under this code waits in this chat.';
		case 'unclear': {
			const code = answered.code ?? '<code>';
			return `That is no answer. Write: /${COMMAND} approve ${code}, or /${COMMAND} deny ${code} and a reason if you like.`;
		}
	}
}
