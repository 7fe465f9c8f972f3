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
  isCommitId,
  itemsOf,
  listingStep,
  looseText,
  matchesAny,
  objectAt,
  RawDeliveryEvent,
} from '@pavedroad/plugin-dora-node';
import {
  COMMITS,
  COVERED,
  DEPLOYMENT,
  GONE,
  ISSUE,
  JOBS,
  MERGE_REQUEST,
  RELEASE,
} from './normalise';
import { GitlabReading } from './options';
import { Fields, labelNames } from './read';
import { API_SOURCE, slimGitlab, typeOf } from './webhook';

const PAGE_SIZE = 100;
/** A pipeline may end this long after it began, in milliseconds. */
const LOOKBACK = 3 * 86_400_000;
/** Answers that mean there is nothing to read, or no right to. */
const NOTHING = [403, 404, 410, 451];
/** Access level of the role that sees every issue, confidential ones as well. */
const REPORTER = 20;

/** Where a project lies and how to ask for it. */
export interface GitlabAccess {
  /** Such as `https://gitlab.com/api/v4`. */
  apiBaseUrl: string;
  /** Such as `https://gitlab.com`. */
  webBaseUrl: string;
  client: ApiClient;
}

/** What GitLab's API tells of one project, as raw events. */
export class GitlabApi {
  static create(options: {
    access: GitlabAccess;
    repository: BackfillRepository;
    reading: GitlabReading;
    logger: LoggerService;
    now?: () => Date;
  }): GitlabApi {
    const { access, repository, reading, logger } = options;
    return new GitlabApi(
      access.client,
      `${access.apiBaseUrl}/projects/${encodeURIComponent(repository.slug)}`,
      repository,
      `${access.webBaseUrl}/${repository.slug}`,
      reading,
      logger,
      options.now ?? (() => new Date()),
    );
  }

  private constructor(
    private readonly client: ApiClient,
    private readonly url: string,
    private readonly repository: BackfillRepository,
    private readonly webUrl: string,
    private readonly reading: GitlabReading,
    private readonly logger: LoggerService,
    private readonly now: () => Date,
  ) {}

