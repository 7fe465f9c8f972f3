import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
} from '@backstage/backend-plugin-api';
import { ResponseError } from '@backstage/errors';
import type {
  CreatedReportingCredential,
  ReportingCredentialRequest,
} from '@pavedroad/plugin-dora-common';

/** Longest wait for an answer, in milliseconds. */
const TIMEOUT_MS = 20_000;

/** On whose behalf delivery metrics are asked, and how. */
export type Asker = {
  auth: AuthService;
  discovery: DiscoveryService;
  credentials: BackstageCredentials;
};

async function ask(
  { auth, discovery, credentials }: Asker,
  path: string,
  init: RequestInit,
): Promise<Response> {
  const { token } = await auth.getPluginRequestToken({
    onBehalfOf: credentials,
    targetPluginId: 'dora',
  });
  const base = await discovery.getBaseUrl('dora');
  return fetch(`${base}/reporting-credentials${path}`, {
    ...init,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

/**
 * Makes what a repository reports its deployments with, on behalf of somebody who may.
 *
 * @throws ResponseError when delivery metrics refuse
 */
export async function createReportingCredential(
  request: ReportingCredentialRequest,
  asker: Asker,
): Promise<CreatedReportingCredential> {
  const response = await ask(asker, '', {
    method: 'POST',
    body: JSON.stringify(request),
  });
  if (!response.ok) {
    throw await ResponseError.fromResponse(response);
  }
  return (await response.json()) as CreatedReportingCredential;
}

/**
 * Revokes one; `false` when there is none.
 *
 * @throws ResponseError when delivery metrics refuse
 */
export async function revokeReportingCredential(
  id: string,
  asker: Asker,
): Promise<boolean> {
  const response = await ask(asker, `/${encodeURIComponent(id)}`, {
    method: 'DELETE',
  });
  if (response.status === 404) {
    return false;
  }
  if (!response.ok) {
    throw await ResponseError.fromResponse(response);
  }
  return true;
}
