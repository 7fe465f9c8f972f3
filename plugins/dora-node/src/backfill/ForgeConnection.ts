import { LoggerService, SchedulerService } from '@backstage/backend-plugin-api';
import { isObject } from '../reading';
import { DeliveryInbox, DeliverySourceState, RawDeliveryEvent } from '../types';
import { Backfill, BackfillPlan, BackfillRepository } from './Backfill';

/**
 * What the API of a code host tells of one repository.
 *
 * @public
 */
export interface ForgeApi {
  /**
   * The listings of the repository from a moment (ISO 8601) on.
   *
   * @param incidents - numbers of the issues that earlier rounds found to be incidents of it; `undefined` when none looked
   */
  plan(
    from: string,
    incidents: readonly number[] | undefined,
  ): Promise<BackfillPlan>;
  /** What a recorded webhook leaves out. Empty when it is complete. */
  details(payload: Record<string, unknown>): Promise<RawDeliveryEvent[]>;
}

/**
 * What differs from one code host to another.
 *
 * @public
 */
export interface Forge<TAccess> {
  /** Id of the source, e.g. `github`. */
  id: string;
  /** Name of the product as its makers write it. */
  title: string;
  /** Whether it has what its webhooks are verified with. */
  configured: boolean;
  /** The topic on which recorded webhooks are published; absent where nothing is asked for beside them. */
  detailsOf?: string;
  /** Says how to ask for a repository; `undefined` without credentials for its host. */
  accessFor: (
    repository: Pick<BackfillRepository, 'slug' | 'host'>,
    signal?: AbortSignal,
  ) => Promise<TAccess | undefined>;
  /** The repository that a webhook is about, as it may be put into an address; `undefined` when it names none. */
  placeOf: (
    payload: Record<string, unknown>,
  ) => Pick<BackfillRepository, 'slug' | 'host'> | undefined;
  api: (access: TAccess, repository: BackfillRepository) => ForgeApi;
}

/** The part of the events service that is used. */
interface Subscriptions {
  subscribe(options: {
    id: string;
    topics: string[];
    onEvent(event: { eventPayload: unknown }): Promise<void>;
  }): Promise<void>;
}

interface Connection {
  inbox: DeliveryInbox;
  state: DeliverySourceState;
}

/**
 * Connects a code host to the inbox: asks its API for what webhooks leave out, and for what was before them.
 *
 * @public
 */
export class ForgeConnection<TAccess> {
  private connected: (connection: Connection) => void = () => undefined;
  private readonly connection = new Promise<Connection>(resolve => {
    this.connected = resolve;
  });

  static create<T>(options: {
    forge: Forge<T>;
    events: Subscriptions;
    logger: LoggerService;
    now?: () => number;
  }): ForgeConnection<T> {
    return new ForgeConnection(
      options.forge,
      options.events,
      options.logger,
      options.now ?? Date.now,
    );
  }

  private constructor(
    private readonly forge: Forge<TAccess>,
    private readonly events: Subscriptions,
    private readonly logger: LoggerService,
    private readonly now: () => number,
  ) {}

  /** To be called when the source is connected. */
  async connect(
    inbox: DeliveryInbox,
    state: DeliverySourceState,
  ): Promise<void> {
    const { id, title, configured, detailsOf } = this.forge;
    this.connected({ inbox, state });
    if (!configured) {
      this.logger.info(
        `${title} is not configured as a source of delivery events: dora.${id}.webhookSecrets is empty, its webhooks are refused`,
      );
    }
    if (configured && detailsOf !== undefined) {
      await this.events.subscribe({
        id: `dora-${id}-details`,
        topics: [detailsOf],
        onEvent: async ({ eventPayload }) => this.complete(eventPayload),
      });
    }
  }

  /** One run of the backfill. Waits until the source is connected: a start may replay the inbox first. */
  async backfill(options: {
    since?: string;
    repositories: () => Promise<BackfillRepository[]>;
    signal?: AbortSignal;
  }): Promise<void> {
    const { inbox, state } = await this.connection;
    await Backfill.create({
      sourceId: this.forge.id,
      since: options.since,
      repositories: options.repositories,
      plan: async (repository, from, stop, incidents) => {
        const access = await this.forge.accessFor(repository, stop);
        if (!access) {
          throw new Error(`no credentials for ${repository.host}`);
        }
        return this.forge.api(access, repository).plan(from, incidents);
      },
      logger: this.logger,
      now: this.now,
    }).run(inbox, state, options.signal);
  }

  /** Asks for what a recorded webhook leaves out. What fails is found by the backfill. */
  private async complete(payload: unknown): Promise<void> {
    if (!isObject(payload)) {
      return;
    }
    const { title, placeOf, accessFor, api } = this.forge;
    try {
      const place = placeOf(payload);
      const access = place && (await accessFor(place));
      if (access) {
        const events = await api(access, {
          ...place,
          monorepo: false,
        }).details(payload);
        if (events.length > 0) {
          const { inbox } = await this.connection;
          await inbox.submit(events);
        }
      }
    } catch (error) {
      this.logger.warn(
        `Could not ask ${title} for what a webhook leaves out: ${error}`,
      );
    }
  }
}

/**
 * Runs the backfill of a source again and again, on one back end at a time.
 *
 * @param options - `delaySeconds` after the start, so that sources do not all begin at once
 * @public
 */
export async function scheduleBackfill(options: {
  scheduler: SchedulerService;
  source: { id: string; backfill(signal?: AbortSignal): Promise<void> };
  frequency: { [unit: string]: number };
  delaySeconds: number;
}): Promise<void> {
  const { scheduler, source, frequency, delaySeconds } = options;
  await scheduler.scheduleTask({
    id: `dora-${source.id}-backfill`,
    scope: 'global',
    initialDelay: { seconds: delaySeconds },
    frequency,
    timeout: { hours: 6 },
    fn: signal => source.backfill(signal),
  });
}
