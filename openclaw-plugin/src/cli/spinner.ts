import type { Terminal } from './terminal';

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const FRAME_MS = 100;

/** Shows that something is going on while a work is, where somebody is watching. */
export async function withSpinner<Result>(
	terminal: Terminal,
	text: string,
	work: () => Promise<Result>,
): Promise<Result> {
	if (!terminal.isLive) return await work();
	let frame = 0;
	const draw = () => {
		terminal.rewrite(`${FRAMES.charAt(frame % FRAMES.length)} ${text}`);
		frame += 1;
	};
	draw();
	const timer = setInterval(draw, FRAME_MS);
	try {
		return await work();
	} finally {
		clearInterval(timer);
		terminal.rewrite('');
	}
}
