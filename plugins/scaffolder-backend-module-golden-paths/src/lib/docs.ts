import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
} from '@backstage/backend-plugin-api';
import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import { ResponseError } from '@backstage/errors';

/** Longest wait for the pages, in milliseconds. */
const TIMEOUT_MS = 30_000;

/**
 * Has TechDocs build an entity's documentation now, so that the first person to open it finds it there. Entities without documentation
 * are left alone.
 *
 * @returns whether there is anything to read.
 * @throws ResponseError when TechDocs refuses; whatever `fetch` throws when it cannot be asked.
 */
export async function buildDocs(options: {
  entity: Entity;
  credentials: BackstageCredentials;
  auth: AuthService;
  discovery: DiscoveryService;
}): Promise<boolean> {
  const { entity, credentials, auth, discovery } = options;
  if (!entity.metadata.annotations?.['backstage.io/techdocs-ref']) {
    return false;
  }
  const { token } = await auth.getPluginRequestToken({
    onBehalfOf: credentials,
    targetPluginId: 'techdocs',
  });
  const base = await discovery.getBaseUrl('techdocs');
  const [kind, namespace, name] = stringifyEntityRef(entity).split(/[:/]/);
  const response = await fetch(
    `${base}/sync/${namespace}/${kind}/${encodeURIComponent(name)}`,
    {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    },
  );
  // 304 says that what was built before is still right.
  if (!response.ok && response.status !== 304) {
    throw await ResponseError.fromResponse(response);
  }
  return true;
}
