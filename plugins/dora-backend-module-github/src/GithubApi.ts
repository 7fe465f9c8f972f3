import { LoggerService } from '@backstage/backend-plugin-api';
import { JsonObject, JsonValue } from '@backstage/types';
import {
  ApiClient,
  ApiError,
  BackfillPlan,
  BackfillRepository,
  BackfillStep,
  deliveryDigest,
  formerIncidentsStep,
  itemsOf,
  listingStep,
  isCommitId,
  looseText,
  matchesAny,
  objectAt,
  RawDeliveryEvent,
} from '@pavedroad/plugin-dora-node';
import { COMMITS, COVERED, GONE, ISSUE, PULL, RELEASE } from './normalise';
import { GithubReading } from './options';
import { Fields, labelNames } from './read';
import { API_SOURCE, slimGithub, typeOf } from './webhook';

const PAGE_SIZE = 100;
/** A deployment or a run may end this long after it began, in milliseconds. */
const LOOKBACK = 3 * 86_400_000;
/** Answers that mean there is nothing to read, or no right to. */
const NOTHING = [403, 404, 409, 410, 451];
/** Answers that mean that an issue is not there: deleted, or transferred out of sight. */
const NOT_THERE = [404, 410];

/** Where a repository lies and how to ask for it. */
export interface GithubAccess {
  /** Such as `https://api.github.com`. */
  apiBaseUrl: string;
  /** Such as `https://github.com`. */
  webBaseUrl: string;
  client: ApiClient;
}

/**
 * What GitHub's API tells of one repository, as raw events. The objects are kept
 * as in webhooks, so that the same reader makes the same facts of them.
 */
export class GithubApi {
  static create(options: {
    access: GithubAccess;
    repository: BackfillRepository;
    reading: GithubReading;
    logger: LoggerService;
    now?: () => Date;
  }): GithubApi {
    return new GithubApi(options, options.now ?? (() => new Date()));
  }

  private readonly client: ApiClient;
  private readonly url: string;
  private readonly repository: BackfillRepository;
  private readonly webUrl: string;
  private readonly reading: GithubReading;
  private readonly logger: LoggerService;

  private constructor(
    private readonly options: Parameters<typeof GithubApi.create>[0],
    private readonly now: () => Date,
  ) {
    const { access, repository, reading, logger } = options;
    this.client = access.client;
    this.url = `${access.apiBaseUrl}/repos/${repository.slug}`;
    this.repository = repository;
    this.webUrl = `${access.webBaseUrl}/${repository.slug}`;
    this.reading = reading;
    this.logger = logger;
  }

  /**
   * The listings of the repository from a moment on.
   *
   * @param incidents - numbers of the issues that are known as incidents; `undefined` when nobody looked for them yet
   * @throws ApiError when the repository cannot be read at all
   */
  async plan(
    from: string,
    incidents?: readonly number[],
  ): Promise<BackfillPlan> {
    const about = objectAt((await this.client.page(this.url)).body);
    const branch = looseText(about.default_branch) ?? 'main';
    // The catalog may name a repository as it was called before.
    const slug = looseText(about.full_name) ?? this.repository.slug;
    const origin = this.origin(branch);
    const began = new Date(Date.parse(from) - LOOKBACK).toISOString();
    const query = (parameters: Record<string, string>) =>
      new URLSearchParams({ ...parameters, per_page: String(PAGE_SIZE) });
    const { incidentLabels, incidentsComplete, releases } = this.reading;
    const onlyLabel: Record<string, string> =
      incidentLabels.length === 1 && isLiteral(incidentLabels[0])
        ? { labels: incidentLabels[0] }
        : {};

    const steps: (BackfillStep | undefined)[] = [
      this.step(
        'commits',
        `/commits?${query({ sha: branch, since: from })}`,
        async items => [await this.commits(origin, items)].flat(),
      ),
      this.step(
        'pull requests',
        `/pulls?${query({ state: 'all', sort: 'updated', direction: 'desc' })}`,
        async items =>
          this.each(
            items.filter(item => item.merged_at),
            item => this.pull(origin, item),
          ),
        item => before(item.updated_at, from),
      ),
      this.step(
        'workflow runs',
        `/actions/runs?${query({ exclude_pull_requests: 'true' })}`,
        async items => items.flatMap(item => this.run(origin, item)),
        item => before(item.created_at, began),
      ),
      this.step(
        'deployments',
        `/deployments?${query({})}`,
        async items =>
          (
            await this.each(items, item => this.deployment(origin, item))
          ).flat(),
        item => before(item.created_at, began),
      ),
      releases &&
        this.step(
          'releases',
          `/releases?${query({})}`,
          async items =>
            (
              await this.each(
                items.filter(item => !item.draft),
                item => this.release(origin, item),
              )
            ).flat(),
          item => before(item.published_at ?? item.created_at, from),
        ),
      this.step(
        'incidents',
        `/issues?${query({
          ...onlyLabel,
          state: 'all',
          since: from,
          sort: 'updated',
          // Newest first: what changes meanwhile comes twice instead of never.
          direction: 'desc',
        })}`,
        async items =>
          this.each(
            items.filter(item => this.isIncident(item)),
            item => this.issue(origin, item),
          ),
        undefined,
        items =>
          items
            .filter(item => this.isIncident(item))
            .map(({ number }) => Number(number)),
      ),
      formerIncidentsStep({
        client: this.client,
        // With issues switched off, each of them answers as if it were deleted.
        known: about.has_issues === false ? [] : incidents,
        slug: this.repository.slug,
        nothing: NOTHING,
        listings: async () =>
          (await this.incidentLabels()).map(
            labels => `${this.url}/issues?${query({ labels, state: 'all' })}`,
          ),
        numberOf: ({ number }) => number,
        ask: async number => this.former(origin, slug, number),
        logger: this.logger,
      }),
      incidentsComplete
        ? {
            name: 'coverage',
            page: async () => ({
              events: [
                this.event(COVERED, `covered ${from}`, {
                  ...origin,
                  since: from,
                }),
              ],
            }),
          }
        : undefined,
    ];
    return { steps: steps.filter(step => step !== undefined) };
  }

