import { checkConfig } from '../../protocol/config';
import { readSubscription } from '../../protocol/configEndpoint';
import { readWebhooks } from '../../protocol/configParts';
import { privacySteps } from '../../protocol/configPrivacy';

const endpoint = (privacy: unknown, more: object = {}) => ({
	name: 'a',
	url: 'https://n8n.example/hook',
	events: ['*'],
	privacy,
	...more,
});
const messages = (privacy: unknown) => {
	const checked = checkConfig({ endpoints: [endpoint(privacy)] });
	return checked.ok ? [] : checked.issues.map(({ path, message }) => [path, message]);
};

it('takes paths into what events have, and whatever there may be in parameters and results', () => {
	const privacy = {
		omit: [
			'data.message.content',
			'data.message.attachments[*].fileName',
			'data.message.attachments[0]',
			'data.sender',
			'data.tool.params.password',
			'data.tool.result["deep down"][3].x',
			'data.*.content',
			'data.*',
			'data.approval.tool.params',
			'data.endpoint.reason',
		],
		redact: [],
		dropBodiesAfterDelivery: true,
	};
	expect(messages(privacy)).toEqual([]);
	const [part] = readWebhooks({ endpoints: [endpoint(privacy)] }).endpoints;
	expect(part?.ok === true && part.config.privacy).toEqual(privacy);
});

it.each([
	['id', /names 'id', which cannot be left out or replaced: receivers tell events apart/],
	['type', /names 'type'/],
	['timestamp', /names 'timestamp'/],
	['instanceId', /names 'instanceId'/],
	['data', /write 'data\.\*'/],
	['data.mesage.content', /no event has 'mesage' there\. Did you mean 'message'\?/],
	['data.message.contnt', /no event has 'contnt' there\. Did you mean 'content'\?/],
	['data.model.name', /no event has 'name' there$/],
	['data.message.attachments.fileName', /no event has 'fileName' there/],
	['message.content', /'message' is not one of 'id', 'type', 'timestamp', 'instanceId', 'data'/],
	['data.', /The path ends too early/],
	['data.message content', /Expected '\.' or '\[' but found ' '/],
	['{{data.message}}', /Expected a name such as 'id' but found '\{'/],
	['data.__proto__', /'__proto__' cannot be read/],
	['', /must not be empty/],
	[7, /must be a text/],
])('tells what is wrong with the path %j', (path, message) => {
	expect(messages({ omit: ['data.sender', path] })).toEqual([
		['endpoints[0].privacy.omit[1]', expect.stringMatching(message)],
	]);
});

it('passes over a path that cannot be read', () => {
	expect(privacySteps(['data.', 'data.message.content'])).toEqual([['data', 'message', 'content']]);
	expect(privacySteps()).toEqual([]);
});

it('tells other mistakes', () => {
	expect(messages({ omits: [] })).toEqual([
		['endpoints[0].privacy.omits', expect.stringContaining("Did you mean 'omit'?")],
	]);
	expect(messages({ dropBodiesAfterDelivery: 'yes' })).toEqual([
		['endpoints[0].privacy.dropBodiesAfterDelivery', expect.stringContaining('true or false')],
	]);
	expect(messages([])).toEqual([['endpoints[0].privacy', expect.stringContaining('an object')]]);
	expect(messages({ omit: Array(101).fill('data.sender') })).toEqual([
		['endpoints[0].privacy.omit', expect.stringContaining('at most 100')],
	]);
});

it('heeds the paths that are right of an endpoint that cannot be used', () => {
	const privacy = { omit: ['data.sender', 'data.mesage'], redact: 'data.sender' };
	expect(readSubscription(endpoint(privacy)).privacy).toEqual({ omit: ['data.sender'] });
	expect(readSubscription(endpoint(['data.sender'])).privacy).toBeUndefined();
});
