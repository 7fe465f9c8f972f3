import { BackstageCredentials } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import {
  DataQualityNote,
  DEFINITION_VERSION,
  DeploymentChange,
  DeploymentChangesResponse,
  DeploymentDetailResponse,
  DeploymentKind,
  DeploymentListItem,
  DeploymentListResponse,
  environmentNotes,
  keptPart,
  LeadTimesResponse,
  MetricsQuery,
  MetricsResponse,
  notesOfList,
  ServicesResponse,
} from '@pavedroad/plugin-dora-common';
import { ScopeResolver } from '../catalog/ScopeResolver';
import { EXCLUDED_OF_CODE } from '../database/codes';
import { digestKey } from '../database/keys';
import { DeploymentSearch } from '../database/deploymentSearch';
import {
  ChangePosition,
  ListPosition,
  ListRow,
  ExcludedChanges,
  QueryStore,
  ResolvedScope,
  StoredChange,
} from '../database/QueryStore';
import { AnswerCache } from './AnswerCache';
import { CsvPage } from './csv';
import { DeliveryFigures } from './DeliveryFigures';
import { LiveNotes } from './LiveNotes';
import { OnCallClient } from './OnCallClient';
import { iso, listItem, presentAttributions, presentChange } from './present';

/** Changes shown with one deployment. A release may bring tens of thousands: the rest come by page, or as CSV. */
export const MAX_DETAIL_CHANGES = 500;

/** Rows of a file that are read at once. */
const CSV_PAGE = 1_000;

/** Changes of a file that are read at once: each time, all changes of the deployment are put in order. */
const CSV_CHANGES = 10_000;

/** Buckets of series kept in answers, all together: some tens of megabytes. */
const CACHED_BUCKETS = 10_000;

/** Deployments that one request looks through for what it searches: some tenths of a second. */
const SEARCH_BUDGET = 10_000;

/** A question for deployments: the window and scope of metrics, and filters. */
export interface DeploymentQuery extends MetricsQuery {
  outcome?: 'ok' | 'failed';
  kind?: DeploymentKind;
  failureData: boolean;
  rework: boolean;
  attempts: boolean;
  /** Only this service of the scope. */
  service?: string;
  search?: DeploymentSearch;
}

/**
 * Answers questions about delivery. Everybody sees what the catalog shows them:
 * scopes are resolved with the asker's credentials.
 */
export class MetricsService {
  /** The same question about the same facts has the same answer. */
  private readonly answers = new AnswerCache<MetricsResponse>(
    CACHED_BUCKETS,
    ({ series }) => 5 + series.length,
  );

  static create(options: {
    store: QueryStore;
    scopes: ScopeResolver;
    catalog: CatalogService;
    onCall: OnCallClient;
    notes: LiveNotes;
    figures: DeliveryFigures;
  }): MetricsService {
    return new MetricsService(
      options.store,
      options.scopes,
      options.catalog,
      options.onCall,
      options.notes,
      options.figures,
    );
  }

  private constructor(
    private readonly store: QueryStore,
    private readonly scopes: ScopeResolver,
    private readonly catalog: CatalogService,
    private readonly onCall: OnCallClient,
    private readonly notes: LiveNotes,
    private readonly figures: DeliveryFigures,
  ) {}

