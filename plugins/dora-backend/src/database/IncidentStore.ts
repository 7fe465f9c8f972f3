import {
  FailureAttribution,
  IncidentFact,
} from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { query, SqlValue } from './query';
import { ResolvedScope, Window } from './QueryStore';

/** Where a page of the incident list begins: after this row. */
export interface IncidentPosition {
  /** Epoch milliseconds. */
  openedAt: number;
  serviceRef: string;
  key: string;
}

export interface IncidentFilter {
  /** By when it was opened. */
  window: Window;
  status?: 'open' | 'resolved';
  /** Whether something is known about its cause: a deployment, or that there is none to blame. */
  attributed?: boolean;
}

/** A deployment by the id that links and corrections name it by. */
export interface DeploymentName {
  id: string;
  /** Epoch milliseconds. */
  finishedAt: number;
}

export interface IncidentRow {
  serviceRef: string;
  incident: IncidentFact;
  /** The live attribution. */
  attribution?: FailureAttribution;
  /** What it blames. */
  deployment?: DeploymentName;
}

const LIVE = `SELECT attribution.fact FROM attribution
  WHERE attribution.service_id = listed.service_id
    AND attribution.fact->'cause'->>'id' = listed.key
    AND attribution.fact->'cause'->>'kind' = 'incident'
    AND attribution.fact->>'state' = 'live'
  LIMIT 1`;

