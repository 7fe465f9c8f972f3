import {
  answerLeadTimes,
  answerMetrics,
  calendarBuckets,
  figuresOf,
  keptPart,
  leadTimesOfColumns,
  LeadTimesResponse,
  metricsOfColumns,
  MetricsParts,
  MetricsQuery,
  MetricsResponse,
  partsOfColumns,
  RollupSketch,
  ServiceFigures,
  ServiceRow,
  Span,
  spanIndex,
  summariseWindow,
  withScratch,
  WindowSummary,
} from '@pavedroad/plugin-dora-common';
import { ListFilter, QueryStore, ResolvedScope } from '../database/QueryStore';
import { RollupReader } from '../database/RollupReader';

/**
 * Up to this many deployments in the windows asked for, figures are computed from the rows themselves; above, from sketches.
 * A single service is always computed from its rows.
 */
export const EXACT_DEPLOYMENTS = 5_000;

/** Rows of a list of at most this many services are counted; of more, rollups know. */
const COUNTED_SERVICES = 20;
/** In scopes of at most this many services it is worth asking first whether there are few rows. */
const ASKED_SERVICES = 200;

type Side = Pick<MetricsParts, 'current' | 'series' | 'unattributedIncidents'>;

/** Sketches of a window, its buckets and the window it is compared with, and the days on which something was deployed. */
interface SketchedWindow {
  current: RollupSketch;
  earlier?: RollupSketch;
  series: RollupSketch[];
  deployingDays: Set<number>;
  /** To be called once nothing will be read from these sketches or their summaries. */
  release(): void;
}

/** Computes figures, from rows where they are few and from rollups where they are many. */
export class DeliveryFigures {
  static create(options: {
    store: QueryStore;
    rollups: RollupReader;
    /** Up to how many deployments the rows themselves are taken; {@link EXACT_DEPLOYMENTS} unless told. */
    exactDeployments?: number;
  }): DeliveryFigures {
    return new DeliveryFigures(
      options.store,
      options.rollups,
      options.exactDeployments ?? EXACT_DEPLOYMENTS,
    );
  }

  private constructor(
    private readonly store: QueryStore,
    private readonly rollups: RollupReader,
    private readonly exactDeployments: number,
  ) {}

  /** @param other - the scope to compare with, when that is another one */
  async metrics(
    scope: ResolvedScope,
    other: ResolvedScope | undefined,
    query: MetricsQuery,
  ): Promise<MetricsResponse> {
    const window = { from: query.from, to: query.to };
    const compared = { from: query.compareFrom, to: query.compareTo };
    if (other) {
      const [side, otherSide] = await Promise.all([
        this.side(scope, query),
        this.side(other, {
          ...query,
          ...compared,
          // One bucket, which nobody asks for.
          interval: 'month',
        }),
      ]);
      return answerMetrics(
        {
          services: scope.services,
          ...side,
          earlier: otherSide.current,
          otherServices: other.services,
        },
        query,
      );
    }
    const buckets = bucketsOf(query);
    const sketched = await this.sketch(
      scope,
      { window, buckets, compared },
      query.timeZone,
    );
    if (!sketched) {
      const columns = await this.store.metricsColumns(scope, [
        keptPart(scope.services, window),
        keptPart(scope.services, compared),
      ]);
      return withScratch(() => metricsOfColumns(columns(), query));
    }
    const { current, earlier, series } = sketched;
    const unattributedIncidents = await this.store.countUnattributed(
      scope,
      keptPart(scope.services, window),
    );
    const answer = withScratch(() =>
      answerMetrics(
        {
          services: scope.services,
          current: windowOf(current, sketched),
          earlier: windowOf(earlier!, sketched),
          series: series.map((sketch, i) => ({
            span: buckets[i],
            summary: sketch.summary({ stages: false }),
          })),
          unattributedIncidents,
        },
        query,
      ),
    );
    sketched.release();
    return answer;
  }

  /** What is compared with another scope; its sketches are read when both are there, and never given back. */
  private async side(scope: ResolvedScope, query: MetricsQuery): Promise<Side> {
    const window = { from: query.from, to: query.to };
    const buckets = bucketsOf(query);
    const sketched = await this.sketch(
      scope,
      { window, buckets },
      query.timeZone,
    );
    if (!sketched) {
      const kept = keptPart(scope.services, window);
      const columns = await this.store.metricsColumns(scope, [kept, kept]);
      return partsOfColumns(columns(), query);
    }
    const { current, series } = sketched;
    return {
      current: windowOf(current, sketched),
      series: series.map((sketch, i) => ({
        span: buckets[i],
        summary: sketch.summary({ stages: false }),
      })),
      unattributedIncidents: await this.store.countUnattributed(
        scope,
        keptPart(scope.services, window),
      ),
    };
  }

  async leadTimes(
    scope: ResolvedScope,
    query: MetricsQuery,
  ): Promise<LeadTimesResponse> {
    const window = { from: query.from, to: query.to };
    const sketched = await this.sketch(
      scope,
      { window, buckets: [window] },
      query.timeZone,
    );
    if (!sketched) {
      const kept = keptPart(scope.services, window);
      const columns = await this.store.metricsColumns(scope, [kept, kept]);
      return withScratch(() => leadTimesOfColumns(columns(), query));
    }
    const { current: sketch } = sketched;
    const answer = withScratch(() =>
      answerLeadTimes(
        {
          services: scope.services,
          summary: sketch.summary({ stages: false }),
          bucketCounts: sketch.leadBuckets,
        },
        query,
      ),
    );
    sketched.release();
    return answer;
  }