  async metrics(
    query: MetricsQuery,
    credentials: BackstageCredentials,
  ): Promise<MetricsResponse> {
    const scope = await this.scopes.resolve(query.entityRef, credentials);
    const other =
      query.compareEntityRef === undefined
        ? undefined
        : await this.scopes.resolve(query.compareEntityRef, credentials);
    // Before the facts: what is counted in between is then said to be pending,
    // and never the other way round.
    const notes = await this.notes.of(
      other
        ? {
            ...scope,
            services: [...new Set([...scope.services, ...other.services])],
          }
        : scope,
      Math.min(query.from, query.compareFrom),
    );
    const resolved = keptOf(
      await this.store.resolveScope(scope.services, query.environment),
      notes,
    );
    const otherResolved =
      other &&
      keptOf(
        await this.store.resolveScope(other.services, query.environment),
        notes,
      );
    const question = {
      ...query,
      entityRef: scope.entityRef,
      ...(other && { compareEntityRef: other.entityRef }),
    };
    const answer = await this.answers.get(
      digestKey(
        JSON.stringify(question),
        digestOf(scope.services),
        other ? digestOf(other.services) : '',
        resolved.version,
        otherResolved?.version ?? '',
        // What is kept moves on by the day, and a service that had nothing before may get something.
        JSON.stringify(notes.filter(({ code }) => code === 'beyond_retention')),
      ),
      () => this.figures.metrics(resolved, otherResolved, question),
    );
    return withNotes(answer, [...notes, ...placeNotes(resolved)]);
  }

  /** How the lead times of a scope and window are distributed. */
  async leadTimes(
    query: MetricsQuery,
    credentials: BackstageCredentials,
  ): Promise<LeadTimesResponse> {
    const scope = await this.scopes.resolve(query.entityRef, credentials);
    const notes = await this.notes.of(scope, query.from);
    const resolved = keptOf(
      await this.store.resolveScope(scope.services, query.environment),
      notes,
    );
    const answer = await this.figures.leadTimes(resolved, {
      ...query,
      entityRef: scope.entityRef,
    });
    return withNotes(answer, [...notes, ...placeNotes(resolved)]);
  }

  /** The metrics of each service of a scope by itself, over one window. */
  async services(
    query: MetricsQuery,
    credentials: BackstageCredentials,
  ): Promise<ServicesResponse> {
    const scope = await this.scopes.resolve(query.entityRef, credentials);
    const dataQuality = await this.notes.ofRows(scope.services, query.from);
    const resolved = keptOf(
      await this.store.resolveScope(scope.services, query.environment),
      dataQuality,
    );
    const items = await this.figures.services(resolved, query);
    const notes = [...dataQuality, ...placeNotes(resolved)];
    return {
      items,
      ...(notes.length > 0 && { dataQuality: notes }),
      definition: {
        version: DEFINITION_VERSION,
        environment: query.environment,
      },
    };
  }

  async deployments(
    query: DeploymentQuery,
    page: { limit: number; after?: ListPosition },
    credentials: BackstageCredentials,
  ): Promise<{
    response: DeploymentListResponse;
    next?: ListPosition;
  }> {
    const scope = await this.scopes.resolve(query.entityRef, credentials);
    const services =
      query.service === undefined
        ? scope.services
        : scope.services.filter(ref => ref === query.service);
    const dataQuality = await this.notes.ofRows(services, query.from);
    const resolved = keptOf(
      await this.store.resolveScope(services, query.environment),
      dataQuality,
    );
    const filter = {
      window: keptPart(resolved.services, { from: query.from, to: query.to }),
      outcome: query.outcome,
      kind: query.kind,
      failureData: query.failureData,
      rework: query.rework,
      attempts: query.attempts,
      search: query.search,
    };
    const downTo =
      filter.search &&
      (await this.store.searchHorizon(resolved, filter, {
        budget: SEARCH_BUDGET,
        after: page.after,
      }));
    const [rows, totalItems] = await Promise.all([
      this.store.list(resolved, filter, { ...page, downTo }),
      page.after || filter.search
        ? undefined
        : this.figures.count(resolved, filter),
    ]);
    const full = rows.length > page.limit;
    const items = rows.slice(0, page.limit).map(listItem);
    const last = items[items.length - 1];
    return {
      response: {
        items,
        ...(totalItems !== undefined && { totalItems }),
        ...(!full && downTo && { searchedBackTo: iso(downTo.finishedAt) }),
        ...(dataQuality.length > 0 && {
          dataQuality: notesOfList(dataQuality),
        }),
        definition: {
          version: DEFINITION_VERSION,
          environment: query.environment,
        },
        sampleData: resolved.services.some(({ sample }) => sample),
      },
      next: full
        ? { finishedAt: Date.parse(last.finishedAt), key: last.id }
        : downTo,
    };
  }

