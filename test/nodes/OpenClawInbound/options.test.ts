import { inboundProperties } from '../../../nodes/OpenClawInbound/description';
import { OPTION_DEFAULTS, readOptions } from '../../../nodes/OpenClawInbound/options';

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
	['maxConcurrency', 101, 'Max Concurrency'],
	['maxAttempts', -1, 'Max Attempts'],
	['backoffMs', NaN, 'Backoff (Ms)'],
])('refuses %s = %j by name', (name, value, label) => {
	const read = readOptions({ [name]: value });
	expect(read.ok ? '' : read.reason.message).toContain(`'${label}'`);
});

test.each(['line\nbreak', 'ключ', 'x'.repeat(257)])('refuses %j as idempotency key', (key) => {
	const read = readOptions({ idempotencyKey: key });
	expect(read.ok ? '' : read.reason.message).toContain("'Idempotency Key'");
});

test.each(['ticket 7', 'x'.repeat(256), 'a'])('takes %j as idempotency key', (key) => {
	expect(optionsOf({ idempotencyKey: ` ${key} ` })).toMatchObject({ idempotencyKey: key });
});
