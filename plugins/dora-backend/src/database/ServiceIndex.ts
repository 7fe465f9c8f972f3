import { ServiceQuality } from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { query } from './query';

/** What is stored about the facts of a service as a whole. */
export interface ServiceSummary {
  connectedSince?: number;
  environments: { name: string; tier: string }[];
  quality: ServiceQuality;
  sample: boolean;
}

export interface ServiceEntry {
  id: number;
  entity_ref: string;
  sample: boolean;
  facts: ServiceSummary | null;
  facts_version: string;
}

/** All services as of one moment. */
export interface ServiceSnapshot {
  /** Changes whenever a service or its facts do. */
  version: string;
  byRef: ReadonlyMap<string, ServiceEntry>;
}

/**
 * All services, kept in memory for questions about many of them. Each question asks whether something has changed, which costs
 * little, and then only what has is read.
 */
export class ServiceIndex {
  private known: ServiceSnapshot = { version: '', byRef: new Map() };

  static create(options: { knex: Knex }): ServiceIndex {
    return new ServiceIndex(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  async current(): Promise<ServiceSnapshot> {
    // Versions only ever grow, so their sum changes with any of them.
    const [{ version }] = await query<{ version: string }>(
      this.knex,
      `SELECT concat(count(*), ' ', sum(facts_version), ' ', count(*) FILTER (WHERE sample)) AS version
       FROM service`,
    );
    if (version !== this.known.version) {
      this.known = await this.refreshed(version, this.known);
    }
    return this.known;
  }

  private async refreshed(
    version: string,
    known: ServiceSnapshot,
  ): Promise<ServiceSnapshot> {
    const rows = await query<Omit<ServiceEntry, 'facts'>>(
      this.knex,
      'SELECT id, entity_ref, sample, facts_version FROM service',
    );
    const changed = rows.filter(
      row =>
        known.byRef.get(row.entity_ref)?.facts_version !== row.facts_version,
    );
    const facts = new Map(
      (
        await query<Pick<ServiceEntry, 'id' | 'facts'>>(
          this.knex,
          'SELECT id, facts FROM service WHERE id = ANY(?::integer[])',
          [changed.map(({ id }) => id)],
        )
      ).map(row => [row.id, row.facts]),
    );
    return {
      version,
      byRef: new Map(
        rows.map(row => {
          const before = known.byRef.get(row.entity_ref);
          const same =
            before?.facts_version === row.facts_version &&
            before.sample === row.sample;
          return [
            row.entity_ref,
            same
              ? before
              : { ...row, facts: facts.get(row.id) ?? before?.facts ?? null },
          ];
        }),
      ),
    };
  }
}
