// Svix's library is an ES module only, which the test runner cannot load on every supported Node.
import { Webhook } from 'svix';

function verdict({ secret, body, headers }) {
	try {
		new Webhook(secret).verify(body, headers);
		return 'accepted';
	} catch (error) {
		return error.message;
	}
}

process.stdout.write(JSON.stringify(JSON.parse(process.argv[2]).map(verdict)));
