import {
  concernsReaders,
  DataQualityNote,
} from '@pavedroad/plugin-dora-common';
import { Backlog, DatabaseFactStore } from '../database/DatabaseFactStore';
import { DeliveryStore } from '../database/DeliveryStore';
import { RetentionStore } from '../retention/RetentionStore';

/** The scope of a question; without an entity ref, everything. */
export interface NotedScope {
  entityRef?: string;
  services: string[];
}

/**
 * Data-quality notes about the state of the data at the moment of asking, which
 * no facts and so no kept answer can tell.
 */
export class LiveNotes {
  static create(options: {
    delivery: Pick<DeliveryStore, 'countUnmapped'>;
    factStore: Pick<DatabaseFactStore, 'backlog'>;
    retention: Pick<RetentionStore, 'knownBefore'>;
  }): LiveNotes {
    return new LiveNotes(
      options.delivery,
      options.factStore,
      options.retention,
    );
  }

  private constructor(
    private readonly delivery: Pick<DeliveryStore, 'countUnmapped'>,
    private readonly factStore: Pick<DatabaseFactStore, 'backlog'>,
    private readonly retention: Pick<RetentionStore, 'knownBefore'>,
  ) {}

  /**
   * Ask before reading the facts: then everything acknowledged before the
   * question is either in the facts or said to be missing.
   *
   * @param earliest - where the window of the question, or of its comparison, begins; epoch milliseconds
   */
  async of(scope: NotedScope, earliest: number): Promise<DataQualityNote[]> {
    const [notes, unmapped] = await Promise.all([
      this.ofRows(scope.services, earliest),
      // Events without a service belong to nobody's scope but everybody's. Those of
      // a repository that several services claim concern each of these services.
      this.delivery.countUnmapped(
        scope.entityRef === undefined ? undefined : scope.services,
      ),
    ]);
    return unmapped > 0
      ? [...notes, { code: 'unmapped_events', services: [], count: unmapped }]
      : notes;
  }

  /**
   * Why rows about some services may be missing or about to change. Ask before reading them, as {@link of} says.
   *
   * @param earliest - where the window of the question begins, in epoch milliseconds; `Infinity` when it has none
   */
  async ofRows(
    services: string[],
    earliest: number,
  ): Promise<DataQualityNote[]> {
    const backlog = await this.factStore.backlog();
    const notes = await this.beyondRetention(
      services,
      earliest,
      backlog.factsFrom,
    );
    const asked = new Set(services);
    const pending = backlog.pending.filter(row => asked.has(row.serviceRef));
    notes.push(...pendingNotes(pending));
    const failed = backlog.failed.filter(ref => asked.has(ref)).sort();
    if (failed.length > 0) {
      notes.push({
        code: 'facts_failed',
        services: failed,
        count: failed.length,
      });
    }
    return notes;
  }

  /** Says when a question reaches back to before facts are kept, and which services had any then. */
  private async beyondRetention(
    services: string[],
    earliest: number,
    from: number | undefined,
  ): Promise<DataQualityNote[]> {
    if (from === undefined || earliest >= from) {
      return [];
    }
    const known = await this.retention.knownBefore(services, from);
    return known.length === 0
      ? []
      : [
          {
            code: 'beyond_retention',
            services: known.sort(),
            since: new Date(from).toISOString(),
          },
        ];
  }
}

/**
 * Services whose events wait, in up to three notes: those of which nobody can tell since when, those that are late, and the others. In
 * one, a single late service would make all of them late, and hide as of when the others are.
 */
function pendingNotes(pending: Backlog['pending']): DataQualityNote[] {
  const waits = new Map<string, Wait | undefined>();
  for (const { serviceRef, since, waitedSeconds = 0 } of pending) {
    // It may be in it twice, and once unknown is unknown.
    waits.set(
      serviceRef,
      since === undefined || (waits.has(serviceRef) && !waits.get(serviceRef))
        ? undefined
        : { since, waitedSeconds },
    );
  }
  const groups: Record<'unknown' | 'late' | 'young', string[]> = {
    unknown: [],
    late: [],
    young: [],
  };
  for (const [serviceRef, wait] of waits) {
    groups[groupOf(wait)].push(serviceRef);
  }
  return Object.values(groups)
    .filter(services => services.length > 0)
    .map(services => ({
      code: 'facts_pending' as const,
      services: services.sort(),
      count: services.length,
      ...longestWait(services.map(ref => waits.get(ref))),
    }));
}

/** Since when the oldest event of a service waits, in epoch milliseconds, and for how long. */
interface Wait {
  since: number;
  waitedSeconds: number;
}

function groupOf(wait: Wait | undefined): 'unknown' | 'late' | 'young' {
  if (!wait) {
    return 'unknown';
  }
  const { waitedSeconds } = wait;
  return concernsReaders({ code: 'facts_pending', services: [], waitedSeconds })
    ? 'late'
    : 'young';
}

/** Of services of which it is known, or of which it is not. */
function longestWait(
  waits: (Wait | undefined)[],
): Pick<DataQualityNote, 'since' | 'waitedSeconds'> {
  let since = Infinity;
  let waitedSeconds = 0;
  for (const wait of waits) {
    if (!wait) {
      return {};
    }
    since = Math.min(since, wait.since);
    waitedSeconds = Math.max(waitedSeconds, wait.waitedSeconds);
  }
  return { since: new Date(since).toISOString(), waitedSeconds };
}
