import { childEnvironment } from '../testbed/childEnvironment';
import { isInstalled, run } from '../testbed/command';
import type { Progress } from '../testbed/progress';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** The browser, and fonts for the Chinese texts and the emoji that the tests type. */
const DEBIAN_PACKAGES = ['chromium', 'fonts-noto-cjk', 'fonts-noto-color-emoji'];

async function installedName(): Promise<string | undefined> {
	for (const name of NAMES) if (await isInstalled(name)) return name;
	return undefined;
}

/**
 * Finds a Chromium, and installs it where that is possible without asking (as root on Debian).
 *
 * @returns the program's name, or `undefined` when there is none: the editor can't be tested then
 */
export async function ensureChromium(progress: Progress): Promise<string | undefined> {
	const found = await installedName();
	const isRoot = process.getuid?.() === 0;
	if (found !== undefined || !isRoot || !(await isInstalled('apt-get'))) return found;
	await progress.step('Installing Chromium (once)', async (note) => {
		const env = childEnvironment({ DEBIAN_FRONTEND: 'noninteractive' });
		const apt = async (...args: string[]) =>
			run({ command: 'apt-get', args, cwd: '/', env, onLine: note });
		await apt('update', '-q');
		await apt('install', '-y', '-q', '--no-install-recommends', ...DEBIAN_PACKAGES);
	});
	return await installedName();
}
