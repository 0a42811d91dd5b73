import type { Fault } from '../../health/faults';
import { element, part } from './element';

/** Shows what is wrong with the plugin, above everything else. */
export function createFaultList(): (faults: readonly Fault[]) => void {
	const section = part('faults', HTMLElement);
	let shown = '';
	return (faults) => {
		// Only a change is news, also to those who listen.
		const next = faults.map(({ severity, message }) => `${severity} ${message}`).join('\n');
		if (next === shown) return;
		shown = next;
		section.hidden = faults.length === 0;
		section.replaceChildren(...faults.map(faultElement));
	};
}

function faultElement({ severity, message }: Fault): HTMLElement {
	const label = severity === 'fault' ? 'Fault' : 'Notice';
	return element(
		'p',
		{
			class: 'fault',
			'data-severity': severity,
			role: severity === 'fault' ? 'alert' : 'status',
		},
		element('strong', {}, `${label}: `),
		message,
	);
}
