import { timingSafeEqual } from 'node:crypto';
import { ReportingCredential } from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { query } from '../database/query';
import { reportingTokenId, tokenDigest } from './reportingToken';

/** Uses within this are one, in milliseconds: a batch after the other must not write each time. */
const USE_RESOLUTION = 60_000;

/** The first half of the locks under which credentials are made, one at a time for each service; the second half is its name. */
const MAKING_LOCK = 712_302;

interface CredentialRow {
  id: string;
  entity_ref: string;
  label: string;
  token_digest: Buffer;
  created_by: string;
  created_at: Date;
  last_used_at: Date | null;
  revoked_by: string | null;
  revoked_at: Date | null;
}

/** Reporting credentials in PostgreSQL. */
export class CredentialStore {
  static create(options: { knex: Knex }): CredentialStore {
    return new CredentialStore(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  /** The newest first. */
  async ofService(entityRef: string): Promise<ReportingCredential[]> {
    const rows = await query<CredentialRow>(
      this.knex,
      `SELECT * FROM reporting_credential WHERE entity_ref = ?
       ORDER BY created_at DESC, id`,
      [entityRef],
    );
    return rows.map(fromRow);
  }

  async get(id: string): Promise<ReportingCredential | undefined> {
    const [row] = await query<CredentialRow>(
      this.knex,
      'SELECT * FROM reporting_credential WHERE id = ?',
      [id],
    );
    return row && fromRow(row);
  }

  /**
   * Adds one, unless as many of its service are valid as may be.
   *
   * @returns whether it was added
   */
  async add(
    credential: ReportingCredential,
    token: string,
    mostValid: number,
  ): Promise<boolean> {
    const { id, entityRef, label, createdBy, createdAt } = credential;
    return this.knex.transaction(async tx => {
      // Two that are made at once would each count without the other.
      await query(tx, 'SELECT pg_advisory_xact_lock(?, hashtext(?))', [
        MAKING_LOCK,
        entityRef,
      ]);
      const added = await query(
        tx,
        `INSERT INTO reporting_credential
           (id, entity_ref, label, token_digest, created_by, created_at)
         SELECT ?::uuid, ?, ?, decode(?, 'hex'), ?, ?::timestamptz
         WHERE (SELECT count(*) FROM reporting_credential
                WHERE entity_ref = ? AND revoked_at IS NULL) < ?
         RETURNING id`,
        [
          id,
          entityRef,
          label,
          tokenDigest(token).toString('hex'),
          createdBy,
          createdAt,
          entityRef,
          mostValid,
        ],
      );
      return added.length > 0;
    });
  }

  /** Whoever was first has revoked it: answers whether that was this call. */
  async revoke(id: string, by: string, at: string): Promise<boolean> {
    const rows = await query(
      this.knex,
      `UPDATE reporting_credential SET revoked_by = ?, revoked_at = ?
       WHERE id = ? AND revoked_at IS NULL RETURNING id`,
      [by, at, id],
    );
    return rows.length > 0;
  }

  /**
   * The id of the credential a token belongs to, read anew each time: what is revoked is refused at once, by every back end.
   *
   * @param now - epoch milliseconds
   */
  async verify(token: string, now: number): Promise<string | undefined> {
    const id = reportingTokenId(token);
    if (id === undefined) {
      return undefined;
    }
    const [row] = await query<CredentialRow>(
      this.knex,
      'SELECT * FROM reporting_credential WHERE id = ? AND revoked_at IS NULL',
      [id],
    );
    if (!row || !timingSafeEqual(row.token_digest, tokenDigest(token))) {
      return undefined;
    }
    if (now - (row.last_used_at?.getTime() ?? 0) >= USE_RESOLUTION) {
      const usedAt = new Date(now).toISOString();
      await query(
        this.knex,
        `UPDATE reporting_credential SET last_used_at = ?
         WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)`,
        [usedAt, id, usedAt],
      );
    }
    return id;
  }
}

function fromRow(row: CredentialRow): ReportingCredential {
  return {
    id: row.id,
    entityRef: row.entity_ref,
    label: row.label,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    ...(row.last_used_at && { lastUsedAt: row.last_used_at.toISOString() }),
    ...(row.revoked_at && { revokedAt: row.revoked_at.toISOString() }),
    ...(row.revoked_by && { revokedBy: row.revoked_by }),
  };
}
