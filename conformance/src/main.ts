import { runCommand } from './cli';

const interrupted = new AbortController();
process.once('SIGINT', () => {
	interrupted.abort();
});

void runCommand(process.argv.slice(2), {
	environment: process.env,
	print: console.log,
	complain: console.error,
	signal: interrupted.signal,
}).then((code) => {
	process.exitCode = code;
});
