import ts from 'typescript';
import type { PackageRules } from './packageRules';

/** Ways to run code that nobody has read, or to reach out of the process. */
const FORBIDDEN_GLOBALS = new Set(['eval', 'Function', 'WebAssembly']);
const FORBIDDEN_OF_PROCESS = new Set([
	'binding',
	'_linkedBinding',
	'dlopen',
	'mainModule',
	'chdir',
]);

/**
 * Names what compiled code must not do: run text as code, load modules by computed names or other modules
 * than the rules allow, look at `process` where that is not allowed.
 *
 * @param file for the messages
 * @example
 * codeFaults('a.js', 'eval(text)', NODES_RULES); // ['a.js:1 uses eval']
 */
export function codeFaults(file: string, source: string, rules: PackageRules): readonly string[] {
	const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
	const faults: string[] = [];
	const visit = (node: ts.Node): void => {
		const fault = faultOf(node, rules);
		if (fault !== undefined) {
			const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
			faults.push(`${file}:${String(line + 1)} ${fault}`);
		}
		ts.forEachChild(node, visit);
	};
	visit(tree);
	return faults;
}

function faultOf(node: ts.Node, rules: PackageRules): string | undefined {
	if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
		return node.moduleSpecifier && moduleFault(node.moduleSpecifier, rules);
	}
	if (ts.isCallExpression(node)) {
		if (
			node.expression.kind === ts.SyntaxKind.ImportKeyword ||
			isNamed(node.expression, 'require')
		) {
			return moduleFault(node.arguments[0], rules);
		}
		// `(() => {}).constructor('…')` is `Function('…')`.
		const called = memberName(node.expression);
		return called === 'constructor' ? 'calls a constructor by its property' : undefined;
	}
	if (ts.isIdentifier(node) && isReference(node)) return globalFault(node, rules);
	return undefined;
}

function moduleFault(specifier: ts.Node | undefined, rules: PackageRules): string | undefined {
	if (specifier === undefined || !ts.isStringLiteralLike(specifier)) {
		return 'loads a module by a computed name';
	}
	return rules.modules.test(specifier.text) ? undefined : `loads '${specifier.text}'`;
}

function globalFault(node: ts.Identifier, rules: PackageRules): string | undefined {
	const name = node.text;
	if (FORBIDDEN_GLOBALS.has(name)) return isTypeTest(node) ? undefined : `uses ${name}`;
	if (name === 'require' && !isCalled(node)) return 'hands require on';
	if (name !== 'process') return undefined;
	if (!rules.mayUseProcess) return 'uses process';
	const member = memberName(node.parent);
	return member !== undefined && FORBIDDEN_OF_PROCESS.has(member)
		? `uses process.${member}`
		: undefined;
}

/** `x instanceof Function` runs nothing. */
function isTypeTest({ parent }: ts.Identifier): boolean {
	return (
		ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword
	);
}

function isCalled(node: ts.Identifier): boolean {
	return ts.isCallExpression(node.parent) && node.parent.expression === node;
}

function isNamed(node: ts.Node, name: string): boolean {
	return ts.isIdentifier(node) && node.text === name;
}

function memberName(node: ts.Node): string | undefined {
	if (ts.isPropertyAccessExpression(node)) return node.name.text;
	const isText =
		ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression);
	return isText ? node.argumentExpression.text : undefined;
}

/** Names of members and properties are no references, as in `{ process: 1 }` and `a.process`. */
function isReference(node: ts.Identifier): boolean {
	const { parent } = node;
	if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
		// `globalThis.eval` is the global itself.
		return isNamed(parent.expression, 'globalThis') || isNamed(parent.expression, 'global');
	}
	const isKey =
		(ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent)) && parent.name === node;
	return !isKey;
}
