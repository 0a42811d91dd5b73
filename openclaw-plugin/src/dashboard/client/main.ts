import type { PageData } from '../apiTypes';
import { startApp } from './app';
import { createApi } from './api';
import { part } from './element';

followTheme();
const page = JSON.parse(part('page-data', HTMLElement).textContent) as PageData;
startApp(page, createApi(page));

/** Follows the gateway's control UI into light or dark; where there is none, the system decides. */
function followTheme(): void {
	window.addEventListener('message', ({ source, data }: MessageEvent<unknown>) => {
		if (source !== window.parent || source === window) return;
		if (typeof data !== 'object' || data === null) return;
		const { type, mode } = data as { readonly type?: unknown; readonly mode?: unknown };
		if (type !== 'openclaw:widget-theme' || (mode !== 'light' && mode !== 'dark')) return;
		document.documentElement.dataset.theme = mode;
	});
}
