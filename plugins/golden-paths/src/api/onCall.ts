import { ResponseError } from '@backstage/errors';
import {
  type OnCallCoverage,
  readOnCallCoverage,
} from '@pavedroad/plugin-golden-paths-common';

/** Asks who is on call for a group now. Rejects when that cannot be asked. */
export async function fetchOnCallCoverage(
  groupRef: string,
  apis: {
    discoveryApi: { getBaseUrl(pluginId: string): Promise<string> };
    fetchApi: { fetch: typeof fetch };
  },
): Promise<OnCallCoverage> {
  const base = await apis.discoveryApi.getBaseUrl('oncall');
  const response = await apis.fetchApi.fetch(
    `${base}/now?entityRef=${encodeURIComponent(groupRef)}`,
  );
  if (!response.ok) {
    throw await ResponseError.fromResponse(response);
  }
  return readOnCallCoverage(await response.json());
}
