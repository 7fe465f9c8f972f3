import {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { NamedPerson } from '@pavedroad/plugin-dora-common';
import { z } from 'zod';

/** On-call data adorns a deployment; nobody should wait long for it. */
const TIMEOUT_MILLISECONDS = 2_000;

const answerSchema = z.object({
  levels: z.array(
    z.object({
      level: z.number(),
      people: z.array(
        z.object({ ref: z.string(), displayName: z.string().optional() }),
      ),
    }),
  ),
});

/** One escalation level at a moment. */
export interface OnCallLevelAt {
  level: number;
  userRefs: string[];
  /** The same people in the same order, by the names the on-call plugin knows. */
  people: NamedPerson[];
}

/** Asks the on-call plugin, when the portal has one. */
export class OnCallClient {
  static create(options: {
    auth: AuthService;
    discovery: DiscoveryService;
    logger: LoggerService;
    fetch?: typeof fetch;
  }): OnCallClient {
    return new OnCallClient(
      options.auth,
      options.discovery,
      options.logger,
      options.fetch ?? fetch,
    );
  }

  private constructor(
    private readonly auth: AuthService,
    private readonly discovery: DiscoveryService,
    private readonly logger: LoggerService,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /** Who was on call for a service at a moment; `undefined` when nobody can say. */
  async onCallAt(
    entityRef: string,
    at: string,
    credentials: BackstageCredentials,
  ): Promise<OnCallLevelAt[] | undefined> {
    try {
      const [baseUrl, { token }] = await Promise.all([
        this.discovery.getBaseUrl('oncall'),
        this.auth.getPluginRequestToken({
          onBehalfOf: credentials,
          targetPluginId: 'oncall',
        }),
      ]);
      const query = new URLSearchParams({ entityRef, at });
      const response = await this.fetch(`${baseUrl}/now?${query}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      });
      if (!response.ok) {
        return undefined;
      }
      const parsed = answerSchema.safeParse(await response.json());
      return parsed.success
        ? parsed.data.levels.map(({ level, people }) => ({
            level,
            userRefs: people.map(({ ref }) => ref),
            people: people.map(({ ref, displayName }) => ({
              ref,
              displayName: displayName ?? ref,
            })),
          }))
        : undefined;
    } catch (error) {
      this.logger.debug(`Could not ask who was on call: ${error}`);
      return undefined;
    }
  }
}
