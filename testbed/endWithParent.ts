// Loaded into n8n and the gateway ahead of everything else (`node --require`): whatever ends the process
// that started them, a debugger or `kill -9` included, no server is left behind.
const startedBy = process.ppid;

setInterval(() => {
	if (process.ppid !== startedBy) process.kill(process.pid, 'SIGKILL');
}, 1000).unref();
