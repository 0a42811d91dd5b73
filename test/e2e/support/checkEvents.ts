import { takeEventFaults, watchEvents } from './receivedEvents';

watchEvents();

afterEach(() => {
	expect(takeEventFaults()).toEqual([]);
});
