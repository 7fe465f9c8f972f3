import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
  UrlReaderService,
} from '@backstage/backend-plugin-api';
import { GitHostClient, parseFileUrl } from '@pavedroad/plugin-git-common';

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** Longest wait for an answer, in milliseconds. */
const TIMEOUT_MS = 15_000;

/**
 * The commit a template's files are at, as far as its host says; `undefined` for templates read from a local folder or a host that
 * does not tell.
 */
export async function findTemplateCommit(options: {
  /** URL of the folder that holds the template. */
  baseUrl: string | undefined;
  /** Base URL of the portal's back end as people and other programs see it. */
  portalUrl: string;
  credentials: BackstageCredentials;
  auth: AuthService;
  discovery: DiscoveryService;
  reader: UrlReaderService;
}): Promise<string | undefined> {
  const { baseUrl, portalUrl, credentials, auth, discovery, reader } = options;
  if (!baseUrl || !/^https?:/.test(baseUrl)) {
    return undefined;
  }
  const file = parseFileUrl(`${portalUrl}/api/git`, baseUrl);
  if (file) {
    const client = new GitHostClient({ discovery });
    const { token } = await auth.getPluginRequestToken({
      onBehalfOf: credentials,
      targetPluginId: 'git',
    });
    // A branch name may hold slashes: the shortest that names a commit is the branch.
    for (let length = 1; length <= file.refAndPath.length; length += 1) {
      const ref = file.refAndPath.slice(0, length).join('/');
      try {
        const { id } = await client.getCommit(
          `${file.owner}/${file.name}`,
          ref,
          { token, signal: AbortSignal.timeout(TIMEOUT_MS) },
        );
        return id;
      } catch {
        continue;
      }
    }
    return undefined;
  }
  try {
    const { etag } = await reader.readTree(baseUrl);
    return COMMIT.test(etag) ? etag : undefined;
  } catch {
    return undefined;
  }
}