  /** Every deployment of a question, page by page, each with why rows may be missing. */
  async *allDeployments(
    query: DeploymentQuery,
    credentials: BackstageCredentials,
  ): AsyncGenerator<CsvPage<DeploymentListItem>> {
    let after: ListPosition | undefined;
    do {
      const { response, next } = await this.deployments(
        query,
        { limit: CSV_PAGE, after: after ?? { finishedAt: query.to, key: '' } },
        credentials,
      );
      yield response;
      after = next;
    } while (after);
  }

  /** @throws NotFoundError when there is no such deployment, or its service is not shown to the asker */
  async deployment(
    id: string,
    credentials: BackstageCredentials,
  ): Promise<DeploymentDetailResponse> {
    const row = await this.visible(id, credentials);
    const dataQuality = await this.notes.ofRows([row.serviceRef], Infinity);
    const noted = dataQuality.length > 0 && { dataQuality };
    const item = listItem(row);
    const definition = { version: DEFINITION_VERSION };
    const onCall = await this.onCall.onCallAt(
      row.serviceRef,
      item.finishedAt,
      credentials,
    );
    if ('attempt' in row) {
      return {
        ...item,
        first: false,
        attempts: [attemptSummary(row.attempt)],
        changeRows: [],
        excludedChanges: [],
        attributions: presentAttributions(
          await this.store.attributions(row.serviceRef, [row.attempt.id]),
        ),
        ...(onCall && { onCall }),
        ...noted,
        definition,
      };
    }
    const { deployment } = row;
    const [attempts, { changes, excluded }, attributions, { previous, next }] =
      await Promise.all([
        this.store.attempts(row.serviceRef, deployment.members),
        this.firstChanges(row.serviceRef, deployment.id),
        this.store.attributions(row.serviceRef, deployment.members),
        this.store.neighbours(deployment),
      ]);
    const position = new Map(
      deployment.members.map((member, index) => [member, index]),
    );
    return {
      ...item,
      reworkReason: deployment.reworkReason,
      first: deployment.first,
      attempts: attempts
        .sort((a, b) => position.get(a.id)! - position.get(b.id)!)
        .map(attemptSummary),
      changeRows: changes.map(presentChange),
      excludedChanges: excluded,
      attributions: presentAttributions(attributions),
      ...(previous && { previous: neighbour(previous) }),
      ...(next && { next: neighbour(next) }),
      ...(deployment.recoveredAt !== undefined && {
        recoveredAt: iso(deployment.recoveredAt),
      }),
      recoveryClamped: deployment.recoveryClamped,
      ...(onCall && { onCall }),
      ...noted,
      definition,
    };
  }

  /** The changes that are shown with a deployment, and what of all of them is left out of lead times: counted here, if these are all. */
  private async firstChanges(
    serviceRef: string,
    deployment: string,
  ): Promise<{ changes: StoredChange[]; excluded: ExcludedChanges[] }> {
    const changes = await this.store.changes(serviceRef, deployment, {
      limit: MAX_DETAIL_CHANGES,
    });
    return {
      changes,
      excluded:
        changes.length < MAX_DETAIL_CHANGES
          ? excludedOf(changes)
          : await this.store.excludedChanges(serviceRef, deployment),
    };
  }

