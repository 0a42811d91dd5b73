import { parseGatewayDirectory } from '../../protocol';

const ENDPOINT = { name: 'alert', agentId: 'ops', template: 'Alert: {{body.title}}' };

describe('parseGatewayDirectory', () => {
	it('reads endpoints and agents', () => {
		const answer = {
			ok: true,
			endpoints: [ENDPOINT],
			agents: [{ id: 'ops', name: 'Operations' }, { id: 'main' }],
			channels: [{ id: 'telegram' }],
		};
		expect(parseGatewayDirectory(answer)).toEqual({
			ok: true,
			directory: { endpoints: answer.endpoints, agents: answer.agents, channels: answer.channels },
		});
	});

	it('passes over fields it does not know and entries that nobody could choose', () => {
		expect(
			parseGatewayDirectory({
				ok: true,
				version: 2,
				endpoints: [
					{ ...ENDPOINT, enabled: true },
					null,
					'alert',
					{ ...ENDPOINT, name: '' },
					{ ...ENDPOINT, agentId: 7 },
					{ name: 'alert', agentId: 'ops' },
				],
				agents: [{ id: 'ops', name: '' }, { id: '' }, { name: 'nobody' }, 7],
				channels: [{ id: 'slack', name: 'Slack' }, { id: '' }, 'telegram', null],
			}),
		).toEqual({
			ok: true,
			directory: { endpoints: [ENDPOINT], agents: [{ id: 'ops' }], channels: [{ id: 'slack' }] },
		});
	});

	it.each([undefined, null, 'Not Found', [], {}, { ok: false }, { ok: 'true' }])(
		'refuses %j as the answer of something else',
		(answer) => {
			expect(parseGatewayDirectory(answer)).toEqual({
				ok: false,
				message: 'The answer is not from the event-webhooks plugin',
			});
		},
	);

	it.each([{ endpoints: [] }, { agents: [] }, { endpoints: {}, agents: [] }])(
		'refuses an answer without both lists: %j',
		(lists) => {
			expect(parseGatewayDirectory({ ok: true, ...lists })).toMatchObject({ ok: false });
		},
	);
});
