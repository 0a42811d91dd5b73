import { createServer, type Socket } from 'node:net';

/** A stand-in for a mail server with one mailbox, INBOX, that one user reads over IMAP. */
export interface ImapStandIn {
	/** Data of n8n's credential `imap`. */
	readonly credential: Readonly<Record<string, string | number | boolean>>;
	/** A mail arrives: its source, with headers. Whoever has opened the mailbox hears of it. */
	receive(source: string): void;
	/** Which mails have been read, by their place. */
	readonly isRead: readonly boolean[];
	stop(): Promise<void>;
}

interface Mail {
	readonly source: Buffer;
	flags: string;
}

const USER = 'support@example.com';
const PASSWORD = 'password-of-the-mailbox';
const OPENED = [
	'* FLAGS (\\Seen \\Answered \\Deleted)',
	'* OK [PERMANENTFLAGS (\\Seen \\Answered \\Deleted)]',
	'* OK [UIDVALIDITY 1]',
];

/** The places that a set such as `2`, `1,3` or `2:*` names. A range ends with the last mail, at least. */
function placesIn(set: string, count: number): number[] {
	return set.split(',').flatMap((part) => {
		const [from = 0, to = from] = part.split(':').map((end) => (end === '*' ? count : Number(end)));
		const [first, last] = [Math.min(from, to), Math.max(from, to)];
		return Array.from({ length: count }, (_, index) => index + 1).filter(
			(place) => place >= first && place <= last,
		);
	});
}

/**
 * Starts a mail server on a free port of the loopback interface. It understands what clients use that read new
 * mails: a mail's UID is its place.
 *
 * @example
 * const mailbox = await startImapStandIn();
 * mailbox.receive('From: ada@example.com\r\nSubject: Hello\r\n\r\nHow are you?\r\n');
 */
export async function startImapStandIn(): Promise<ImapStandIn> {
	const mails: Mail[] = [];
	const sockets = new Set<Socket>();
	const readers = new Set<Socket>();

	const search = (criteria: string): string => {
		const places = placesIn(/\bUID ([\d:*,]+)/i.exec(criteria)?.[1] ?? '1:*', mails.length);
		const found = places.filter(
			(place) => !/\bUNSEEN\b/i.test(criteria) || mails[place - 1]?.flags === '',
		);
		return ['* SEARCH', ...found].join(' ');
	};
	const fetched = (place: number): Buffer => {
		const { source, flags } = mails[place - 1] ?? { source: Buffer.alloc(0), flags: '' };
		const [uid, size] = [String(place), String(source.length)];
		const head = `* ${uid} FETCH (UID ${uid} FLAGS (${flags}) BODY[] {${size}}\r\n`;
		return Buffer.concat([Buffer.from(head), source, Buffer.from(')\r\n')]);
	};
	const answer = (socket: Socket, line: string): void => {
		const say = (...lines: readonly string[]) => {
			socket.write(lines.map((text) => `${text}\r\n`).join(''));
		};
		const [, tag = '', command = '', rest = ''] =
			/^(\S+) ((?:UID )?\S+) ?(.*)$/i.exec(line) ?? ([] as string[]);
		switch (command.toUpperCase()) {
			case 'CAPABILITY':
				say('* CAPABILITY IMAP4rev1 IDLE');
				break;
			case 'LOGIN':
				if (rest.replaceAll('"', '') !== `${USER} ${PASSWORD}`) {
					say(`${tag} NO Wrong user or password`);
					return;
				}
				break;
			case 'LIST':
			case 'LSUB':
				say(`* ${command} () "/" INBOX`);
				break;
			case 'SELECT':
			case 'EXAMINE':
				readers.add(socket);
				say(...OPENED, `* ${String(mails.length)} EXISTS`);
				break;
			case 'IDLE':
				// What ends it is the line DONE, which is answered as a command of its own.
				say('+ waiting');
				socket.once('idle-end', () => {
					say(`${tag} OK done`);
				});
				return;
			case 'UID SEARCH':
				say(search(rest));
				break;
			case 'UID FETCH':
				for (const place of placesIn(rest.split(' ')[0] ?? '', mails.length)) {
					socket.write(fetched(place));
				}
				break;
			case 'UID STORE':
				for (const place of placesIn(rest.split(' ')[0] ?? '', mails.length)) {
					const mail = mails[place - 1];
					if (mail !== undefined && /\\seen/i.test(rest)) mail.flags = '\\Seen';
				}
				break;
			case 'LOGOUT':
				say('* BYE', `${tag} OK done`);
				socket.end();
				return;
			default:
				if (!['NOOP', 'NAMESPACE', 'CHECK', 'CLOSE'].includes(command.toUpperCase())) {
					say(`${tag} BAD This server does not know ${command}`);
					return;
				}
		}
		say(`${tag} OK done`);
	};

	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on('error', () => socket.destroy());
		socket.on('close', () => {
			sockets.delete(socket);
			readers.delete(socket);
		});
		let rest = '';
		socket.on('data', (chunk) => {
			const lines = (rest + chunk.toString('latin1')).split('\r\n');
			rest = lines.pop() ?? '';
			for (const line of lines) {
				if (line.toUpperCase() === 'DONE') socket.emit('idle-end');
				else answer(socket, line);
			}
		});
		socket.write('* OK The stand-in for a mail server\r\n');
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', resolve);
	});
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('No TCP port was given');
	return {
		credential: {
			user: USER,
			password: PASSWORD,
			host: '127.0.0.1',
			port: address.port,
			secure: false,
			allowUnauthorizedCerts: false,
		},
		receive: (source) => {
			mails.push({ source: Buffer.from(source, 'utf8'), flags: '' });
			for (const reader of readers) reader.write(`* ${String(mails.length)} EXISTS\r\n`);
		},
		get isRead() {
			return mails.map(({ flags }) => flags !== '');
		},
		stop: async () => {
			const closed = new Promise((resolve) => server.close(resolve));
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
}
