import { randomUUID } from 'node:crypto';
import { at, isObject, tryParseJson } from '../json';

/** The owner account of every throwaway n8n. */
export const OWNER = {
	email: 'owner@example.com',
	password: 'Throwaway-1',
	firstName: 'Test',
	lastName: 'Owner',
} as const;

/**
 * For requests to n8n: it closes a connection that was idle for five seconds, and on a busy machine a client
 * may send its next request into that.
 */
export const ONE_REQUEST = { connection: 'close' } as const;

/** An answer of n8n's REST API that isn't 2xx. */
export class N8nRequestError extends Error {
	constructor(
		readonly status: number,
		message: string,
	) {
		super(message);
	}
}

/** Proof of a login. */
export interface Login {
	readonly cookie: string;
	readonly browserId: string;
}

/** A session with the REST API that n8n's editor uses. */
export class N8nSession {
	private cookie: string;

	// n8n binds a session to the browser that logged in.
	private readonly browserId: string;

	/**
	 * @param login a login of another client, which saves a call: n8n admits few in a minute
	 */
	constructor(
		readonly url: string,
		login: Login = { cookie: '', browserId: randomUUID() },
	) {
		this.cookie = login.cookie;
		this.browserId = login.browserId;
	}

	/** What another client, in another process too, needs to go on with this login. */
	get login(): Login {
		return { cookie: this.cookie, browserId: this.browserId };
	}

	/**
	 * Sends any request to the REST API and returns the `data` of its answer.
	 *
	 * @throws N8nRequestError for an answer that isn't 2xx
	 */
	async request(method: string, path: string, body?: unknown): Promise<unknown> {
		const response = await fetch(this.url + path, {
			method,
			headers: {
				'content-type': 'application/json',
				...ONE_REQUEST,
				'browser-id': this.browserId,
				cookie: this.cookie,
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const session = response.headers
			.getSetCookie()
			.find((cookie) => cookie.startsWith('n8n-auth='));
		if (session !== undefined) this.cookie = session.split(';')[0] ?? '';
		const text = await response.text();
		if (!response.ok) {
			const shown = `${method} ${path} answered ${response.status}: ${text.slice(0, 600)}`;
			throw new N8nRequestError(response.status, shown);
		}
		const answer = tryParseJson(text);
		return isObject(answer) && 'data' in answer ? answer.data : answer;
	}

	/** Creates the owner account, or logs in where it exists. */
	async logIn(): Promise<void> {
		const settings = await this.request('GET', '/rest/settings');
		if (at(settings, 'userManagement', 'showSetupOnFirstLoad') === true) {
			await this.request('POST', '/rest/owner/setup', OWNER);
			return;
		}
		await this.request('POST', '/rest/login', {
			emailOrLdapLoginId: OWNER.email,
			password: OWNER.password,
		});
	}
}