  /** What a recorded webhook leaves out. Empty when it is complete. */
  async details(payload: Fields): Promise<RawDeliveryEvent[]> {
    const origin = { repository: objectAt(payload.repository) as JsonObject };
    const { action } = payload;
    const pull = objectAt(payload.pull_request);
    const about = objectAt(payload.issue);
    const release = objectAt(payload.release);
    if (action === 'closed' && pull.merged_at && payload.review === undefined) {
      return [await this.pull(origin, pull)];
    }
    if (action === 'closed' && this.isIncident(about)) {
      return [await this.issue(origin, about)];
    }
    if (action === 'published' && this.reading.releases && release.tag_name) {
      return this.release(origin, release);
    }
    return Array.isArray(payload.commits) && payload.after !== undefined
      ? this.pushed(origin, payload)
      : [];
  }

  private isIncident(about: Fields): boolean {
    return (
      about.pull_request === undefined &&
      labelNames(about.labels).some(name =>
        matchesAny(name, this.reading.incidentLabels),
      )
    );
  }

  /** Names of the labels that make an issue an incident: issues are listed by one label at a time. */
  private async incidentLabels(): Promise<string[]> {
    const { incidentLabels } = this.reading;
    if (incidentLabels.every(isLiteral)) {
      return incidentLabels;
    }
    const labels = await this.client.all(
      `${this.url}/labels?per_page=${PAGE_SIZE}`,
    );
    // One by one: of a list it takes only as many as an issue has.
    return labels
      .flatMap(label => labelNames([label]))
      .filter(name => matchesAny(name, incidentLabels));
  }

  /**
   * What became of an issue that was an incident.
   *
   * @param slug - of the repository as it is called now
   * @returns `undefined` when it is an incident still, or nobody may know
   * @throws ApiError for other refusals: they are of the token, not of the issue
   */
  private async former(
    origin: JsonObject,
    slug: string,
    number: number,
  ): Promise<RawDeliveryEvent[] | undefined> {
    const at = this.now().toISOString();
    // With the moment: it may be seen again, and go again.
    const gone = this.event(GONE, `issue ${number} gone ${at}`, {
      ...origin,
      issue: { number },
      at,
    });
    let found: unknown;
    try {
      // What was transferred leads to where it is now.
      found = (await this.client.page(`${this.url}/issues/${number}`)).body;
    } catch (error) {
      if (!(error instanceof ApiError)) {
        throw error;
      }
      const { status } = error;
      // A new place that is followed no further: on another host, or in a circle.
      const elsewhere = status >= 300 && status < 400;
      if (elsewhere || NOT_THERE.includes(status)) {
        return [gone];
      }
      if (NOTHING.includes(status)) {
        return undefined;
      }
      throw error;
    }
    const about = objectAt(found);
    const now = repositoryNamed(about.repository_url) ?? slug;
    if (now.toLowerCase() !== slug.toLowerCase()) {
      const other = GithubApi.create({
        ...this.options,
        repository: { ...this.repository, slug: now },
      });
      return [
        gone,
        ...(this.isIncident(about)
          ? [await other.issue(other.origin(), about)]
          : []),
      ];
    }
    return this.isIncident(about)
      ? undefined
      : [await this.issue(origin, about, { former: true })];
  }

