import { installFault, testVerdict } from '../../../trials/compat/verdict';

describe('what a test run came to', () => {
	it('is what jest has counted, with the names of what failed', () => {
		const report = {
			numPassedTests: 2,
			numPendingTests: 1,
			testResults: [
				{
					name: '/repository/test/e2e/smoke.e2e.test.ts',
					status: 'failed',
					assertionResults: [
						{ status: 'passed', fullName: 'one' },
						{ status: 'failed', fullName: 'two' },
						{ status: 'passed', fullName: 'three' },
						{ status: 'pending', fullName: 'four' },
					],
				},
				{ name: '/repository/test/e2e/broken.e2e.test.ts', status: 'failed', assertionResults: [] },
			],
		};

		expect(testVerdict(report)).toEqual({
			result: '2 passed, 2 failed, 1 skipped',
			failed: ['two', 'broken.e2e.test.ts'],
		});
	});

	it.each([undefined, { numPassedTests: 0, testResults: [] }])(
		'is that it does not start when no test ran (%j)',
		(report) => {
			expect(testVerdict(report).result).toBe('does not start');
		},
	);
});

describe('why a version is not installed', () => {
	it('names the package that npm does not find', () => {
		const output = `'npm install' ended with 1:
npm error code ETARGET
npm error notarget No matching version found for @n8n/part@1.2.3.
npm error notarget In most cases you or one of your dependencies are requesting it`;

		expect(installFault(output)).toBe('it asks for @n8n/part@1.2.3, which npm does not find');
	});

	it('shows nothing but the code of any other fault of npm', () => {
		const output = 'npm error code E404\nnpm error 404 Not Found - GET https://registry.example/x';

		expect(installFault(output)).toBe('npm ends with E404');
	});

	it('tells when npm was content and the program was not', () => {
		expect(installFault("'node n8n --version' ended with 1")).toBe(
			'it does not run once installed',
		);
	});
});