  /**
   * The listings of the project from a moment on.
   *
   * @param incidents - numbers of the issues that are known as incidents; `undefined` when nobody looked for them yet
   * @throws ApiError when the project cannot be read at all
   */
  async plan(
    from: string,
    incidents?: readonly number[],
  ): Promise<BackfillPlan> {
    const about = objectAt((await this.client.page(this.url)).body);
    const branch = looseText(about.default_branch) ?? 'main';
    const origin = this.origin(branch);
    const seesAll = seesEveryIssue(about);
    const query = (parameters: Record<string, string>) =>
      new URLSearchParams({ ...parameters, per_page: String(PAGE_SIZE) });
    // Newest first: what changes meanwhile comes twice instead of never.
    const changed = {
      updated_after: from,
      order_by: 'updated_at',
      sort: 'desc',
    };
    const { incidentsComplete, releases } = this.reading;
    const began = new Date(Date.parse(from) - LOOKBACK).toISOString();
    let tiers: Map<unknown, unknown> | undefined;

    const steps: (BackfillStep | undefined)[] = [
      this.step(
        'commits',
        `/repository/commits?${query({ ref_name: branch, since: from })}`,
        items => this.commits(origin, items),
      ),
      this.step(
        'merge requests',
        `/merge_requests?${query({ ...changed, state: 'merged' })}`,
        items => this.each(items, item => this.mergeRequest(origin, item)),
      ),
      this.step(
        'pipelines',
        `/pipelines?${query({
          updated_after: began,
          order_by: 'id',
          sort: 'desc',
          scope: 'finished',
        })}`,
        items =>
          this.each(
            items.filter(item => item.source !== 'merge_request_event'),
            item => this.pipeline(origin, item),
          ),
      ),
      this.step(
        'deployments',
        `/deployments?${query(changed)}`,
        async items => {
          tiers ??= await this.tiers();
          return items.map(item => this.deployment(origin, item, tiers!));
        },
      ),
      releases &&
        this.step(
          'releases',
          `/releases?${query({ order_by: 'released_at', sort: 'desc' })}`,
          async items => items.map(item => this.release(origin, item)),
          item => before(item.released_at, from),
        ),
      this.step(
        'incidents',
        `/issues?${query({ ...changed, scope: 'all', state: 'all' })}`,
        items =>
          this.each(
            items.filter(item => this.isIncident(item)),
            item => this.issue(origin, item),
          ),
        undefined,
        items =>
          items
            .filter(item => this.isIncident(item))
            .map(({ iid }) => Number(iid)),
      ),
      formerIncidentsStep({
        client: this.client,
        known: issuesAreOff(about) ? [] : incidents,
        slug: this.repository.slug,
        nothing: NOTHING,
        listings: async () =>
          [
            { issue_type: 'incident' },
            ...(await this.incidentLabels()).map(labels => ({ labels })),
          ].map(
            which =>
              `${this.url}/issues?${query({
                ...which,
                scope: 'all',
                state: 'all',
              })}`,
          ),
        numberOf: ({ iid }) => iid,
        ask: async number => this.former(origin, number, seesAll),
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
    const project = objectAt(payload.project);
    const origin = this.origin(looseText(project.default_branch) ?? 'main');
    const about = objectAt(payload.object_attributes);
    const kind = payload.object_kind;
    if (kind === 'merge_request' && about.action === 'merge') {
      const { iid } = about;
      const found = await this.client.find(
        `${this.url}/merge_requests/${Number(iid)}`,
      );
      return found === undefined
        ? []
        : [await this.mergeRequest(origin, objectAt(found))];
    }
    const { labels = about.labels } = payload;
    if (
      kind === 'issue' &&
      about.action === 'close' &&
      this.isIncident({ ...about, issue_type: about.type, labels })
    ) {
      // An issue that moves to another project is closed first, and then told where it went.
      const found = objectAt(
        await this.client.find(`${this.url}/issues/${Number(about.iid)}`),
      );
      return found.moved_to_id ? [await this.issue(origin, found)] : [];
    }
    return kind === 'push' ? this.pushed(origin, payload) : [];
  }

  private isIncident(about: Fields): boolean {
    return (
      looseText(about.issue_type)?.toLowerCase() === 'incident' ||
      labelNames(about.labels).some(name =>
        matchesAny(name, this.reading.incidentLabels),
      )
    );
  }

  /** Names of the labels that make an issue an incident: issues are listed by one label at a time. */
  private async incidentLabels(): Promise<string[]> {
    const { incidentLabels } = this.reading;
    if (incidentLabels.length === 0) {
      return [];
    }
    // Also where no glob is a pattern: GitLab minds the case of a label, the globs do not.
    const labels = await this.client.all(
      `${this.url}/labels?per_page=${PAGE_SIZE}`,
    );
    return labels
      .flatMap(label => looseText(objectAt(label).name) ?? [])
      .filter(name => matchesAny(name, incidentLabels));
  }

  /**
   * What became of an issue that was an incident; `undefined` when it is one still, or nobody may know. One that was moved
   * to another project stays, closed, and says so itself.
   *
   * @param seesAll - the token sees every issue there is: what it does not find was deleted
   */
  private async former(
    origin: JsonObject,
    iid: number,
    seesAll: boolean,
  ): Promise<RawDeliveryEvent[] | undefined> {
    let found: unknown;
    try {
      found = (await this.client.page(`${this.url}/issues/${iid}`)).body;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404 && seesAll) {
        const at = this.now().toISOString();
        return [
          // With the moment: it may be seen again, and go again.
          this.event(GONE, `issue ${iid} gone ${at}`, {
            ...origin,
            issue: { iid },
            at,
          }),
        ];
      }
      if (error instanceof ApiError && NOTHING.includes(error.status)) {
        return undefined;
      }
      throw error;
    }
    const about = objectAt(found);
    return this.isIncident(about)
      ? undefined
      : [await this.issue(origin, about, { former: true })];
  }

  private async pushed(
    origin: JsonObject,
    payload: Fields,
  ): Promise<RawDeliveryEvent[]> {
    const { default_branch: branch } = objectAt(payload.project);
    const earlier = looseText(payload.before);
    const after = looseText(payload.after);
    if (
      payload.ref !== `refs/heads/${branch}` ||
      !isCommitId(after) ||
      /^0+$/.test(after)
    ) {
      return [];
    }
    const known = isCommitId(earlier) && !/^0+$/.test(earlier);
    const body = known
      ? objectAt(
          await this.client.find(
            `${this.url}/repository/compare?from=${earlier}&to=${after}`,
          ),
        ).commits
      : itemsOf(
          await this.client.find(
            `${this.url}/repository/commits?ref_name=${after}&per_page=${PAGE_SIZE}`,
          ),
        );
    const paths = new Map(
      (Array.isArray(payload.commits) ? payload.commits : [])
        .map(objectAt)
        .map(commit => [commit.id, pathsOf(commit)] as const),
    );
    return this.commits(
      origin,
      (Array.isArray(body) ? body : []).map(objectAt).map(item => ({
        ...item,
        ...(paths.get(item.id) && { paths: paths.get(item.id) }),
      })),
    );
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
      // Only services that share a repository need to know what a commit touches.
      const paths =
        this.repository.monorepo && item.paths === undefined
          ? await this.touched(item.id)
          : item.paths;
      commits.push(leanCommit({ ...item, paths }));
    }
    const ids = commits.map(
      ({ id, paths }) => `${id}${paths === undefined ? '' : '+'}`,
    );
    return [
      this.event(COMMITS, `commits ${deliveryDigest(...ids)}`, {
        ...origin,
        commits: commits as JsonValue,
      }),
    ];
  }

  private async touched(id: unknown): Promise<string[]> {
    const files = await this.client.all(
      `${this.url}/repository/commits/${id}/diff?per_page=${PAGE_SIZE}`,
    );
    return files
      .map(objectAt)
      .flatMap(({ old_path, new_path }) => [old_path, new_path])
      .filter((path): path is string => typeof path === 'string');
  }

  private async mergeRequest(
    origin: JsonObject,
    about: Fields,
  ): Promise<RawDeliveryEvent> {
    const url = `${this.url}/merge_requests/${about.iid}`;
    const commits = await this.client.all(
      `${url}/commits?per_page=${PAGE_SIZE}`,
    );
    const notes = await this.client.all(
      `${url}/notes?sort=asc&order_by=created_at&per_page=${PAGE_SIZE}`,
    );
    const made = looseText(about.merge_commit_sha ?? about.sha);
    const mergeCommit = isCommitId(made)
      ? await this.client.find(`${this.url}/repository/commits/${made}`)
      : undefined;
    const {
      iid,
      title,
      description,
      web_url,
      created_at,
      updated_at,
      merged_at,
      merge_commit_sha,
      squash_commit_sha,
      sha,
      labels,
    } = about;
    return this.event(MERGE_REQUEST, `merge request ${iid} ${updated_at}`, {
      ...origin,
      merge_request: {
        iid,
        title,
        description,
        web_url,
        created_at,
        updated_at,
        merged_at,
        merge_commit_sha,
        squash_commit_sha,
        sha,
        labels,
      } as JsonValue,
      // Newest first, as GitLab lists them.
      commits: commits
        .map(item => leanCommit(objectAt(item)))
        .reverse() as JsonValue,
      notes: notes
        .map(objectAt)
        .filter(({ system }) => system === true)
        .map(({ id, system, body, created_at: at }) => ({
          id,
          system,
          body: typeof body === 'string' ? body.slice(0, 200) : undefined,
          created_at: at,
        })) as JsonValue,
      ...(mergeCommit !== undefined && {
        merge_commit: leanCommit(objectAt(mergeCommit)) as JsonValue,
      }),
    });
  }

  private async pipeline(
    origin: JsonObject,
    about: Fields,
  ): Promise<RawDeliveryEvent> {
    const jobs = await this.client.all(
      `${this.url}/pipelines/${about.id}/jobs?per_page=${PAGE_SIZE}`,
    );
    const { id, sha, ref, source, updated_at } = about;
    return this.event(JOBS, `pipeline ${id} ${updated_at}`, {
      ...origin,
      pipeline: { id, sha, ref, source } as JsonValue,
      jobs: jobs.map(objectAt).map(job => ({
        id: job.id,
        name: job.name,
        stage: job.stage,
        status: job.status,
        started_at: job.started_at,
        finished_at: job.finished_at,
        web_url: job.web_url,
        environment: job.environment,
      })) as JsonValue,
    });
  }

  /** Tier of each environment: the listing of deployments does not say it. */
  private async tiers(): Promise<Map<unknown, unknown>> {
    try {
      const environments = await this.client.all(
        `${this.url}/environments?per_page=${PAGE_SIZE}`,
      );
      return new Map(
        environments.map(objectAt).map(({ name, tier }) => [name, tier]),
      );
    } catch (error) {
      if (error instanceof ApiError && NOTHING.includes(error.status)) {
        return new Map();
      }
      throw error;
    }
  }

  private deployment(
    origin: JsonObject,
    about: Fields,
    tiers: Map<unknown, unknown>,
  ): RawDeliveryEvent {
    const environment = objectAt(about.environment);
    const deployable = objectAt(about.deployable);
    const { id, sha, status, created_at, updated_at } = about;
    return this.event(DEPLOYMENT, `deployment ${id} ${updated_at}`, {
      ...origin,
      deployment: {
        id,
        sha,
        status,
        created_at,
        updated_at,
        environment: {
          name: environment.name,
          tier: environment.tier ?? tiers.get(environment.name),
        },
        deployable: {
          id: deployable.id,
          started_at: deployable.started_at,
          finished_at: deployable.finished_at,
          web_url: deployable.web_url,
        },
      } as JsonValue,
    });
  }

  private release(origin: JsonObject, about: Fields): RawDeliveryEvent {
    const { tag_name, released_at, created_at, commit, _links } = about;
    const { id } = objectAt(commit);
    return this.event(RELEASE, `release ${tag_name} ${released_at} ${id}`, {
      ...origin,
      release: {
        tag_name,
        released_at,
        created_at,
        commit: { id },
        _links: { self: objectAt(_links).self },
      } as JsonValue,
    });
  }

  /** @param standing - `former`: it was an incident, and was asked for since it seems to be none */
  private async issue(
    origin: JsonObject,
    about: Fields,
    standing: { former?: true } = {},
  ): Promise<RawDeliveryEvent> {
    const events = await this.client.all(
      `${this.url}/issues/${about.iid}/resource_state_events?per_page=${PAGE_SIZE}`,
    );
    // A label that is deleted leaves its issues without a new moment of change.
    const version = `issue ${about.iid} ${about.updated_at}${
      standing.former ? ' former' : ''
    }`;
    return this.event(ISSUE, version, {
      ...origin,
      ...standing,
      issue: about as JsonObject,
      events: events.map(objectAt).map(({ id, state, created_at }) => ({
        id,
        state,
        created_at,
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

  private origin(branch: string): JsonObject {
    return {
      project: {
        // As the catalog writes it: a renamed project must still be found by it.
        path_with_namespace: this.repository.slug,
        default_branch: branch,
        web_url: this.webUrl,
      },
    };
  }

  private event(kind: string, id: string, data: JsonObject): RawDeliveryEvent {
    return {
      id: `${this.repository.host} ${this.repository.slug.toLowerCase()} ${id}`,
      source: API_SOURCE,
      type: typeOf(kind),
      // Through JSON: exactly what the inbox gives back to a replay.
      data: slimGitlab(JSON.parse(JSON.stringify(data))),
      extensions: {},
      sample: false,
      receivedAt: this.now().toISOString(),
    };
  }
}

/** Whether the issues of a project are switched off: nobody can read them then, and they come back with the setting. */
function issuesAreOff(project: Fields): boolean {
  return (
    project.issues_enabled === false ||
    project.issues_access_level === 'disabled'
  );
}

/** GitLab answers 404 both for what is not there and for what a token may not see, such as confidential issues. */
function seesEveryIssue(project: Fields): boolean {
  const { project_access, group_access } = objectAt(project.permissions);
  return [project_access, group_access].some(
    access => Number(objectAt(access).access_level) >= REPORTER,
  );
}

function before(value: unknown, moment: string): boolean {
  return typeof value === 'string' && Date.parse(value) < Date.parse(moment);
}

/** What is read of a commit. */
function leanCommit(item: Fields): Fields {
  const {
    id,
    parent_ids,
    title,
    message,
    authored_date,
    committed_date,
    author_name,
    author_email,
    paths,
  } = item;
  return {
    id,
    parent_ids,
    title,
    message,
    authored_date,
    committed_date,
    author_name,
    author_email,
    ...(paths !== undefined && { paths }),
  };
}

/** Paths that a commit of a push touches, when it tells them all. */
function pathsOf(commit: Fields): string[] | undefined {
  const lists = [commit.added, commit.removed, commit.modified];
  return lists.every(Array.isArray) &&
    lists.every(list => (list as unknown[]).length < 1_000)
    ? (lists as string[][]).flat()
    : undefined;
}
