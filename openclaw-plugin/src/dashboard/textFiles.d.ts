/** Files that the build takes in as texts. */
declare module '*.css' {
	const text: string;
	export default text;
}

declare module '*.html' {
	const text: string;
	export default text;
}
