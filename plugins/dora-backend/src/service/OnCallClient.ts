import {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { NamedPerson, OnCallMoment } from '@pavedroad/plugin-dora-common';
import { z } from 'zod';

/** On-call data adorns a deployment; nobody should wait long for it. */
const TIMEOUT_MILLISECONDS = 2_000;
const COULD_NOT_BE_ASKED = 'The on-call schedules could not be asked.';

const answerSchema = z.object({
  coverage: z.enum(['full', 'gap', 'none']).default('full'),
  reason: z.object({ message: z.string() }).optional(),
  levels: z.array(
    z.object({
      level: z.number(),
      people: z.array(
        z.object({
          ref: z.string(),
          displayName: z.string().optional(),
          hidden: z.boolean().optional(),
        }),
      ),
    }),
  ),
  schedule: z
    .object({
      ref: z.string(),
      title: z.string(),
      version: z.object({ assumed: z.boolean() }).optional(),
    })
    .optional(),
  trail: z
    .array(
      z.object({
        entityRef: z.string(),
        outcome: z.string(),
        message: z.string(),
      }),
    )
    .default([]),
});

/** One escalation level at a moment. */
export interface OnCallLevelAt {
  level: number;
  userRefs: string[];
  /** The same people in the same order, by the names the on-call plugin knows. */
  people: NamedPerson[];
}

/** An {@link OnCallMoment} with the names that the on-call plugin knows. */
export interface OnCallAt extends OnCallMoment {
  levels: OnCallLevelAt[];
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
    const { coverage, levels } = await this.momentOf(
      entityRef,
      at,
      credentials,
    );
    return coverage === 'unknown' ? undefined : levels;
  }

  /** The same with its reasons. Never rejects: `coverage` is `unknown` when on-call does not answer, and `reason` says so. */
  async momentOf(
    entityRef: string,
    at: string,
    credentials: BackstageCredentials,
  ): Promise<OnCallAt> {
    const unknown = (reason: string): OnCallAt => ({
      at,
      coverage: 'unknown',
      reason,
      levels: [],
      trail: [],
    });
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
      if (response.status === 403) {
        return unknown('You may not see who is on call.');
      }
      const parsed = answerSchema.safeParse(
        response.ok ? await response.json() : undefined,
      );
      return parsed.success
        ? answerAt(at, parsed.data)
        : unknown(COULD_NOT_BE_ASKED);
    } catch (error) {
      this.logger.debug(`Could not ask who was on call: ${error}`);
      return unknown(COULD_NOT_BE_ASKED);
    }
  }
}

function answerAt(at: string, answer: z.infer<typeof answerSchema>): OnCallAt {
  const { coverage, reason, levels, schedule, trail } = answer;
  return {
    at,
    coverage,
    ...(reason && { reason: reason.message }),
    levels: levels.map(({ level, people }) => ({
      level,
      userRefs: people.map(({ ref }) => ref),
      people: people.map(({ ref, displayName, hidden }) => ({
        ref,
        displayName: displayName ?? ref,
        ...(hidden && { hidden }),
      })),
    })),
    ...(schedule && {
      schedule: {
        ref: schedule.ref,
        title: schedule.title,
        assumed: schedule.version?.assumed ?? false,
      },
    }),
    trail,
  };
}