  /**
   * Changes of a deployment by commit time, a page at a time; none of an attempt that did not reach its environment.
   *
   * @throws NotFoundError when there is no such deployment, or its service is not shown to the asker
   */
  async changes(
    id: string,
    page: { limit: number; after?: ChangePosition },
    credentials: BackstageCredentials,
  ): Promise<{ response: DeploymentChangesResponse; next?: ChangePosition }> {
    const row = await this.visible(id, credentials);
    const dataQuality = await this.notes.ofRows([row.serviceRef], Infinity);
    const rows =
      'attempt' in row
        ? []
        : await this.store.changes(row.serviceRef, row.deployment.id, {
            ...page,
            limit: page.limit + 1,
          });
    const shown = rows.slice(0, page.limit);
    const { id: deploymentId, serviceRef, changes, sampleData } = listItem(row);
    return {
      response: {
        deployment: { id: deploymentId, serviceRef },
        items: shown.map(presentChange),
        totalItems: changes,
        ...(dataQuality.length > 0 && { dataQuality }),
        definition: { version: DEFINITION_VERSION },
        sampleData,
      },
      ...(rows.length > page.limit && { next: shown[shown.length - 1] }),
    };
  }

  /** Every change of a deployment, page by page. */
  async *allChanges(
    id: string,
    credentials: BackstageCredentials,
  ): AsyncGenerator<CsvPage<DeploymentChange> & DeploymentChangesResponse> {
    let after: ChangePosition | undefined;
    do {
      const { response, next } = await this.changes(
        id,
        { limit: CSV_CHANGES, after },
        credentials,
      );
      yield response;
      after = next;
    } while (after);
  }

  /** @throws NotFoundError when there is no such deployment, or its service is not shown to the asker */
  private async visible(
    id: string,
    credentials: BackstageCredentials,
  ): Promise<ListRow> {
    const row = await this.store.find(id);
    const entity =
      row &&
      (await this.catalog.getEntityByRef(row.serviceRef, { credentials }));
    if (!row || !entity) {
      throw new NotFoundError(`There is no deployment ${id}`);
    }
    return row;
  }
}

/** Digests of lists of services, which are the same list as long as the scope is remembered. */
const digests = new WeakMap<readonly string[], string>();

function digestOf(services: readonly string[]): string {
  const digest = digests.get(services) ?? digestKey(...services);
  digests.set(services, digest);
  return digest;
}

/** A scope whose services say from when they are kept, where a note says that the question reaches back further. */
function keptOf(
  scope: ResolvedScope,
  notes: readonly DataQualityNote[],
): ResolvedScope {
  const note = notes.find(({ code }) => code === 'beyond_retention');
  if (!note?.since) {
    return scope;
  }
  const keptFrom = Date.parse(note.since);
  const beyond = new Set(note.services);
  return {
    ...scope,
    services: scope.services.map(row =>
      beyond.has(row.serviceRef) ? { ...row, keptFrom } : row,
    ),
  };
}

function placeNotes({ services, everDeployedTo }: ResolvedScope) {
  return environmentNotes(services, everDeployedTo);
}

function withNotes<T extends { dataQuality: DataQualityNote[] }>(
  answer: T,
  notes: DataQualityNote[],
): T {
  return notes.length === 0
    ? answer
    : { ...answer, dataQuality: [...answer.dataQuality, ...notes] };
}

/** As {@link QueryStore.excludedChanges} counts them. */
function excludedOf(changes: readonly StoredChange[]): ExcludedChanges[] {
  return [...EXCLUDED_OF_CODE.values()]
    .map(reason => ({
      reason,
      changes: changes.filter(({ excluded }) => excluded === reason).length,
    }))
    .filter(counted => counted.changes > 0)
    .sort((a, b) => b.changes - a.changes);
}

function neighbour({ key, finishedAt }: ListPosition) {
  return { id: key, finishedAt: iso(finishedAt) };
}

function attemptSummary(attempt: {
  id: string;
  environment: string;
  finishedAt?: string;
  status: 'succeeded' | 'failed' | 'unfinished';
  url?: string;
}): DeploymentDetailResponse['attempts'][number] {
  const { id, environment, finishedAt, status, url } = attempt;
  return { id, environment, finishedAt, status, url };
}
