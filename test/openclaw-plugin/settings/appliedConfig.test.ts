import {
	applyConfig,
	followConfig,
	type GatewayConfig,
} from '../../../openclaw-plugin/src/settings/appliedConfig';

function config(instanceId: string) {
	return { plugins: { entries: { 'event-webhooks': { config: { instanceId } } } } };
}

const own: GatewayConfig = { whole: config('own'), plugin: { instanceId: 'own' } };

it('holds what an instance was registered with until another is applied', () => {
	const made: GatewayConfig[] = [];
	const current = followConfig('/one', own, (from) => {
		made.push(from);
		return from.plugin;
	});
	expect(current()).toEqual({ instanceId: 'own' });
	applyConfig('/one', config('next'));
	expect(current()).toEqual({ instanceId: 'next' });
	expect(current()).toBe(current());
	expect(made).toHaveLength(2);
});

it('reaches all instances of a folder, and no other folder', () => {
	const read = (from: GatewayConfig) => from.plugin;
	const instances = [followConfig('/two', own, read), followConfig('/two', own, read)];
	const other = followConfig('/three', own, read);
	applyConfig('/two', config('next'));
	expect(instances.map((current) => current())).toEqual([
		{ instanceId: 'next' },
		{ instanceId: 'next' },
	]);
	expect(other()).toEqual({ instanceId: 'own' });
});

it('does not give a new instance what was applied before it was registered', () => {
	applyConfig('/four', config('older'));
	const current = followConfig('/four', own, ({ plugin }) => plugin);
	expect(current()).toEqual({ instanceId: 'own' });
});

it('gives undefined for a configuration without the plugin', () => {
	const current = followConfig('/five', own, ({ plugin }) => plugin);
	applyConfig('/five', {});
	expect(current()).toBeUndefined();
});
