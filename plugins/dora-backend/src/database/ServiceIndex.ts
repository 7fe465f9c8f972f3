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

/** Services are looked through for what has changed in this many parts, by id. */
const PARTS = 64;
const VERSION_SQL = `concat(sum(id), ' ', sum(facts_version), ' ', sum(id) FILTER (WHERE sample))`;

/** What is known, and of which version each part of it is. */
interface Known extends ServiceSnapshot {
  parts: ReadonlyMap<number, string>;
}

/**
 * All services, kept in memory for questions about many of them. Each question asks whether something has changed, which costs
 * little, and then only the parts in which something has are read.
 */
export class ServiceIndex {
  private known: Known = { version: '', byRef: new Map(), parts: new Map() };

  static create(options: { knex: Knex }): ServiceIndex {
    return new ServiceIndex(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  async current(): Promise<ServiceSnapshot> {
    // Ids are never used again and versions only ever grow, so their sums change with either.
    const [{ version }] = await query<{ version: string }>(
      this.knex,
      `SELECT ${VERSION_SQL} AS version FROM service`,
    );
    if (version !== this.known.version) {
      this.known = await this.refreshed(version, this.known);
    }
    return this.known;
  }

  /** Rows are read after their versions: what is newer than its version is merely read once more. */
  private async refreshed(version: string, known: Known): Promise<Known> {
    const parts = new Map(
      (
        await query<{ part: number; version: string }>(
          this.knex,
          `SELECT id % ${PARTS} AS part, ${VERSION_SQL} AS version FROM service GROUP BY 1`,
        )
      ).map(row => [row.part, row.version]),
    );
    const changed = new Set(
      [...parts.keys(), ...known.parts.keys()].filter(
        part => parts.get(part) !== known.parts.get(part),
      ),
    );
    const rows = await query<Omit<ServiceEntry, 'facts'>>(
      this.knex,
      `SELECT id, entity_ref, sample, facts_version FROM service
       WHERE id % ${PARTS} = ANY(?::integer[])`,
      [[...changed]],
    );
    const facts = new Map(
      (
        await query<Pick<ServiceEntry, 'id' | 'facts'>>(
          this.knex,
          'SELECT id, facts FROM service WHERE id = ANY(?::integer[])',
          [rows.filter(row => !withSameFacts(row, known)).map(({ id }) => id)],
        )
      ).map(row => [row.id, row.facts]),
    );
    const byRef = new Map(
      [...known.byRef].filter(([, { id }]) => !changed.has(id % PARTS)),
    );
    for (const row of rows) {
      const before = withSameFacts(row, known);
      byRef.set(
        row.entity_ref,
        before?.sample === row.sample
          ? before
          : { ...row, facts: before?.facts ?? facts.get(row.id) ?? null },
      );
    }
    return { version, parts, byRef };
  }
}

/** What is known of the service, if its facts are what they were. */
function withSameFacts(
  row: Omit<ServiceEntry, 'facts'>,
  { byRef }: ServiceSnapshot,
): ServiceEntry | undefined {
  const before = byRef.get(row.entity_ref);
  return before?.id === row.id && before.facts_version === row.facts_version
    ? before
    : undefined;
}
