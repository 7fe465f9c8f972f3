import { LoggerService } from '@backstage/backend-plugin-api';
import { EventsService } from '@backstage/plugin-events-node';
import {
  Backfill,
  BackfillRepository,
  DeliveryEventSource,
  DeliveryInbox,
  DeliverySourceDescription,
  DeliverySourceState,
  DeliveryWebhook,
  isObject,
  NormaliseResult,
  objectAt,
  outcomeOf,
  RawDeliveryEvent,
} from '@pavedroad/plugin-dora-node';
import { GithubAccess, GithubApi } from './GithubApi';
import { readGithubEvent } from './normalise';
import { GithubOptions } from './options';
import { eventOf, githubWebhook, WEBHOOK_TOPIC } from './webhook';

/** Says how to ask for a repository; `undefined` without credentials for its host. */
export type GithubAccessFor = (
  repository: Pick<BackfillRepository, 'slug' | 'host'>,
  signal?: AbortSignal,
) => Promise<GithubAccess | undefined>;

interface Connection {
  inbox: DeliveryInbox;
  state: DeliverySourceState;
}

/** GitHub as a source: webhooks, what they leave out, and what was before them. */
export class GithubSource implements DeliveryEventSource {
  readonly id = 'github';
  readonly normaliserVersion = 3;
  readonly settings: string;
  readonly configured: boolean;
  readonly webhook: DeliveryWebhook;
  readonly description: DeliverySourceDescription = {
    title: 'GitHub',
    provides: [
      'deployments',
      'commits',
      'pull_requests',
      'builds',
      'incidents',
    ],
    access: [
      'A webhook of the organisation or repository with a secret, for the events deployments, deployment statuses, pushes, pull requests, pull request reviews, workflow runs, releases and issues',
      'For what webhooks leave out and for backfill: a GitHub App or fine-grained token in the integrations, with read access to metadata, contents, pull requests, deployments, actions and issues',
    ],
    docs: 'sources/github.md',
  };
  private connected: (connection: Connection) => void = () => undefined;
  private readonly connection = new Promise<Connection>(resolve => {
    this.connected = resolve;
  });

  static create(options: {
    options: GithubOptions;
    accessFor: GithubAccessFor;
    repositories: () => Promise<BackfillRepository[]>;
    events: EventsService;
    logger: LoggerService;
    now?: () => number;
  }): GithubSource {
    return new GithubSource(
      options.options,
      options.accessFor,
      options.repositories,
      options.events,
      options.logger,
      options.now ?? Date.now,
    );
  }

  private constructor(
    private readonly options: GithubOptions,
    private readonly accessFor: GithubAccessFor,
    private readonly repositories: () => Promise<BackfillRepository[]>,
    private readonly events: EventsService,
    private readonly logger: LoggerService,
    private readonly now: () => number,
  ) {
    this.settings = JSON.stringify(options.reading);
    this.configured = options.secrets.length > 0;
    this.webhook = githubWebhook(options.secrets);
  }

  understands(type: string): boolean {
    return eventOf(type) !== undefined;
  }

  normalise(event: RawDeliveryEvent): NormaliseResult {
    return outcomeOf(() => readGithubEvent(event, this.options.reading));
  }

  async connect(
    inbox: DeliveryInbox,
    state: DeliverySourceState,
  ): Promise<void> {
    this.connected({ inbox, state });
    if (!this.configured) {
      this.logger.info(
        'GitHub is not configured as a source of delivery events: dora.github.webhookSecrets is empty, its webhooks are refused',
      );
    }
    if (this.configured && this.options.details) {
      await this.events.subscribe({
        id: 'dora-github-details',
        topics: [WEBHOOK_TOPIC],
        onEvent: async ({ eventPayload }) => this.complete(eventPayload),
      });
    }
  }

  /** One run of the backfill. Waits until the source is connected: a start may replay the inbox first. */
  async backfill(signal?: AbortSignal): Promise<void> {
    if (!this.options.backfill) {
      return;
    }
    const connection = await this.connection;
    await Backfill.create({
      sourceId: this.id,
      since: this.options.backfill.since,
      repositories: this.repositories,
      plan: async (repository, from, stop) => {
        const access = await this.accessFor(repository, stop);
        if (!access) {
          throw new Error(`no credentials for ${repository.host}`);
        }
        return this.api(access, repository).plan(from);
      },
      logger: this.logger,
      now: this.now,
    }).run(connection.inbox, connection.state, signal);
  }

  /** Asks for what a recorded webhook leaves out. What fails is found by the backfill. */
  private async complete(payload: unknown): Promise<void> {
    if (!isObject(payload)) {
      return;
    }
    try {
      const { repository } = payload;
      const slug = objectAt(repository).full_name;
      // It becomes a part of an address: nothing in it may lead elsewhere.
      if (typeof slug !== 'string' || !/^[\w-]+\/(?!\.+$)[\w.-]+$/.test(slug)) {
        return;
      }
      const url = String(objectAt(repository).html_url);
      const host = URL.canParse(url) ? new URL(url).host : 'github.com';
      const access = await this.accessFor({ slug, host });
      if (access) {
        const events = await this.api(access, {
          slug,
          host,
          monorepo: false,
        }).details(payload);
        if (events.length > 0) {
          const { inbox } = await this.connection;
          await inbox.submit(events);
        }
      }
    } catch (error) {
      this.logger.warn(
        `Could not ask GitHub for what a webhook leaves out: ${error}`,
      );
    }
  }

  private api(access: GithubAccess, repository: BackfillRepository): GithubApi {
    return GithubApi.create({
      access,
      repository,
      reading: this.options.reading,
      logger: this.logger,
      now: () => new Date(this.now()),
    });
  }
}
