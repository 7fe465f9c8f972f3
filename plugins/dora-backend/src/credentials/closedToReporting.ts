import { AuthService, HttpAuthService } from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import { reportingCredentialOf } from './reportingToken';

/**
 * For routes that reporting credentials do not open. Their permission alone does not say so: files are imported with the
 * one that events are sent with, and an operator may have restricted the credentials less than the documentation does.
 */
export function closedToReporting(
  httpAuth: HttpAuthService,
  auth: Pick<AuthService, 'isPrincipal'>,
): HttpAuthService {
  return {
    async credentials(req, options) {
      const credentials = await httpAuth.credentials(req, options);
      if (reportingCredentialOf(auth, credentials) !== undefined) {
        throw new NotAllowedError(
          'A reporting credential reports deployments, and does nothing else',
        );
      }
      return credentials;
    },
    issueUserCookie: (res, options) => httpAuth.issueUserCookie(res, options),
  };
}
