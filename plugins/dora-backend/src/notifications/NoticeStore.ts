import {
  DeploymentFact,
  FailureAttribution,
  IncidentFact,
  MetricName,
} from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { KIND_CODE } from '../database/codes';
import { query } from '../database/query';
import { FailureCandidate } from './failures';
import { WatchState } from './judge';

/** How long whoever claimed an occasion has to tell it. */
const LEASE_MILLISECONDS = 5 * 60_000;
/** Attempts after which an occasion is given up. */
export const MAX_ATTEMPTS = 5;

/** A candidate with the incidents behind its attributions. */
export interface StoredFailure extends FailureCandidate {
  incidents: Map<string, IncidentFact>;
}

/**
 * What was told already. Any number of backends may ask: an occasion is told by the one that claims it, and by another
 * only when that one did not come to its end.
 */
export class NoticeStore {
  static create(options: { knex: Knex }): NoticeStore {
    return new NoticeStore(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  /** Those of the occasions that are still to be told, as far as is known without claiming them. */
  async open(occasions: string[], now: number): Promise<Set<string>> {
    const rows = await query<{ occasion: string }>(
      this.knex,
      `SELECT given.occasion FROM unnest(?::text[]) AS given (occasion)
       LEFT JOIN notice ON notice.occasion = given.occasion
       WHERE notice.occasion IS NULL
         OR (state = 'claimed' AND claimed_at <= ?::timestamptz)`,
      [occasions, iso(now - LEASE_MILLISECONDS)],
    );
    return new Set(rows.map(({ occasion }) => occasion));
  }

  /** @returns which attempt it is, from 1; undefined when somebody else has it, or had it */
  async claim(occasion: string, now: number): Promise<number | undefined> {
    const [row] = await query<{ attempts: number }>(
      this.knex,
      `INSERT INTO notice (occasion, state, claimed_at)
       VALUES (?, 'claimed', ?::timestamptz)
       ON CONFLICT (occasion) DO UPDATE
         SET claimed_at = excluded.claimed_at, attempts = notice.attempts + 1
         WHERE notice.state = 'claimed' AND notice.claimed_at <= ?::timestamptz
       RETURNING attempts`,
      [occasion, iso(now), iso(now - LEASE_MILLISECONDS)],
    );
    return row?.attempts;
  }

  /** Ends an occasion that was claimed. */
  async close(
    occasion: string,
    state: 'told' | 'passed' | 'given_up',
    now: number,
  ): Promise<void> {
    await query(
      this.knex,
      `UPDATE notice SET state = ?, told_at = ?::timestamptz WHERE occasion = ?`,
      [state, state === 'told' ? iso(now) : null, occasion],
    );
  }

  /** Forgets occasions so old that they cannot come again. */
  async prune(before: number): Promise<void> {
    await query(
      this.knex,
      `DELETE FROM notice WHERE claimed_at < ?::timestamptz`,
      [iso(before)],
    );
  }

  async watchStates(
    subscriptionId: string,
  ): Promise<Map<MetricName, WatchState>> {
    const rows = await query<{ metric: MetricName; state: WatchState }>(
      this.knex,
      'SELECT metric, state FROM metric_watch WHERE subscription_id = ?',
      [subscriptionId],
    );
    return new Map(rows.map(({ metric, state }) => [metric, state]));
  }

  async saveWatchStates(
    subscriptionId: string,
    states: Map<MetricName, WatchState>,
  ): Promise<void> {
    await query(
      this.knex,
      // The subscription may have ended meanwhile.
      `INSERT INTO metric_watch (subscription_id, metric, state)
       SELECT subscription.id, metric, state
       FROM subscription, unnest(?::text[], ?::jsonb[]) AS given (metric, state)
       WHERE subscription.id = ?
       ON CONFLICT (subscription_id, metric) DO UPDATE SET state = excluded.state`,
      [
        [...states.keys()],
        [...states.values()].map(state => JSON.stringify(state)),
        subscriptionId,
      ],
    );
  }

  /** How many services wait for their facts. */
  async waiting(): Promise<number> {
    const [row] = await query<{ count: string }>(
      this.knex,
      'SELECT count(DISTINCT service_id) AS count FROM dirty_service',
    );
    return Number(row.count);
  }

  /**
   * Failed deployments of the production tier that finished since the moment, of which nobody was told. Services whose
   * facts are about to change are left for later.
   *
   * @param since - epoch milliseconds
   */
  async failures(
    since: number,
    now: number,
    limit: number,
  ): Promise<StoredFailure[]> {
    const rows = await query<{
      entity_ref: string;
      fact: DeploymentFact;
      attributions: FailureAttribution[] | null;
      incidents: IncidentFact[] | null;
    }>(
      this.knex,
      `SELECT entity_ref, deployment.fact, blaming.attributions, blaming.incidents
       FROM deployment
       JOIN service ON service.id = deployment.service_id
       JOIN label ON label.id = deployment.tier_id AND label.name = 'production'
       LEFT JOIN LATERAL (
         SELECT jsonb_agg(attribution.fact) AS attributions,
           jsonb_agg(incident.fact) FILTER (WHERE incident.fact IS NOT NULL) AS incidents
         FROM attribution
         LEFT JOIN incident ON incident.service_id = attribution.service_id
           AND attribution.fact->'cause'->>'kind' = 'incident'
           AND incident.key = attribution.fact->'cause'->>'id'
         WHERE attribution.service_id = deployment.service_id
           AND attribution.blamed = ANY (ARRAY(
             SELECT jsonb_array_elements_text(deployment.fact->'members')))
           AND attribution.fact->>'state' = 'live'
       ) AS blaming ON true
       WHERE deployment.failed AND deployment.kind = ${KIND_CODE.change}
         AND deployment.finished_at >= ?
         AND NOT EXISTS (SELECT 1 FROM notice
           WHERE occasion = 'failed_deployment|' || deployment.key
             AND (state <> 'claimed' OR claimed_at > ?::timestamptz))
         AND NOT EXISTS (SELECT 1 FROM dirty_service
           WHERE dirty_service.service_id = deployment.service_id)
       ORDER BY deployment.finished_at LIMIT ?`,
      [since, iso(now - LEASE_MILLISECONDS), limit],
    );
    return rows.map(row => ({
      serviceRef: row.entity_ref,
      deployment: row.fact,
      attributions: row.attributions ?? [],
      incidents: new Map(
        (row.incidents ?? []).map(incident => [incident.id, incident]),
      ),
    }));
  }
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
