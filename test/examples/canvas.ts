import { listOutputs } from '../../nodes/OpenClawTrigger/event/outputs';
import { listAt } from '../../testbed/json';
import { TRIGGER_TYPE } from '../../testbed/n8n/openclawNodes';
import type { WorkflowDefinition, WorkflowNode } from '../../testbed/n8n/workflow';

const NOTE = 'n8n-nodes-base.stickyNote';

/** A rectangle of the canvas. */
interface Area {
	readonly name: string;
	readonly left: number;
	readonly top: number;
	readonly right: number;
	readonly bottom: number;
}

const WITH_TWO_OUTPUTS = new Set(['n8n-nodes-base.if', 'n8n-nodes-base.splitInBatches']);

const NODE_SIZE = 96;
const OUTPUT_DISTANCE = 32;
// Name and subtitle stand below a node.
const CAPTION = 56;
// The editor shows a trigger's button on its left.
const TRIGGER_BUTTON = 168;

/** Whether a node is a sticky note. */
export const isNote = ({ type }: WorkflowNode) => type === NOTE;
/** Whether a workflow can start at a node. */
export const isTrigger = ({ type }: WorkflowNode) =>
	/trigger$|\.webhook$|\.emailReadImap$/i.test(type);

/** How many outputs the editor draws for a node. */
export function outputCount({ type, parameters }: WorkflowNode): number {
	if (WITH_TWO_OUTPUTS.has(type)) return 2;
	if (type !== TRIGGER_TYPE || parameters.outputMode !== 'perEvent') return 1;
	return listOutputs(listAt(parameters, 'events').map(String)).length;
}

function areaOf(node: WorkflowNode): Area {
	const [left, top] = node.position;
	const { name } = node;
	if (isNote(node)) {
		const { width, height } = node.parameters;
		return { name, left, top, right: left + Number(width), bottom: top + Number(height) };
	}
	const height = NODE_SIZE + Math.max(0, outputCount(node) - 2) * OUTPUT_DISTANCE;
	return {
		name,
		left: isTrigger(node) ? left - TRIGGER_BUTTON : left,
		top,
		right: left + NODE_SIZE,
		bottom: top + height + CAPTION,
	};
}

/** Names the pairs of nodes and notes that cover each other in the editor. */
export function overlaps(definition: WorkflowDefinition): string[] {
	const areas = definition.nodes.map(areaOf);
	return areas.flatMap((one, index) =>
		areas
			.slice(index + 1)
			.filter(
				(other) =>
					one.left < other.right &&
					other.left < one.right &&
					one.top < other.bottom &&
					other.top < one.bottom,
			)
			.map((other) => `${one.name} / ${other.name}`),
	);
}
