/** Closes a run with one plain line that people and build servers can read: `12 passed, 0 failed`. */
module.exports = class ClosingLineReporter {
	onRunComplete(_contexts, results) {
		const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
		const skipped = results.numPendingTests + results.numTodoTests;
		const counts = [`${results.numPassedTests} passed`, `${failed} failed`];
		if (skipped > 0) counts.push(`${skipped} skipped`);
		process.stdout.write(`\n${counts.join(', ')}\n`);
	}
};
