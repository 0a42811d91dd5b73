import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes a key and a certificate that no authority has signed; in the folder as `cert.pem`. */
export function selfSigned(
	folder: string,
	host = 'localhost',
): { readonly key: string; readonly cert: string } {
	const key = join(folder, 'key.pem');
	const cert = join(folder, 'cert.pem');
	execFileSync(
		'openssl',
		[
			...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' '),
			...['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`],
			...['-keyout', key, '-out', cert],
		],
		{ stdio: 'ignore' },
	);
	return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}
