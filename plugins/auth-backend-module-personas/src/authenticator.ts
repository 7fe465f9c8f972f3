import { Config } from '@backstage/config';
import { NotAllowedError } from '@backstage/errors';
import { createProxyAuthenticator } from '@backstage/plugin-auth-node';
import {
  choosePersona,
  isLoopbackAddress,
  isLoopbackHost,
  Persona,
  PERSONA_HEADER,
  readPersonasOptions,
} from './personas';

/**
 * Makes the authenticator that believes the persona header, for requests from this machine only.
 *
 * @param root - the whole configuration, for the checks that guard against exposure
 */
export function createPersonasAuthenticator(root: Config) {
  return createProxyAuthenticator({
    defaultProfileTransform: async (result: Persona) => ({
      profile: { displayName: result.name },
    }),
    initialize({ config }) {
      return readPersonasOptions({ provider: config, root });
    },
    async authenticate({ req }, { people }) {
      // The socket says where the caller is; the Host header says where the browser thinks it is. A page of another site
      // that points its own name at this machine (DNS rebinding) passes the first check and fails the second.
      if (
        !isLoopbackAddress(req.socket.remoteAddress ?? '') ||
        !isLoopbackHost(req.headers.host ?? '')
      ) {
        throw new NotAllowedError(
          'Personas can be used only on the machine the portal runs on',
        );
      }
      return { result: choosePersona(people, req.get(PERSONA_HEADER)) };
    },
  });
}
