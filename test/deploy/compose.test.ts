import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { listAt, objectAt, textAt } from '../../testbed/json';
import { REPOSITORY } from '../../testbed/packPackage';
import { PRODUCTION_ROUTES } from '../../testbed/queue/balancer';

const read = (name: string) => readFileSync(join(REPOSITORY, 'deploy', name), 'utf8');
const compose: unknown = parse(read('compose.yaml'), { merge: true });
const service = (name: string) => objectAt(compose, 'services', name);
const N8N_SERVICES = ['n8n', 'n8n-webhook', 'n8n-worker'];

describe('the compose file', () => {
	it.each(N8N_SERVICES)(
		'%s has the settings, the nodes and the checks of all n8n processes',
		(name) => {
			const main = service('n8n');
			expect(service(name).environment).toEqual(main.environment);
			expect(service(name).volumes).toEqual(main.volumes);
			expect(service(name).healthcheck).toEqual(main.healthcheck);
		},
	);

	it.each(['n8n-webhook', 'n8n-worker'])('%s begins when the tables are there', (name) => {
		expect(textAt(service(name), 'depends_on', 'n8n', 'condition')).toBe('service_healthy');
	});

	it('names the versions that everything is tested with', () => {
		const images = Object.values(objectAt(compose, 'services')).map((one) => textAt(one, 'image'));
		expect(images).toContain('docker.n8n.io/n8nio/n8n:${N8N_VERSION:-2.41.1}');
		expect(images).toContain('ghcr.io/openclaw/openclaw:${OPENCLAW_VERSION:-2026.9.6}');
		expect(images.every((image) => /:[^:]+$/.test(image))).toBe(true);
	});

	it('publishes nothing to other machines unless told so', () => {
		const ports = Object.values(objectAt(compose, 'services')).flatMap((one) =>
			listAt(one, 'ports'),
		);
		expect(ports).toHaveLength(2);
		for (const port of ports) expect(port).toMatch(/^\$\{\w+:-127\.0\.0\.1:\d+\}:\d+$/);
	});

	it('asks for each secret, and has none', () => {
		const text = read('compose.yaml');
		const asked = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name);
		expect(new Set(asked)).toEqual(
			new Set(['N8N_ENCRYPTION_KEY', 'POSTGRES_PASSWORD', 'OPENCLAW_GATEWAY_TOKEN']),
		);
		for (const name of asked) expect(read('env.example')).toMatch(new RegExp(`^${name}=$`, 'm'));
	});

	it('env.example names only what the compose file reads', () => {
		const known = [...read('compose.yaml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
		const named = [...read('env.example').matchAll(/^(\w+)=/gm)].map(([, name]) => name);
		expect(known).toEqual(expect.arrayContaining(named));
	});
});

describe('the simple compose file', () => {
	const simple: unknown = parse(read('compose.simple.yaml'), { merge: true });

	it.each(['n8n-nodes', 'openclaw-setup', 'openclaw'])('%s is that of the large one', (name) => {
		expect(objectAt(simple, 'services', name)).toEqual(service(name));
	});

	it('has the same n8n, published to this machine alone, and keeps its data', () => {
		const n8n = objectAt(simple, 'services', 'n8n');
		expect(n8n.image).toBe(service('n8n').image);
		expect(n8n.ports).toEqual(['${N8N_PUBLISH:-127.0.0.1:5678}:5678']);
		expect(n8n.volumes).toEqual(['n8n:/home/node/.n8n', 'n8n-nodes:/home/node/.n8n/nodes']);
		expect(Object.keys(objectAt(simple, 'volumes'))).toEqual(['n8n', 'n8n-nodes', 'openclaw']);
	});

	it('asks for no other secrets', () => {
		const asked = [...read('compose.simple.yaml').matchAll(/\$\{(\w+):\?/g)];
		expect(new Set(asked.map(([, name]) => name))).toEqual(
			new Set(['N8N_ENCRYPTION_KEY', 'OPENCLAW_GATEWAY_TOKEN']),
		);
	});
});

it('the proxy leads to webhook processors what the end-to-end tests lead there', () => {
	const [, paths = ''] = /@production path (.+)/.exec(read('Caddyfile')) ?? [];
	expect(paths.split(' ')).toEqual(PRODUCTION_ROUTES.map((route) => `/${route}/*`));
});
