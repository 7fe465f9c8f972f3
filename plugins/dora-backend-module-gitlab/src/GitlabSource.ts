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
  private readonly connection: ForgeConnection<GitlabAccess>;

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
    accessFor: GitlabAccessFor,
    private readonly repositories: () => Promise<BackfillRepository[]>,
    events: EventsService,
    logger: LoggerService,
    now: () => number,
  ) {
    this.settings = JSON.stringify(options.reading);
    this.configured = options.secrets.length > 0;
    this.webhook = gitlabWebhook(options.secrets);
    this.connection = ForgeConnection.create({
      forge: {
        id: this.id,
        title: this.description.title,
        configured: this.configured,
        detailsOf: options.details ? WEBHOOK_TOPIC : undefined,
        accessFor,
        placeOf: payload => {
          const project = objectAt(payload.project);
          const slug = looseText(project.path_with_namespace);
          const url = String(project.web_url);
          return slug && URL.canParse(url)
            ? { slug, host: new URL(url).host }
            : undefined;
        },
        api: (access, repository) =>
          GitlabApi.create({
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
    return kindOf(type) !== undefined;
  }

  normalise(event: RawDeliveryEvent): NormaliseResult {
    return outcomeOf(() => readGitlabEvent(event, this.options.reading));
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
