/** Version of this package, filled in at build. */
declare const PLUGIN_VERSION: string;
/** The dashboard's script for the browser, filled in at build. */
declare const DASHBOARD_SCRIPT: string;

/** Files that the build takes in as texts. */
declare module '*.css' {
	const text: string;
	export default text;
}

declare module '*.html' {
	const text: string;
	export default text;
}
