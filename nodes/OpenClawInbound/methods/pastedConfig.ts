import { NodeOperationError } from 'n8n-workflow';
import type { ILoadOptionsFunctions } from 'n8n-workflow';
import { parseConfig } from '../../../protocol/config';

export type PastedConfig = Extract<ReturnType<typeof parseConfig>, { ok: true }>['config'];

/**
 * What is pasted into the option 'Config (JSON5)'.
 *
 * @param context the `this` of a list method
 * @returns `undefined` when the option is empty; throws a `NodeOperationError` that names the place
 *   where the text cannot be read
 */
export function pastedConfig(context: ILoadOptionsFunctions): PastedConfig | undefined {
	const text = context.getCurrentNodeParameter('options.config');
	if (typeof text !== 'string' || text.trim() === '') return undefined;
	const parsed = parseConfig(text);
	if (parsed.ok) return parsed.config;
	const { line, path, message } = parsed.issues[0];
	const place = line === undefined ? path : `Line ${String(line)}`;
	throw new NodeOperationError(
		context.getNode(),
		place === ''
			? "'Config (JSON5)' could not be read"
			: `${place} of 'Config (JSON5)' could not be read`,
		{ description: path === '' ? message : `'${path}' ${message}` },
	);
}
