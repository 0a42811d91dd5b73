/**
 * Shows where a URL leads without what may be secret: a webhook's path often is its password.
 *
 * @example
 * maskUrl('https://hooks.slack.com/services/T00/B00/xxxx'); // 'https://hooks.slack.com/…'
 */
export function maskUrl(url: string): string {
	if (!URL.canParse(url)) return '(no URL)';
	const { origin, pathname, search, hash } = new URL(url);
	return pathname === '/' && search === '' && hash === '' ? `${origin}/` : `${origin}/…`;
}
