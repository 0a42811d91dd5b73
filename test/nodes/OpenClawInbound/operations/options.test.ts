import { inboundProperties } from '../../../../nodes/OpenClawInbound/description/properties';
import { OPTION_DEFAULTS, readOptions } from '../../../../nodes/OpenClawInbound/operations/options';

function optionsOf(value: unknown): object {
	const read = readOptions(value);
	if (!read.ok) throw new Error(read.reason.message);
	return read.options;
}

test('has defaults for everything', () => {
	const expected = {
		config: '',
		idempotencyKey: undefined,
		timeoutMs: 60_000,
		replySeconds: 300,
		waitForReply: undefined,
		cancelRun: false,
		maxConcurrency: 5,
		maxAttempts: 5,
		backoffMs: 1000,
		agentFields: {},
	};
	expect(optionsOf({})).toEqual(expected);
	expect(optionsOf(undefined)).toEqual(expected);
});

test('shows the defaults that it uses', () => {
	const collection = inboundProperties.find(({ name }) => name === 'options');
	const shown = (collection?.options ?? []).flatMap((option) =>
		'default' in option && option.name in OPTION_DEFAULTS ? [[option.name, option.default]] : [],
	);
	expect(Object.fromEntries(shown)).toEqual(OPTION_DEFAULTS);
});

test('hands on what the gateway understands, and nothing that is empty', () => {
	const given = { sessionKey: ' hook:a ', channel: '', to: 123, model: 'm', deliver: false };
	expect(optionsOf(given)).toMatchObject({
		agentFields: { sessionKey: 'hook:a', to: '123', model: 'm', deliver: false },
	});
	expect(optionsOf(given)).not.toHaveProperty('agentFields.channel');
});

test.each([
	['timeout', 0, 'Timeout (Seconds)'],
	['timeout', 'soon', 'Timeout (Seconds)'],
	['replySeconds', 86_401, 'Reply Timeout (Seconds)'],
	['maxConcurrency', 101, 'Max Concurrency'],
	['maxAttempts', -1, 'Max Attempts'],
	['backoffMs', NaN, 'Backoff (Ms)'],
])('refuses %s = %j by name', (name, value, label) => {
	const read = readOptions({ [name]: value });
	expect(read.ok ? '' : read.reason.message).toContain(`'${label}'`);
});

test.each(['line\nbreak', '工单-1042', 'x'.repeat(257)])(
	'makes a key that a header can carry of %j, the same each time',
	(key) => {
		const made = optionsOf({ idempotencyKey: key });
		expect(made).toMatchObject({
			idempotencyKey: expect.stringMatching(/^sha256-[0-9a-f]{64}$/) as string,
		});
		expect(optionsOf({ idempotencyKey: key })).toEqual(made);
		expect(optionsOf({ idempotencyKey: `${key}x` })).not.toEqual(made);
	},
);

test.each([
	[{ deliver: 'true' }, { deliver: true }],
	[{ deliver: ' False ' }, { deliver: false }],
	[{ deliver: '', sessionKey: null, to: undefined }, {}],
	[
		{ to: 8_202_522_731_445, sessionKey: 42 },
		{ to: '8202522731445', sessionKey: '42' },
	],
])('converts what an expression meant by %j', (given, agentFields) => {
	expect(optionsOf(given)).toHaveProperty('agentFields', agentFields);
});

test('converts numbers and switches that come as texts', () => {
	const given = { maxAttempts: '3', replySeconds: '12.5', waitForReply: 'true', timeout: '' };
	expect(readOptions(given)).toMatchObject({ ok: false });
	expect(optionsOf({ ...given, timeout: null })).toMatchObject({
		maxAttempts: 3,
		replySeconds: 13,
		waitForReply: true,
		timeoutMs: 60_000,
	});
});

test.each([
	['deliver', 'yes', 'Deliver'],
	['deliver', 1, 'Deliver'],
	['waitForReply', {}, 'Wait for Reply'],
	['sessionKey', ['a'], 'Session Key'],
	['sessionKey', true, 'Session Key'],
	['to', { id: 1 }, 'To'],
	['model', NaN, 'Model'],
	['idempotencyKey', [], 'Idempotency Key'],
	['maxConcurrency', true, 'Max Concurrency'],
])('refuses %s = %j, which can mean nothing, by name', (name, value, label) => {
	const read = readOptions({ [name]: value });
	expect(read.ok ? '' : read.reason.message).toContain(`'${label}'`);
});

test.each(['ticket 7', 'x'.repeat(256), 'a'])('takes %j as idempotency key', (key) => {
	expect(optionsOf({ idempotencyKey: ` ${key} ` })).toMatchObject({ idempotencyKey: key });
});
