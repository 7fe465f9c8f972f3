import { LoggerService } from '@backstage/backend-plugin-api';
import { EventsService } from '@backstage/plugin-events-node';
import {
  DeliveryEventSource,
  DeliveryInbox,
  DeliverySourceDescription,
  NormaliseResult,
  RawDeliveryEvent,
} from '@pavedroad/plugin-dora-node';
import { GIT_PUSH_TOPIC, GitPushEvent } from '@pavedroad/plugin-git-common';
import { GitHost } from './GitHost';
import {
  COMMITS_TYPE,
  historyEvents,
  PULL_TYPE,
  pullEvent,
  pushEvents,
  readGitEvent,
} from './push';

/** Waits between attempts to record a push, in milliseconds. */
const RETRIES = [200, 1_000, 5_000, 30_000];

/**
 * Pushes to the portal's git host as a source of commits, and its merged pull
 * requests as stages.
 *
 * A push is heard through the events service, which forgets what a subscriber
 * could not take in. So each is tried again for a while, and {@link reconcile}
 * finds what was missed by comparing the heads of default branches.
 */
export class GitPushSource implements DeliveryEventSource {
  readonly id = 'git';
  readonly normaliserVersion = 1;
  readonly description: DeliverySourceDescription = {
    title: 'Git host of the portal',
    provides: ['commits', 'pull_requests'],
    access: ['None: the portal reads its own git host'],
    docs: 'sources/git.md',
  };
  private inbox: DeliveryInbox | undefined;
  /** Heads of default branches whose history is recorded. */
  private readonly heads = new Map<string, string>();

  static create(options: {
    events: EventsService;
    host: GitHost;
    logger: LoggerService;
    now?: () => Date;
    retries?: number[];
  }): GitPushSource {
    return new GitPushSource(
      options.events,
      options.host,
      options.logger,
      options.now ?? (() => new Date()),
      options.retries ?? RETRIES,
    );
  }

  private constructor(
    private readonly events: EventsService,
    private readonly host: GitHost,
    private readonly logger: LoggerService,
    private readonly now: () => Date,
    private readonly retries: number[],
  ) {}

  understands(type: string): boolean {
    return type === COMMITS_TYPE || type === PULL_TYPE;
  }

  normalise(event: RawDeliveryEvent): NormaliseResult {
    return readGitEvent(event);
  }

  async connect(inbox: DeliveryInbox): Promise<void> {
    this.inbox = inbox;
    await this.events.subscribe({
      id: 'dora-git-push',
      topics: [GIT_PUSH_TOPIC],
      onEvent: async ({ eventPayload }) =>
        this.receive(eventPayload as GitPushEvent, inbox),
    });
  }

  /**
   * Records the history of every default branch whose head is not known yet:
   * pushes from before the plugin was there, or missed while it was not.
   */
  async reconcile(): Promise<void> {
    const { inbox } = this;
    if (!inbox) {
      return;
    }
    for (const { slug, defaultBranch } of await this.host.repositories()) {
      const head = await this.host.head(slug, defaultBranch);
      if (head === undefined || this.heads.get(slug) === head) {
        continue;
      }
      const commits = await this.host.commits(slug, head);
      await inbox.submit([
        ...historyEvents(
          slug,
          defaultBranch,
          commits,
          this.now().toISOString(),
        ),
        ...(await this.mergedPulls(slug)),
      ]);
      this.heads.set(slug, head);
    }
  }

  private async receive(
    push: GitPushEvent,
    inbox: DeliveryInbox,
  ): Promise<void> {
    const receivedAt = this.now().toISOString();
    const { after } = push;
    const onDefaultBranch = push.ref === `refs/heads/${push.defaultBranch}`;
    let complete = await this.persist(push.repository, async () => {
      await inbox.submit(pushEvents(push, receivedAt));
    });
    if (push.commitsTruncated && after) {
      complete = await this.persist(push.repository, async () => {
        const commits = await this.host.commits(
          push.repository,
          after,
          push.before,
        );
        await inbox.submit(
          historyEvents(
            push.repository,
            push.defaultBranch,
            commits,
            receivedAt,
          ),
        );
      });
    }
    if (onDefaultBranch) {
      // Known only as long as nothing was missed before it.
      const known = this.heads.get(push.repository);
      if (complete && after && known !== undefined && known === push.before) {
        this.heads.set(push.repository, after);
      }
      await this.persist(push.repository, async () => {
        await inbox.submit(await this.mergedPulls(push.repository));
      });
    }
  }

  private async mergedPulls(repository: string): Promise<RawDeliveryEvent[]> {
    const pulls = await this.host.mergedPulls(repository);
    return pulls.map(pull => pullEvent(pull, this.now().toISOString()));
  }

  private async persist(
    repository: string,
    run: () => Promise<void>,
  ): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      try {
        await run();
        return true;
      } catch (error) {
        if (attempt >= this.retries.length) {
          this.logger.error(
            `Could not record a push to ${repository}; it is looked for again within the hour`,
            error instanceof Error ? error : undefined,
          );
          return false;
        }
        await new Promise(resolve => {
          setTimeout(resolve, this.retries[attempt]);
        });
      }
    }
  }
}