/** Reads incidents, and what corrections name. */
export class IncidentStore {
  static create(options: { knex: Knex }): IncidentStore {
    return new IncidentStore(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  /** Latest opened first, one row more than asked for when there is a next page. */
  async list(
    scope: ResolvedScope,
    filter: IncidentFilter,
    page: { limit: number; after?: IncidentPosition },
  ): Promise<IncidentRow[]> {
    const { sql, values } = this.where(scope, filter);
    const rows = await query<{
      entity_ref: string;
      fact: IncidentFact;
      attribution: FailureAttribution | null;
    }>(
      this.knex,
      `SELECT entity_ref, listed.fact, (${LIVE}) AS attribution
       FROM (
         SELECT incident.*, entity_ref FROM incident
         JOIN service ON service.id = incident.service_id
         WHERE ${sql}
         ${
           page.after
             ? `AND (opened_at, entity_ref COLLATE "C", key COLLATE "C") < (?, ?, ?)`
             : ''
         }
         ORDER BY opened_at DESC, entity_ref COLLATE "C" DESC, key COLLATE "C" DESC
         LIMIT ?
       ) AS listed
       ORDER BY opened_at DESC, entity_ref COLLATE "C" DESC, key COLLATE "C" DESC`,
      [
        ...values,
        ...(page.after
          ? [page.after.openedAt, page.after.serviceRef, page.after.key]
          : []),
        page.limit + 1,
      ],
    );
    const names = await this.deploymentNames(
      rows.flatMap(({ entity_ref: serviceRef, attribution }) =>
        attribution?.blamed ? { serviceRef, attempt: attribution.blamed } : [],
      ),
    );
    return rows.map(({ entity_ref: serviceRef, fact, attribution }) => ({
      serviceRef,
      incident: fact,
      ...(attribution && {
        attribution,
        deployment:
          attribution.blamed === undefined
            ? undefined
            : names.get(nameKey(serviceRef, attribution.blamed)),
      }),
    }));
  }

  /** One incident of a service with every attribution of it that is stored, and the deployments those blame by {@link nameKey}. */
  async find(
    serviceRef: string,
    id: string,
  ): Promise<
    | {
        incident: IncidentFact;
        attributions: FailureAttribution[];
        deployments: Map<string, DeploymentName>;
      }
    | undefined
  > {
    const [row] = await query<{
      fact: IncidentFact;
      attributions: FailureAttribution[] | null;
    }>(
      this.knex,
      `SELECT incident.fact, (
         SELECT json_agg(attribution.fact ORDER BY attribution.key COLLATE "C")
         FROM attribution
         WHERE attribution.service_id = incident.service_id
           AND attribution.fact->'cause'->>'id' = incident.key
           AND attribution.fact->'cause'->>'kind' = 'incident'
       ) AS attributions
       FROM incident JOIN service ON service.id = incident.service_id
       WHERE entity_ref = ? AND incident.key = ?`,
      [serviceRef, id],
    );
    if (!row) {
      return undefined;
    }
    const attributions = row.attributions ?? [];
    return {
      incident: row.fact,
      attributions,
      deployments: await this.deploymentNames(
        attributions.flatMap(({ blamed }) =>
          blamed === undefined ? [] : { serviceRef, attempt: blamed },
        ),
      ),
    };
  }

  /** How many rows {@link list} has in all. */
  async count(scope: ResolvedScope, filter: IncidentFilter): Promise<number> {
    const { sql, values } = this.where(scope, filter);
    const [row] = await query<{ count: string }>(
      this.knex,
      `SELECT count(*) AS count FROM incident WHERE ${sql}`,
      values,
    );
    return Number(row.count);
  }

  private where(
    scope: ResolvedScope,
    filter: IncidentFilter,
  ): { sql: string; values: SqlValue[] } {
    const open = filter.status === 'open' ? 'IS NULL' : 'IS NOT NULL';
    return {
      sql: `incident.service_id = ANY(?::integer[])
        AND tier_id = ANY(?::smallint[])
        AND opened_at >= ? AND opened_at < ?
        ${filter.status ? `AND resolved_at ${open}` : ''}
        ${filter.attributed === undefined ? '' : 'AND attributed = ?'}`,
      values: [
        scope.serviceIds,
        scope.tierIds,
        filter.window.from,
        filter.window.to,
        ...(filter.attributed === undefined ? [] : [filter.attributed]),
      ],
    };
  }

  /**
   * The deployments that attempts belong to, as the metrics of their tier count them: a rollout, where the tier has
   * several environments. By {@link nameKey}.
   */
  async deploymentNames(
    attempts: { serviceRef: string; attempt: string }[],
  ): Promise<Map<string, DeploymentName>> {
    if (attempts.length === 0) {
      return new Map();
    }
    const rows = await query<{
      entity_ref: string;
      attempt: string;
      key: string;
      finished_at: string;
    }>(
      this.knex,
      `SELECT DISTINCT entity_ref, attempt, counted.key, counted.finished_at
       FROM unnest(?::text[], ?::text[]) AS given (ref, attempt)
       JOIN service ON entity_ref = ref
       JOIN deployment AS member
         ON member.service_id = service.id AND member.key = attempt
       JOIN LATERAL (
         SELECT key, finished_at FROM deployment
         WHERE member.tier_id IS NOT NULL AND deployment.id = member.id
         UNION ALL
         (SELECT key, finished_at FROM deployment
          WHERE member.tier_id IS NULL AND service_id = service.id
            AND tier_id IS NOT NULL AND finished_at <= member.finished_at
            AND fact->'members' @> to_jsonb(attempt)
          ORDER BY finished_at DESC LIMIT 1)
       ) AS counted ON true`,
      [
        attempts.map(({ serviceRef }) => serviceRef),
        attempts.map(({ attempt }) => attempt),
      ],
    );
    return new Map(
      rows.map(row => [
        nameKey(row.entity_ref, row.attempt),
        { id: row.key, finishedAt: Number(row.finished_at) },
      ]),
    );
  }

  /** Ids of the incidents of a service that a name means: the one of that id, or all that their tools call so. */
  async incidentsNamed(serviceRef: string, name: string): Promise<string[]> {
    const rows = await query<{ key: string }>(
      this.knex,
      `SELECT key FROM incident JOIN service ON service.id = service_id
       WHERE entity_ref = ? AND (key = ? OR fact->>'localId' = ?)
       ORDER BY key COLLATE "C"`,
      [serviceRef, name, name],
    );
    const ids = rows.map(({ key }) => key);
    return ids.includes(name) ? [name] : ids;
  }

  /**
   * Kinds of the deployments that an id names: that of a deployment, of an attempt in it, or the source's own.
   */
  async kindsOfDeployment(serviceRef: string, id: string): Promise<string[]> {
    const rows = await query<{ kind: string }>(
      this.knex,
      `WITH own AS (SELECT id FROM service WHERE entity_ref = ?),
       named AS (
         SELECT key FROM attempt WHERE service_id = (SELECT id FROM own)
           AND (key = ? OR key = ? OR fact->>'deploymentId' = ?)
       )
       SELECT DISTINCT fact->>'kind' AS kind FROM deployment
       WHERE service_id = (SELECT id FROM own)
         AND key IN (SELECT key FROM named)`,
      [serviceRef, id, id.replace(/^r(?=d[0-9a-f]{32}$)/, ''), id],
    );
    return rows.map(({ kind }) => kind);
  }

  /** The attribution of a service by its id. */
  async attribution(
    serviceRef: string,
    id: string,
  ): Promise<FailureAttribution | undefined> {
    const [row] = await query<{ fact: FailureAttribution }>(
      this.knex,
      `SELECT attribution.fact FROM attribution
       JOIN service ON service.id = service_id
       WHERE entity_ref = ? AND key = ?`,
      [serviceRef, id],
    );
    return row?.fact;
  }
}

/** Names an attempt of a service in answers of {@link IncidentStore.deploymentNames}. */
export function nameKey(serviceRef: string, attempt: string): string {
  return `${serviceRef}\n${attempt}`;
}
