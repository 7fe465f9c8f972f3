import { LoggerService } from '@backstage/backend-plugin-api';
import { EventsService } from '@backstage/plugin-events-node';
import {
  BackfillRepository,
  DeliveryEventSource,
  DeliveryInbox,
  DeliverySourceDescription,
  DeliverySourceState,
  DeliveryWebhook,
  ForgeConnection,
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
  private readonly connection: ForgeConnection<GithubAccess>;

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
    accessFor: GithubAccessFor,
    private readonly repositories: () => Promise<BackfillRepository[]>,
    events: EventsService,
    logger: LoggerService,
    now: () => number,
  ) {
    this.settings = JSON.stringify(options.reading);
    this.configured = options.secrets.length > 0;
    this.webhook = githubWebhook(options.secrets);
    this.connection = ForgeConnection.create({
      forge: {
        id: this.id,
        title: this.description.title,
        configured: this.configured,
        detailsOf: options.details ? WEBHOOK_TOPIC : undefined,
        accessFor,
        placeOf: ({ repository }) => {
          const slug = objectAt(repository).full_name;
          const url = String(objectAt(repository).html_url);
          // It becomes a part of an address: nothing in it may lead elsewhere.
          return typeof slug === 'string' &&
            /^[\w-]+\/(?!\.+$)[\w.-]+$/.test(slug)
            ? {
                slug,
                host: URL.canParse(url) ? new URL(url).host : 'github.com',
              }
            : undefined;
        },
        api: (access, repository) =>
          GithubApi.create({
            access,
            repository,
            reading: options.reading,
            logger,
            now: () => new Date(now()),
          }),
      },
      events,
      logger,
      now,
    });
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
    await this.connection.connect(inbox, state);
  }

  /** One run of the backfill, where it is configured. */
  async backfill(signal?: AbortSignal): Promise<void> {
    const { backfill } = this.options;
    if (backfill) {
      const { repositories } = this;
      const { since } = backfill;
      await this.connection.backfill({ since, repositories, signal });
    }
  }
}
