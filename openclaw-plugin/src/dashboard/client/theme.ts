/** What the gateway's control UI tells the frames in it about its looks. */
const THEME_MESSAGE = 'openclaw:widget-theme';

/** Follows the control UI into light or dark; where there is none, the system decides. */
export function followTheme(): void {
	window.addEventListener('message', ({ source, data }: MessageEvent<unknown>) => {
		if (source !== window.parent || source === window) return;
		if (typeof data !== 'object' || data === null) return;
		const { type, mode } = data as { readonly type?: unknown; readonly mode?: unknown };
		if (type !== THEME_MESSAGE || (mode !== 'light' && mode !== 'dark')) return;
		document.documentElement.dataset.theme = mode;
	});
}