  private async pushed(
    origin: JsonObject,
    payload: Fields,
  ): Promise<RawDeliveryEvent[]> {
    const { default_branch: branch } = objectAt(payload.repository);
    const shas = [payload.before, payload.after].map(looseText);
    const [earlier, after] = shas;
    if (payload.ref !== `refs/heads/${branch}` || !isCommitId(after)) {
      return [];
    }
    const known = isCommitId(earlier) && !/^0+$/.test(earlier);
    const items = known
      ? await this.compared(`${this.url}/compare/${earlier}...${after}`)
      : itemsOf(
          (
            await this.client.page(
              `${this.url}/commits?sha=${after}&per_page=${PAGE_SIZE}`,
            )
          ).body,
        );
    const paths = new Map(
      (payload.commits as unknown[])
        .map(objectAt)
        .map(commit => [commit.id, filesOf(commit)] as const),
    );
    return this.commits(
      origin,
      items.map(objectAt).map(item => ({
        ...item,
        ...(paths.get(item.sha) && { files: paths.get(item.sha) }),
      })),
    );
  }

  private async compared(url: string): Promise<unknown[]> {
    const items: unknown[] = [];
    let next: string | undefined = `${url}?per_page=${PAGE_SIZE}`;
    while (next !== undefined) {
      const page: Awaited<ReturnType<ApiClient['page']>> =
        await this.client.page(next);
      const { commits } = objectAt(page.body);
      items.push(...(Array.isArray(commits) ? commits : []));
      next = page.next;
    }
    return items;
  }

  private async commits(
    origin: JsonObject,
    items: Fields[],
  ): Promise<RawDeliveryEvent[]> {
    if (items.length === 0) {
      return [];
    }
    const commits: Fields[] = [];
    for (const item of items) {
      // Only single commits say what they touch, and only services that share a
      // repository need to know.
      const single =
        this.repository.monorepo && item.files === undefined
          ? objectAt(await this.client.find(`${this.url}/commits/${item.sha}`))
          : {};
      commits.push(leanCommit({ ...item, ...single }));
    }
    const ids = commits.map(
      ({ sha, files }) => `${sha}${files === undefined ? '' : '+'}`,
    );
    return [
      this.event(COMMITS, `commits ${deliveryDigest(...ids)}`, {
        ...origin,
        commits: commits as JsonValue,
      }),
    ];
  }

  private async pull(
    origin: JsonObject,
    pull: Fields,
  ): Promise<RawDeliveryEvent> {
    const url = `${this.url}/pulls/${pull.number}`;
    const commits = await this.client.all(
      `${url}/commits?per_page=${PAGE_SIZE}`,
    );
    const reviews = await this.client.all(
      `${url}/reviews?per_page=${PAGE_SIZE}`,
    );
    const made =
      looseText(pull.merge_commit_sha) &&
      (await this.client.find(`${this.url}/commits/${pull.merge_commit_sha}`));
    return this.event(PULL, `pull ${pull.number} ${pull.updated_at}`, {
      ...origin,
      pull_request: leanPull(pull) as JsonValue,
      commits: commits.map(item => leanCommit(objectAt(item))) as JsonValue,
      reviews: reviews.map(objectAt).map(({ id, state, submitted_at }) => ({
        id,
        state,
        submitted_at,
      })) as JsonValue,
      ...(made !== undefined &&
        made !== '' && {
          merge_commit: leanCommit(objectAt(made)) as JsonValue,
        }),
    });
  }

  private run(origin: JsonObject, run: Fields): RawDeliveryEvent[] {
    if (run.status !== 'completed') {
      return [];
    }
    const {
      repository: _,
      head_repository: __,
      head_commit: ___,
      ...kept
    } = run;
    return [
      this.event(
        'workflow_run',
        `run ${run.id} ${run.run_attempt} ${run.updated_at}`,
        { action: 'completed', ...origin, workflow_run: kept as JsonValue },
      ),
    ];
  }

  private async deployment(
    origin: JsonObject,
    deployment: Fields,
  ): Promise<RawDeliveryEvent[]> {
    const statuses = await this.client.all(
      `${this.url}/deployments/${deployment.id}/statuses?per_page=${PAGE_SIZE}`,
    );
    const about = { ...origin, deployment: deployment as JsonValue };
    return [
      this.event('deployment', `deployment ${deployment.id}`, about),
      ...statuses.map(objectAt).map(status =>
        this.event('deployment_status', `status ${status.id}`, {
          ...about,
          deployment_status: status as JsonValue,
        }),
      ),
    ];
  }

