import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeHelpers, type INode, type INodeType } from 'n8n-workflow';
import { parseConfig, parseEvent } from '../../index';
import { OpenClawInbound } from '../../nodes/OpenClawInbound/OpenClawInbound.node';
import { OpenClawTrigger } from '../../nodes/OpenClawTrigger/OpenClawTrigger.node';
import { EXAMPLES, EXAMPLES_FOLDER, readExample } from '../../testbed/exampleWorkflow';
import { at, listAt, textAt } from '../../testbed/json';
import { INBOUND_TYPE, TRIGGER_TYPE } from '../../testbed/n8n/openclawNodes';
import { isNote, isTrigger, outputCount, overlaps } from './canvas';

const OUR_NODES: Readonly<Record<string, INodeType>> = {
	[TRIGGER_TYPE]: new OpenClawTrigger(),
	[INBOUND_TYPE]: new OpenClawInbound(),
};

describe.each(EXAMPLES)('the example %s', (file) => {
	const example = readExample(file);
	const names = example.nodes.map(({ name }) => name);
	const text = JSON.stringify(example);

	it('gives each node a name and an id of its own', () => {
		expect(new Set(names).size).toBe(names.length);
		expect(new Set(example.nodes.map(({ id }) => id)).size).toBe(names.length);
	});

	it('wires existing nodes by existing outputs and leaves none out', () => {
		const wiresOf = (kind: string) =>
			Object.entries(example.connections).flatMap(([from, outputs]) =>
				listAt(outputs, kind).flatMap((targets, output) =>
					listAt(targets).map((target) => ({ from, output, to: textAt(target, 'node') })),
				),
			);
		const wires = wiresOf('main');
		for (const { from, output, to } of wires) {
			const source = example.nodes.find(({ name }) => name === from);
			expect(names).toContain(to);
			expect(source && output < outputCount(source)).toBe(true);
		}
		const reached = new Set(wires.map(({ to }) => to));
		const tools = wiresOf('ai_tool');
		for (const { to } of tools) expect(names).toContain(to);
		const given = new Set(tools.map(({ from }) => from));
		const starts = example.nodes.filter((node) => isTrigger(node)).map(({ name }) => name);
		const steps = example.nodes.filter((node) => !isNote(node)).map(({ name }) => name);
		const loose = steps.filter((name) => !reached.has(name) && !given.has(name));
		expect(loose.sort()).toEqual(starts.sort());
	});

	it('refers to existing nodes in expressions, notes and pinned data', () => {
		const inExpressions = [...text.matchAll(/\$\('([^']+)'\)/g)].map((match) => match[1]);
		const inNotes = [...text.matchAll(/(?:Open|from|of|in) \*\*([^*]+)\*\*/g)].map(
			(match) => match[1],
		);
		expect(inNotes).not.toHaveLength(0);
		for (const name of [...inExpressions, ...inNotes, ...Object.keys(example.pinData ?? {})]) {
			expect(names).toContain(name);
		}
	});

	it('explains itself in notes that cover nothing', () => {
		expect(example.nodes.filter(isNote).length).toBeGreaterThanOrEqual(3);
		expect(overlaps(example)).toEqual([]);
	});

	it('uses parameters that our nodes know and need nothing but a credential', () => {
		const ours = example.nodes.filter(({ type }) => type in OUR_NODES);
		expect(ours).not.toHaveLength(0);
		for (const node of ours) {
			const description = OUR_NODES[node.type]?.description;
			if (description === undefined) throw new Error(`${node.type} has no description`);
			expect(description.defaultVersion ?? description.version).toBe(node.typeVersion);
			const { properties } = description;
			const parameters = node.parameters as INode['parameters'];
			const known = NodeHelpers.getNodeParameters(
				properties,
				parameters,
				true,
				false,
				{ typeVersion: node.typeVersion },
				description,
			);
			expect(known).toMatchObject(parameters);
			const issues = NodeHelpers.getNodeParametersIssues(
				properties,
				{ ...node, position: [0, 0], parameters },
				description,
			);
			expect(issues).toBeNull();
		}
	});

	it('carries no credential, no secret and nothing of a particular n8n', () => {
		for (const node of example.nodes) {
			expect(Object.keys(node).sort()).not.toEqual(
				expect.arrayContaining([expect.stringMatching(/^(credentials|webhookId)$/)]),
			);
		}
		expect(text).not.toMatch(/instanceId"\s*:\s*"[0-9a-f]{32,}|whsec_|Bearer /);
		expect(text).not.toMatch(/127\.0\.0\.1|localhost/);
	});

	it('pins events that are events', () => {
		for (const node of example.nodes.filter(({ type }) => type === TRIGGER_TYPE)) {
			const pinned = at(example.pinData, node.name, 0, 'json');
			if (pinned !== undefined) expect(parseEvent(pinned)).toMatchObject({ ok: true });
		}
	});
});

describe('the configuration that goes with the examples', () => {
	const parsed = parseConfig(readFileSync(join(EXAMPLES_FOLDER, 'openclaw.json5'), 'utf8'));

	it('can be pasted into a node and keeps its secrets in the environment', () => {
		expect(parsed).toMatchObject({ ok: true });
		if (!parsed.ok) return;
		expect(parsed.config.environmentNames).toContain('OPENCLAW_SIGNING_SECRET');
		expect(parsed.config.endpoints.map(({ secret }) => secret)).toEqual(
			parsed.config.endpoints.map(() => '${OPENCLAW_SIGNING_SECRET}'),
		);
	});

	it('sends each workflow the events that its trigger wants', () => {
		if (!parsed.ok) throw new Error('The configuration could not be read');
		const { endpoints } = parsed.config;
		const notes: string[] = [];
		for (const file of EXAMPLES) {
			const { nodes } = readExample(file);
			const trigger = nodes.find(({ type }) => type === TRIGGER_TYPE);
			if (trigger === undefined) continue;
			const endpoint = endpoints.find(({ name }) =>
				nodes.some(
					(node) =>
						isNote(node) && textAt(node.parameters, 'content').includes(`endpoint \`${name}\``),
				),
			);
			notes.push(endpoint?.name ?? `none in ${file}`);
			expect(endpoint?.events).toEqual(trigger.parameters.events);
			expect(endpoint?.filter?.agentIds?.join(', ')).toBe(
				at(trigger.parameters, 'filters', 'agentIds'),
			);
		}
		expect(notes.sort()).toEqual(endpoints.map(({ name }) => name).sort());
	});
});

describe('the readme of the examples', () => {
	const readme = readFileSync(join(EXAMPLES_FOLDER, 'README.md'), 'utf8');

	it('lists every file of the folder', () => {
		const files = readdirSync(EXAMPLES_FOLDER).filter((file) => file !== 'README.md');
		expect(files.filter((file) => !readme.includes(`(${file})`))).toEqual([]);
		expect(files.filter((file) => file.endsWith('.workflow.json')).sort()).toEqual(
			EXAMPLES.map((name) => `${name}.workflow.json`).sort(),
		);
	});
});