  /** The figures of each service by itself, in the order of the scope. */
  async services(
    scope: ResolvedScope,
    query: MetricsQuery,
  ): Promise<ServiceFigures[]> {
    const { label, idOf } = scope;
    const window = keptPart(scope.services, {
      from: query.from,
      to: query.to,
    });
    const few =
      !label ||
      (await this.store.countUpTo(
        scope,
        [window],
        this.exactDeployments + 1,
      )) <= this.exactDeployments;
    if (few) {
      const byService = await this.store.deploymentsByService(scope, window);
      return byService.map(({ service, deployments }) =>
        withScratch(() =>
          figuresOfService(
            service,
            summariseWindow(deployments(), window, query.timeZone),
            query,
          ),
        ),
      );
    }
    const rowOf = new Map(
      scope.services.map(row => [idOf.get(row.serviceRef) ?? 0, row]),
    );
    const days = calendarBuckets(window, 'day', query.timeZone);
    const found = new Map<string, ServiceFigures>();
    await this.rollups.eachService(
      { label, services: scope.serviceIds, span: window },
      (id, sketch, activeQuarters) => {
        const row = rowOf.get(id)!;
        found.set(
          row.serviceRef,
          withScratch(() =>
            figuresOfService(
              row,
              {
                summary: sketch.summary({ stages: false }),
                deployingDays: daysOf(days, activeQuarters),
              },
              query,
            ),
          ),
        );
      },
    );
    const nothing = new RollupSketch(undefined, false).summary({
      stages: false,
    });
    return scope.services.map(
      row =>
        found.get(row.serviceRef) ??
        figuresOfService(
          row,
          { summary: nothing, deployingDays: new Set() },
          query,
        ),
    );
  }

  /** How many rows a list has in all. */
  async count(scope: ResolvedScope, filter: ListFilter): Promise<number> {
    if (
      !scope.label ||
      scope.serviceIds.length <= COUNTED_SERVICES ||
      filter.search ||
      filter.attempts
    ) {
      return this.store.count(scope, filter);
    }
    const { sketches, release } = await this.rollups.read({
      label: scope.label,
      services: servicesOf(scope),
      targets: [{ span: filter.window, only: 'counts' }],
      activity: [],
    });
    const { kind, outcome, failureData, rework } = filter;
    const sorts = kind ? [kind] : (['change', 'redeploy', 'rollback'] as const);
    const rows = sorts
      .filter(sort => !rework || sort !== 'redeploy')
      .reduce(
        (sum, sort) =>
          sum +
          sketches[0].count({
            kind: sort,
            ...(outcome && { failed: outcome === 'failed' }),
            ...(failureData && { failureData }),
            ...(rework && { rework }),
          }),
        0,
      );
    release();
    return rows;
  }

  /**
   * Undefined when there is so little that the rows themselves are taken. Of each span, what is kept.
   *
   * @param asked - the window, what it consists of, and the one it is compared with
   */
  private async sketch(
    scope: ResolvedScope,
    asked: { window: Span; buckets: Span[]; compared?: Span },
    timeZone: string,
  ): Promise<SketchedWindow | undefined> {
    if (!scope.label || scope.serviceIds.length <= 1) {
      return undefined;
    }
    const kept = (span: Span) => keptPart(scope.services, span);
    const window = kept(asked.window);
    const compared = asked.compared && kept(asked.compared);
    const buckets = asked.buckets.map(kept);
    const windows = compared ? [window, compared] : [window];
    if (
      (!scope.except || scope.serviceIds.length <= ASKED_SERVICES) &&
      (await this.store.countUpTo(scope, windows, this.exactDeployments + 1)) <=
        this.exactDeployments
    ) {
      return undefined;
    }
    const { sketches, activeQuarters, release } = await this.rollups.read({
      label: scope.label,
      services: servicesOf(scope),
      targets: [
        // Its counts and lead times are those of the buckets together.
        { span: window, only: 'stages' },
        ...(compared ? [{ span: compared, only: 'all' } as const] : []),
        ...buckets.map(span => ({ span, only: 'lead' } as const)),
      ],
      activity: windows,
    });
    const [current, ...others] = sketches;
    const earlier = compared && others.shift();
    others.forEach(bucket => current.addLead(bucket));
    if (
      current.count({}) + (earlier?.count({}) ?? 0) <=
      this.exactDeployments
    ) {
      release();
      return undefined;
    }
    const deployingDays = new Set(
      windows.flatMap(span => [
        ...daysOf(calendarBuckets(span, 'day', timeZone), activeQuarters),
      ]),
    );
    return { current, earlier, series: others, deployingDays, release };
  }
}

/** Beginnings of the days in which one of the quarter-hours is. */
function daysOf(days: Span[], quarters: number[]): Set<number> {
  const found = new Set<number>();
  for (const quarter of quarters) {
    const index = spanIndex(days, quarter);
    if (index >= 0) {
      found.add(days[index].from);
    }
  }
  return found;
}

function figuresOfService(
  row: ServiceRow,
  window: WindowSummary,
  query: MetricsQuery,
): ServiceFigures {
  return {
    entityRef: row.serviceRef,
    // A table has no room for stages.
    metrics: figuresOf(
      [row],
      { ...window, summary: { ...window.summary, stages: undefined } },
      query,
      query.timeZone,
    ),
    sampleData: row.sample || window.summary.sample,
  };
}

function bucketsOf(query: MetricsQuery): Span[] {
  return calendarBuckets(
    { from: query.from, to: query.to },
    query.interval,
    query.timeZone,
  );
}

function windowOf(
  sketch: RollupSketch,
  { deployingDays }: SketchedWindow,
): WindowSummary {
  return { summary: sketch.summary({ stages: true }), deployingDays };
}

function servicesOf(scope: ResolvedScope) {
  const { except, withFacts = 0, serviceIds } = scope;
  return except
    ? { except, asked: serviceIds, withFacts }
    : { only: serviceIds };
}
