const Sequencer = require('@jest/test-sequencer').default;

/** Looks for secrets in what all other tests have left behind, so it comes last. */
const LAST = /[\\/]secretsNowhere\.e2e\.test\.ts$/;

/** The usual order, and the search for secrets at the end. */
module.exports = class SecretsLast extends Sequencer {
	sort(tests) {
		const sorted = super.sort(tests);
		const isLast = ({ path }) => LAST.test(path);
		return [...sorted.filter((test) => !isLast(test)), ...sorted.filter(isLast)];
	}
};
