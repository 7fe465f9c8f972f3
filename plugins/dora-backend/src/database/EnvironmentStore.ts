import { Knex } from 'knex';
import { query } from './query';

/** An environment that services deploy to. */
export interface SeenEnvironment {
  name: string;
  /** Where services differ in it, that of most. */
  tier: string;
  services: number;
  /** As facts name it; undefined before any fact does. */
  labelId?: number;
}

/** Reads which environments there are. */
export class EnvironmentStore {
  static create(options: { knex: Knex }): EnvironmentStore {
    return new EnvironmentStore(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  /** By tier and name; of more than the limit, those that most services have. */
  async seen(serviceIds: number[], limit: number): Promise<SeenEnvironment[]> {
    const rows = await query<{
      name: string;
      tier: string;
      services: string;
      label_id: number | null;
    }>(
      this.knex,
      `SELECT seen.name, tier, services, label.id AS label_id FROM (
         SELECT DISTINCT ON (name) name, tier,
           sum(services) OVER (PARTITION BY name) AS services
         FROM (
           SELECT entry->>'name' AS name, entry->>'tier' AS tier,
             count(*) AS services
           FROM service
           CROSS JOIN LATERAL jsonb_array_elements(facts->'environments') AS entry
           WHERE service.id = ANY(?::integer[])
           GROUP BY 1, 2
         ) AS said
         ORDER BY name, said.services DESC, tier
       ) AS seen
       LEFT JOIN label ON label.name = seen.name
       ORDER BY services DESC, seen.name COLLATE "C" LIMIT ?`,
      [serviceIds, limit],
    );
    return rows
      .map(row => ({
        name: row.name,
        tier: row.tier,
        services: Number(row.services),
        ...(row.label_id !== null && { labelId: row.label_id }),
      }))
      .sort((a, b) => compare(a.tier, b.tier) || compare(a.name, b.name));
  }
}

function compare(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
