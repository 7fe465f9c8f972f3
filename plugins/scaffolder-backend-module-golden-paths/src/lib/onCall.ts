import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
} from '@backstage/backend-plugin-api';
import { ServiceUnavailableError } from '@backstage/errors';
import { z } from 'zod';

/** Longest wait for the answer, in milliseconds. */
const TIMEOUT_MS = 15_000;

const answerSchema = z.object({
  coverage: z.string(),
  reason: z.string().optional(),
  levels: z
    .array(z.object({ people: z.array(z.unknown()).default([]) }))
    .default([]),
});

/**
 * Whether somebody is on call for a group: `covered`; `gap`, there is a schedule but nobody is on call now; `none`, no schedule is
 * found.
 */
export type OnCallCoverage = {
  state: 'covered' | 'gap' | 'none';
  reason?: string;
};

/** Reads the on-call plugin's answer. */
export function readCoverage(answer: unknown): OnCallCoverage {
  const { coverage, reason, levels } = answerSchema.parse(answer);
  if (coverage === 'none') {
    return { state: 'none', reason };
  }
  if (coverage === 'gap' || levels.every(level => level.people.length === 0)) {
    return { state: 'gap', reason };
  }
  return { state: 'covered' };
}

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
    return readCoverage(await response.json());
  } catch (error) {
    throw new ServiceUnavailableError(
      `Who is on call for ${entityRef} cannot be asked right now. Nothing was created; try again in a while.`,
      error,
    );
  }
}
