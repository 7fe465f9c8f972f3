import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
} from '@backstage/backend-plugin-api';
import { ServiceUnavailableError } from '@backstage/errors';
import {
  type OnCallCoverage,
  readOnCallCoverage,
} from '@pavedroad/plugin-golden-paths-common';

/** Longest wait for the answer, in milliseconds. */
const TIMEOUT_MS = 15_000;

/**
 * Asks who is on call for an entity, on behalf of the user.
 *
 * @throws ServiceUnavailableError when on-call cannot be asked.
 */
export async function fetchOnCallCoverage(options: {
  entityRef: string;
  credentials: BackstageCredentials;
  auth: AuthService;
  discovery: DiscoveryService;
}): Promise<OnCallCoverage> {
  const { entityRef, credentials, auth, discovery } = options;
  try {
    const { token } = await auth.getPluginRequestToken({
      onBehalfOf: credentials,
      targetPluginId: 'oncall',
    });
    const base = await discovery.getBaseUrl('oncall');
    const response = await fetch(
      `${base}/now?entityRef=${encodeURIComponent(entityRef)}`,
      {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
    );
    if (!response.ok) {
      throw new Error(`status ${response.status}`);
    }
    return readOnCallCoverage(await response.json());
  } catch (error) {
    throw new ServiceUnavailableError(
      `Who is on call for ${entityRef} cannot be asked right now. Nothing was created; try again in a while.`,
      error,
    );
  }
}
