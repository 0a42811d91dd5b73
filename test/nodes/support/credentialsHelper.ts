import type { ICredentialDataDecryptedObject, IHttpRequestOptions } from 'n8n-workflow';
import { OpenClawApi } from '../../../credentials/OpenClawApi.credentials';

/**
 * A credential store for n8n's core that holds one OpenClaw API credential.
 *
 * @param onRead is told of each time that the credential is decrypted
 */
export function credentialsHelper(
	credential: ICredentialDataDecryptedObject,
	onRead: () => void = () => undefined,
) {
	const credentialType = new OpenClawApi();
	return {
		getDecrypted: () => {
			onRead();
			return Promise.resolve({ ...credential });
		},
		isCredentialUsableByNode: () => true,
		getParentTypes: () => [],
		preAuthentication: () => Promise.resolve(undefined),
		authenticate: async (
			data: ICredentialDataDecryptedObject,
			_type: string,
			options: IHttpRequestOptions,
		) => {
			if (typeof credentialType.authenticate !== 'function') throw new Error('No function');
			return await credentialType.authenticate(data, options);
		},
	};
}
