import { reloadRules } from '../../../openclaw-plugin/src/settings/configFile';

it.each(['2026.9.2', '2026.9.6', '2026.10.1', '2027.1.1', '2026.9.4-beta.1'])(
	'OpenClaw %s restarts the service',
	(version) => {
		expect(reloadRules(version)?.hotPrefixes).toContain('plugins.entries.event-webhooks.config');
	},
);

it.each(['2026.9.1', '2026.8.2', '2025.12.3', 'unknown', '2026', undefined])(
	'OpenClaw %s replaces the plugin',
	(version) => {
		expect(reloadRules(version)).toBeUndefined();
	},
);

it('a gateway refuses to replace a plugin while an agent works, so that no setting may need it', () => {
	const { hotPrefixes = [], servicePrefixes = [] } = reloadRules('2026.9.6') ?? {};
	expect(servicePrefixes).toEqual(expect.arrayContaining([...hotPrefixes]));
});