  private async release(
    origin: JsonObject,
    release: Fields,
  ): Promise<RawDeliveryEvent[]> {
    const tag = looseText(release.tag_name);
    if (!tag) {
      return [];
    }
    const { sha } = objectAt(
      await this.client.find(
        `${this.url}/commits/${encodeURIComponent(`tags/${tag}`)}`,
      ),
    );
    return [
      this.event(
        RELEASE,
        `release ${release.id} ${release.published_at} ${sha}`,
        {
          ...origin,
          release: release as JsonValue,
          ...(typeof sha === 'string' && { revision: sha }),
        },
      ),
    ];
  }

  /** @param standing - `former`: it was an incident, and was asked for since it seems to be none */
  private async issue(
    origin: JsonObject,
    issue: Fields,
    standing: { former?: true } = {},
  ): Promise<RawDeliveryEvent> {
    const events = await this.client.all(
      `${this.url}/issues/${issue.number}/events?per_page=${PAGE_SIZE}`,
    );
    // A label that is deleted leaves its issues without a new moment of change.
    const version = `issue ${issue.number} ${issue.updated_at}${
      standing.former ? ' former' : ''
    }`;
    return this.event(ISSUE, version, {
      ...origin,
      ...standing,
      issue: issue as JsonValue,
      events: events
        .map(objectAt)
        .filter(({ event }) => event === 'closed' || event === 'reopened')
        .map(({ id, event, created_at, commit_id }) => ({
          id,
          event,
          created_at,
          commit_id,
        })) as JsonValue,
    });
  }

  /** A listing read page by page, until it has nothing new or reaches what is old. */
  private step(
    name: string,
    path: string,
    read: (items: Fields[]) => Promise<RawDeliveryEvent[]>,
    isOld?: (item: Fields) => boolean,
    incidentsAmong?: (items: Fields[]) => number[],
  ): BackfillStep {
    return listingStep({
      client: this.client,
      name,
      url: `${this.url}${path}`,
      slug: this.repository.slug,
      nothing: NOTHING,
      read,
      isOld,
      incidentsAmong,
      logger: this.logger,
    });
  }

  private async each<T>(
    items: Fields[],
    read: (item: Fields) => Promise<T>,
  ): Promise<T[]> {
    const found: T[] = [];
    for (const item of items) {
      found.push(await read(item));
    }
    return found;
  }

  private origin(branch?: string): JsonObject {
    return {
      repository: {
        // As the catalog writes it: a renamed repository must still be found by it.
        full_name: this.repository.slug,
        ...(branch !== undefined && { default_branch: branch }),
        html_url: this.webUrl,
      },
    };
  }

  private event(event: string, id: string, data: JsonObject): RawDeliveryEvent {
    return {
      id: `${this.repository.host} ${this.repository.slug.toLowerCase()} ${id}`,
      source: API_SOURCE,
      type: typeOf(event),
      data: slimGithub(data),
      extensions: {},
      sample: false,
      receivedAt: this.now().toISOString(),
    };
  }
}

/** Whether a glob is the name of one label, by which issues can be listed. */
function isLiteral(glob: string): boolean {
  return !/[*?[\]{}!,]/.test(glob);
}

/** `owner/name` at the end of the address of a repository in the API. */
function repositoryNamed(url: unknown): string | undefined {
  return /\/repos\/([\w-]+\/(?!\.+$)[\w.-]+)$/.exec(looseText(url) ?? '')?.[1];
}

function before(value: unknown, moment: string): boolean {
  return typeof value === 'string' && Date.parse(value) < Date.parse(moment);
}

/** What is read of a commit; statistics and patches are not. */
function leanCommit(item: Fields): Fields {
  const { sha, commit, parents, files } = item;
  const { author, committer, message } = objectAt(commit);
  return {
    sha,
    commit: { author, committer, message },
    parents: (Array.isArray(parents) ? parents : []).map(parent => ({
      sha: objectAt(parent).sha,
    })),
    ...(Array.isArray(files) && {
      files: files.map(objectAt).map(({ filename, previous_filename }) => ({
        filename,
        ...(previous_filename !== undefined && { previous_filename }),
      })),
    }),
  };
}

/** A pull request without its repositories, which are in it twice. */
function leanPull(pull: Fields): Fields {
  const {
    number,
    title,
    body,
    html_url,
    created_at,
    updated_at,
    merged_at,
    merge_commit_sha,
    labels,
  } = pull;
  return {
    number,
    title,
    body,
    html_url,
    created_at,
    updated_at,
    merged_at,
    merge_commit_sha,
    labels,
  };
}

/** Files of a commit of a push, in the shape of the API. */
function filesOf(commit: Fields): { filename: unknown }[] | undefined {
  const lists = [commit.added, commit.removed, commit.modified];
  return lists.every(Array.isArray) &&
    lists.every(list => (list as unknown[]).length < 1_000)
    ? (lists as unknown[][]).flat().map(filename => ({ filename }))
    : undefined;
}
