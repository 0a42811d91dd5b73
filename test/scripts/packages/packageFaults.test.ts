import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createSecret } from '../../../protocol/secret';
import { codeFaults } from '../../../scripts/packages/codeFaults';
import { manifestFaults } from '../../../scripts/packages/manifestFaults';
import { checkPackage } from '../../../scripts/packages/packageFaults';
import { KIT_RULES, NODES_RULES, PLUGIN_RULES } from '../../../scripts/packages/packageRules';
import { textFaults } from '../../../scripts/packages/textFaults';
import { removeTemporaryFolder, temporaryFolder } from '../../../testbed/temporaryFolder';

describe('code', () => {
	it.each([
		['eval(text)', 'uses eval'],
		['(0, eval)(text)', 'uses eval'],
		['globalThis.eval(text)', 'uses eval'],
		['new Function("return 1")()', 'uses Function'],
		['const F = Function;', 'uses Function'],
		['(() => 1).constructor("return 1")', 'calls a constructor by its property'],
		['x["constructor"]("return 1")', 'calls a constructor by its property'],
		['WebAssembly.compile(bytes)', 'uses WebAssembly'],
		['require("node:child_process")', "loads 'node:child_process'"],
		['require("child_process")', "loads 'child_process'"],
		['import { spawn } from "node:child_process"', "loads 'node:child_process'"],
		['export * from "axios"', "loads 'axios'"],
		['import("node:vm")', "loads 'node:vm'"],
		['require("node:worker_threads")', "loads 'node:worker_threads'"],
		['require(name)', 'loads a module by a computed name'],
		['require("node:" + name)', 'loads a module by a computed name'],
		['import(`node:${name}`)', 'loads a module by a computed name'],
		['const load = require; load("fs")', 'hands require on'],
		['process.dlopen(m, file)', 'uses process.dlopen'],
	])('must not: %s', (source, fault) => {
		expect(codeFaults('a.js', `\n${source}\n`, PLUGIN_RULES)).toContain(`a.js:2 ${fault}`);
	});

	it.each([
		'process.env.TOKEN',
		'const { env } = process;',
		'globalThis.process.env',
		'require("node:fs")',
	])('of the nodes must not: %s', (source) => {
		expect(codeFaults('a.js', source, NODES_RULES)).toHaveLength(1);
	});

	it.each([
		'const { createHmac } = require("node:crypto"); require("../a"); require("n8n-workflow");',
		'const a = { process: 1, eval: 2 }; a.process; a.eval;',
		'// eval(process.env)\nconst text = "eval(x); require(y)";',
		'if (value instanceof Function) throw new Error("no");',
		'class A { constructor() {} }; new A().constructor;',
	])('may: %s', (source) => {
		expect(codeFaults('a.js', source, NODES_RULES)).toEqual([]);
	});
});

describe('a manifest', () => {
	it.each([
		[{ dependencies: { a: '1' } }, 'package.json has dependencies'],
		[{ optionalDependencies: { a: '1' } }, 'package.json has optionalDependencies'],
		[{ bundledDependencies: ['a'] }, 'package.json has bundledDependencies'],
		[{ bundleDependencies: true }, 'package.json has bundleDependencies'],
		[{ peerDependencies: { axios: '*' } }, "package.json wants the peer 'axios'"],
		[{ bin: { a: 'a.js' } }, "package.json has 'bin'"],
		[{ gypfile: true }, "package.json has 'gypfile'"],
	])('must not have %j', (manifest, fault) => {
		expect(manifestFaults(manifest, NODES_RULES)).toEqual([fault]);
	});

	it.each(['preinstall', 'install', 'postinstall', 'prepare'])('must not have %s', (name) => {
		expect(manifestFaults({ scripts: { [name]: 'node a.js' } }, NODES_RULES)).toEqual([
			`package.json has the script '${name}', which runs at installation`,
		]);
	});

	it('may have a command where it is one', () => {
		expect(manifestFaults({ bin: { a: 'a.js' } }, KIT_RULES)).toEqual([]);
		expect(manifestFaults({ gypfile: true }, KIT_RULES)).toHaveLength(1);
	});

	it('may have scripts for development, and the program around it as a peer', () => {
		const manifest = {
			scripts: { build: 'tsc', test: 'jest' },
			dependencies: {},
			devDependencies: { jest: '1' },
			peerDependencies: { 'n8n-workflow': '*' },
		};
		expect(manifestFaults(manifest, NODES_RULES)).toEqual([]);
	});
});

describe('a text', () => {
	it.each([
		['"/home/ada/project/dist/a.js"', 'an absolute path'],
		['at /Users/ada/project/a.ts', 'an absolute path'],
		['C:\\\\Users\\\\ada', 'an absolute path'],
		['//# sourceMappingURL=a.js.map', 'a reference to a source map'],
		['-----BEGIN EC PRIVATE KEY-----', 'a private key'],
		[`npm_${'a'.repeat(36)}`, 'a token of npm or GitHub'],
		[createSecret(), 'a signing secret'],
	])('must not have %s', (text, what) => {
		expect(textFaults('a.js', `x ${text} x`)).toEqual([`a.js has ${what} in it`]);
	});

	it.each(['/webhooks/inbound', 'https://host/home/a/b', 'src/tmp/a/b', 'whsec_…'])(
		'may have %s',
		(text) => {
			expect(textFaults('a.js', `'${text}'`)).toEqual([]);
		},
	);
});

describe('a package', () => {
	let folder: string;
	beforeEach(async () => {
		folder = await temporaryFolder('package-test');
		write('package.json', JSON.stringify({ name: NODES_RULES.name }));
	});
	afterEach(async () => removeTemporaryFolder(folder));

	const write = (file: string, text: string) => {
		mkdirSync(dirname(join(folder, file)), { recursive: true });
		writeFileSync(join(folder, file), text);
	};
	const faults = async () => (await checkPackage(folder)).faults;

	it('is fine with what belongs into it', async () => {
		write('dist/index.js', '"use strict";');
		write('dist/icons/openclaw.svg', '<svg/>');
		expect(await checkPackage(folder)).toEqual({
			name: NODES_RULES.name,
			fileCount: 3,
			faults: [],
		});
	});

	it.each([
		'dist/nodes/a.test.ts',
		'dist/index.js.map',
		'test/a.js',
		'.env',
		'key.pem',
		'binding.gyp',
		'node_modules/a/index.js',
	])('has no %s', async (file) => {
		write(file, '');
		expect(await faults()).toEqual([`${file} does not belong into the package`]);
	});

	it('has no links', async () => {
		symlinkSync('/etc/hostname', join(folder, 'LICENSE'));
		expect(await faults()).toEqual(['LICENSE is a link or no file at all']);
	});

	it('is looked at file by file', async () => {
		write('dist/protocol/a.js', 'eval(x)');
		expect(await faults()).toEqual(['dist/protocol/a.js:1 uses eval']);
	});

	it('must be one of ours', async () => {
		write('package.json', '{"name":"other"}');
		await expect(faults()).rejects.toThrow("'other' is none of our packages");
	});
});
