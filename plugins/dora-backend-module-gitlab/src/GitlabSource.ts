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
  looseText,
  NormaliseResult,
  objectAt,
  outcomeOf,
  RawDeliveryEvent,
} from '@pavedroad/plugin-dora-node';
import { GitlabAccess, GitlabApi } from './GitlabApi';
import { readGitlabEvent } from './normalise';
import { GitlabOptions } from './options';
import { kindOf, gitlabWebhook, WEBHOOK_TOPIC } from './webhook';

/** Says how to ask for a repository; `undefined` without credentials for its host. */
export type GitlabAccessFor = (
  repository: Pick<BackfillRepository, 'slug' | 'host'>,
  signal?: AbortSignal,
) => Promise<GitlabAccess | undefined>;

interface Connection {
  inbox: DeliveryInbox;
  state: DeliverySourceState;
}

/** GitLab as a source: webhooks, what they leave out, and what was before them. */
export class GitlabSource implements DeliveryEventSource {
  readonly id = 'gitlab';
  readonly normaliserVersion = 3;
  readonly settings: string;
  readonly configured: boolean;
  readonly webhook: DeliveryWebhook;
  readonly description: DeliverySourceDescription = {
    title: 'GitLab',
    provides: [
      'deployments',
      'commits',
      'pull_requests',
      'builds',
      'incidents',
    ],
    access: [
      'A webhook of the group or project with a secret or signing token, for push, merge request, deployment, job, pipeline, release, issue and confidential issue events',
      'For what webhooks leave out and for backfill: a project, group or personal access token in the integrations with the scope read_api and at least the role Reporter',
    ],
    docs: 'sources/gitlab.md',
  };
  private connected: (connection: Connection) => void = () => undefined;
  private readonly connection = new Promise<Connection>(resolve => {
    this.connected = resolve;
  });

  static create(options: {
    options: GitlabOptions;
    accessFor: GitlabAccessFor;
    repositories: () => Promise<BackfillRepository[]>;
    events: EventsService;
    logger: LoggerService;
    now?: () => number;
  }): GitlabSource {
    return new GitlabSource(
      options.options,
      options.accessFor,
      options.repositories,
      options.events,
      options.logger,
      options.now ?? Date.now,
    );
  }

  private constructor(
    private readonly options: GitlabOptions,
    private readonly accessFor: GitlabAccessFor,
    private readonly repositories: () => Promise<BackfillRepository[]>,
    private readonly events: EventsService,
    private readonly logger: LoggerService,
    private readonly now: () => number,
  ) {
    this.settings = JSON.stringify(options.reading);
    this.configured = options.secrets.length > 0;
    this.webhook = gitlabWebhook(options.secrets);
  }

  understands(type: string): boolean {
    return kindOf(type) !== undefined;
  }

  normalise(event: RawDeliveryEvent): NormaliseResult {
    return outcomeOf(() => readGitlabEvent(event, this.options.reading));
  }

  async connect(
    inbox: DeliveryInbox,
    state: DeliverySourceState,
  ): Promise<void> {
    this.connected({ inbox, state });
    if (!this.configured) {
      this.logger.info(
        'GitLab is not configured as a source of delivery events: dora.gitlab.webhookSecrets is empty, its webhooks are refused',
      );
    }
    if (this.configured && this.options.details) {
      await this.events.subscribe({
        id: 'dora-gitlab-details',
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
      const project = objectAt(payload.project);
      const slug = looseText(project.path_with_namespace);
      const url = String(project.web_url);
      if (!slug || !URL.canParse(url)) {
        return;
      }
      const { host } = new URL(url);
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
        `Could not ask GitLab for what a webhook leaves out: ${error}`,
      );
    }
  }

  private api(access: GitlabAccess, repository: BackfillRepository): GitlabApi {
    return GitlabApi.create({
      access,
      repository,
      reading: this.options.reading,
      logger: this.logger,
      now: () => new Date(this.now()),
    });
  }
}
