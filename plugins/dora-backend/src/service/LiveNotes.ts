import { DataQualityNote } from '@pavedroad/plugin-dora-common';
import { DatabaseFactStore } from '../database/DatabaseFactStore';
import { DeliveryStore } from '../database/DeliveryStore';

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
  }): LiveNotes {
    return new LiveNotes(options.delivery, options.factStore);
  }

  private constructor(
    private readonly delivery: Pick<DeliveryStore, 'countUnmapped'>,
    private readonly factStore: Pick<DatabaseFactStore, 'backlog'>,
  ) {}

  /**
   * Ask before reading the facts: then everything acknowledged before the
   * question is either in the facts or said to be missing.
   */
  async of(scope: NotedScope): Promise<DataQualityNote[]> {
    const [backlog, unmapped] = await Promise.all([
      this.factStore.backlog(),
      // Events without a service belong to nobody's scope but everybody's. Those of
      // a repository that several services claim concern each of these services.
      this.delivery.countUnmapped(
        scope.entityRef === undefined ? undefined : scope.services,
      ),
    ]);
    const notes: DataQualityNote[] = [];
    const asked = new Set(scope.services);
    const add = (code: DataQualityNote['code'], refs: string[]) => {
      const services = refs.filter(ref => asked.has(ref)).sort();
      if (services.length > 0) {
        notes.push({ code, services, count: services.length });
      }
    };
    add('facts_pending', backlog.pending);
    add('facts_failed', backlog.failed);
    if (unmapped > 0) {
      notes.push({ code: 'unmapped_events', services: [], count: unmapped });
    }
    return notes;
  }
}
