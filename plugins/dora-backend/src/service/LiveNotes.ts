import { DataQualityNote } from '@pavedroad/plugin-dora-common';
import { DatabaseFactStore } from '../database/DatabaseFactStore';
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
    retention: Pick<RetentionStore, 'factsFrom' | 'knownBefore'>;
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
    private readonly retention: Pick<
      RetentionStore,
      'factsFrom' | 'knownBefore'
    >,
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
    const [beyond, backlog] = await Promise.all([
      this.beyondRetention(services, earliest),
      this.factStore.backlog(),
    ]);
    const notes = [...beyond];
    const asked = new Set(services);
    const add = (code: DataQualityNote['code'], refs: string[]) => {
      const named = refs.filter(ref => asked.has(ref)).sort();
      if (named.length > 0) {
        notes.push({ code, services: named, count: named.length });
      }
    };
    add('facts_pending', backlog.pending);
    add('facts_failed', backlog.failed);
    return notes;
  }

  /** Says when a question reaches back to before facts are kept, and which services had any then. */
  private async beyondRetention(
    services: string[],
    earliest: number,
  ): Promise<DataQualityNote[]> {
    const from = await this.retention.factsFrom();
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
