import { startHttpSink, type HttpSink } from '../../../testbed/httpSink';

/** What tests use of the stand-in. */
export type GatewayStandIn = Pick<HttpSink, 'url' | 'requests' | 'answerBy' | 'clear'>;

/**
 * A stand-in for the gateway for all tests of a file; before each of them it forgets its requests and
 * answers 200 again.
 *
 * @example
 * const gateway = useGatewayStandIn();
 * test('…', () => expect(gateway.requests).toHaveLength(0));
 */
export function useGatewayStandIn(): GatewayStandIn {
	let sink: HttpSink | undefined;
	const running = () => {
		if (sink === undefined) throw new Error('The stand-in for the gateway runs in tests only');
		return sink;
	};
	beforeAll(async () => {
		sink = await startHttpSink();
	});
	beforeEach(() => {
		running().clear();
	});
	afterAll(async () => {
		await sink?.stop();
	});
	return {
		get url() {
			return running().url;
		},
		get requests() {
			return running().requests;
		},
		answerBy: (script) => {
			running().answerBy(script);
		},
		clear: () => {
			running().clear();
		},
	};
}
