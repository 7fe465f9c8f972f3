import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';

import type {
  CalledPerson,
  NewPage,
  PageFilter,
  PageNews,
  PageOutcome,
  PageStatus,
  PageStore,
  StoredPage,
} from './PageStore';
import { raiseProviderRevision } from './Revisions';

type PageRow = {
  id: string;
  provider: string;
  account: string;
  dedup_key: string;
  external_id: string | null;
  schedule_ref: string | null;
  provider_schedule_id: string | null;
  entity_ref: string | null;
  title: string;
  details: string | null;
  urgency: 'high' | 'low';
  status: PageStatus;
  status_at: Date;
  outcome: PageOutcome;
  outcome_message: string | null;
  url: string | null;
  created_at: Date;
  created_by: string | null;
  idempotency_key: string | null;
  request_digest: string | null;
  acknowledged_at: Date | null;
  acknowledged_by: string | null;
  resolved_at: Date | null;
  resolved_by: string | null;
  level: number;
  escalate_at: Date | null;
  names: Record<string, string>;
};

type PersonRow = {
  page_id: string;
  person: string;
  level: number;
  called_at: Date;
};

/** Pages read at once; a reader of load figures asks for the rest itself by a shorter window. */
const MOST_BETWEEN = 50_000;

/** Keeps pages in PostgreSQL, in the database of the plugin, whose migrations have run. */
export class DatabasePageStore implements PageStore {
  constructor(private readonly db: Knex) {}

  async begin(page: NewPage) {
    const id = randomUUID();
    const [inserted] = await this.db<PageRow>('pages')
      .insert({
        id,
        provider: page.provider,
        account: page.account,
        dedup_key: id,
        schedule_ref: page.scheduleRef ?? null,
        provider_schedule_id: page.providerScheduleId ?? null,
        entity_ref: page.entityRef ?? null,
        title: page.title,
        details: page.details ?? null,
        urgency: page.urgency,
        status: 'triggered',
        status_at: new Date(page.createdAt),
        outcome: 'pending',
        created_at: new Date(page.createdAt),
        created_by: page.createdBy,
        idempotency_key: page.idempotencyKey,
        request_digest: page.requestDigest,
        escalate_at:
          page.escalateAt === undefined ? null : new Date(page.escalateAt),
      })
      .onConflict(['created_by', 'idempotency_key'])
      .ignore()
      .returning('*');
    if (inserted) {
      return {
        page: toPage(inserted, []),
        fresh: true,
        sameRequest: true,
      };
    }
    return { ...(await this.byRequest(page))!, fresh: false };
  }

  async byRequest(request: {
    createdBy: string;
    idempotencyKey: string;
    requestDigest: string;
  }) {
    const row = await this.db<PageRow>('pages')
      .where({
        created_by: request.createdBy,
        idempotency_key: request.idempotencyKey,
      })
      .first();
    if (!row) {
      return undefined;
    }
    const [page] = await this.#withPeople([row]);
    return {
      page,
      sameRequest: row.request_digest === request.requestDigest,
    };
  }

  async claimAgain(id: string, options: { now: number; pendingFor: number }) {
    // The moment of the last attempt is what status_at is while nothing is known.
    const claimed = await this.db<PageRow>('pages')
      .where({ id, status: 'triggered' })
      .where(part =>
        part
          .where('outcome', 'failed')
          .orWhere(pending =>
            pending
              .where('outcome', 'pending')
              .where(
                'status_at',
                '<',
                new Date(options.now - options.pendingFor),
              ),
          ),
      )
      .update({ outcome: 'pending', status_at: new Date(options.now) });
    return claimed > 0;
  }

  async finish(
    id: string,
    result: Parameters<PageStore['finish']>[1],
  ): Promise<StoredPage> {
    return await this.db.transaction(async tx => {
      await tx<PageRow>('pages')
        .where({ id })
        .update({
          outcome: result.outcome,
          outcome_message: result.message ?? null,
          ...(result.externalId ? { external_id: result.externalId } : {}),
          ...(result.url ? { url: result.url } : {}),
          ...(result.escalateAt
            ? { escalate_at: unlessTaken(tx, result.escalateAt) }
            : {}),
          ...(result.names
            ? {
                names: tx.raw('names || ?::jsonb', [
                  JSON.stringify(result.names),
                ]) as unknown as Record<string, string>,
              }
            : {}),
        });
      await addPeople(tx, id, result.people ?? []);
      return await this.#one(tx, id);
    });
  }

  async page(id: string): Promise<StoredPage | undefined> {
    const rows = await this.db<PageRow>('pages').where({ id });
    return (await this.#withPeople(rows))[0];
  }

  async changeStatus(
    id: string,
    change: { status: 'acknowledged' | 'resolved'; at: number; by: string },
  ): Promise<StoredPage> {
    return await this.db.transaction(async tx => {
      const row = await tx<PageRow>('pages').where({ id }).forUpdate().first();
      if (row && rankOf(row.status) < rankOf(change.status)) {
        await tx<PageRow>('pages')
          .where({ id })
          .update(statusColumns(row, change));
      }
      return await this.#one(tx, id);
    });
  }

  async list(filter: PageFilter): Promise<StoredPage[]> {
    const rows = await this.db<PageRow>('pages')
      .modify(query => {
        const { scheduleRef, entityRef, status, from, to, before } = filter;
        if (scheduleRef) query.where('schedule_ref', scheduleRef);
        if (entityRef) query.where('entity_ref', entityRef);
        if (status) query.where('status', status);
        if (from !== undefined) query.where('created_at', '>=', new Date(from));
        if (to !== undefined) query.where('created_at', '<', new Date(to));
        if (before) {
          query.whereRaw('(created_at, id) < (?, ?)', [
            new Date(before.createdAt),
            before.id,
          ]);
        }
      })
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(filter.limit);
    return await this.#withPeople(rows);
  }

  async pagesBetween(options: {
    scheduleRefs?: string[];
    from: number;
    to: number;
  }): Promise<StoredPage[]> {
    const rows = await this.db<PageRow>('pages')
      .where('created_at', '>=', new Date(options.from))
      .where('created_at', '<', new Date(options.to))
      .whereNot('outcome', 'failed')
      .modify(query => {
        if (options.scheduleRefs) {
          query.whereIn('schedule_ref', options.scheduleRefs);
        }
      })
      .orderBy(['created_at', 'id'])
      .limit(MOST_BETWEEN);
    return await this.#withPeople(rows);
  }

  async claimDue(options: { now: number; retryAt: number; limit: number }) {
    const rows = await this.db<PageRow>('pages')
      .whereIn(
        'id',
        this.db<PageRow>('pages')
          .select('id')
          .where('escalate_at', '<=', new Date(options.now))
          .where({ status: 'triggered' })
          .orderBy('escalate_at')
          .limit(options.limit)
          .forUpdate()
          .skipLocked(),
      )
      .update({ escalate_at: new Date(options.retryAt) })
      .returning('*');
    return await this.#withPeople(rows);
  }

  async escalated(
    id: string,
    next: { level: number; people: CalledPerson[]; escalateAt?: number },
  ): Promise<void> {
    await this.db.transaction(async tx => {
      await tx<PageRow>('pages')
        .where({ id })
        .update({
          level: next.level,
          escalate_at: next.escalateAt
            ? unlessTaken(tx, next.escalateAt)
            : null,
          // Whatever became of sending it before, somebody was called now.
          ...(next.people.length > 0
            ? { outcome: 'sent', outcome_message: null }
            : {}),
        });
      await addPeople(tx, id, next.people);
    });
  }

  async takeIn(
    delivery: Parameters<PageStore['takeIn']>[0],
    news: PageNews | undefined,
  ): Promise<boolean> {
    const { provider, account } = delivery;
    return await this.db.transaction(async tx => {
      const fresh = await tx('webhook_deliveries')
        .insert({
          provider,
          account,
          delivery_id: delivery.id,
          type: delivery.type,
          outcome: news ? 'applied' : 'ignored',
        })
        .onConflict()
        .ignore()
        .returning('delivery_id');
      if (fresh.length > 0 && news) {
        // Two deliveries of one new page at once would both find none, and two new pages with one key would both take it.
        await tx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [
          JSON.stringify([provider, account]),
        ]);
        await applyNews(tx, provider, account, news);
      }
      if (fresh.length > 0 && (news || delivery.onCallChanged)) {
        await raiseProviderRevision(tx, provider, account);
      }
      return fresh.length > 0;
    });
  }

  async forgetDeliveries(before: number): Promise<number> {
    return await this.db('webhook_deliveries')
      .where('received_at', '<', new Date(before))
      .delete();
  }

  async #one(db: Knex, id: string): Promise<StoredPage> {
    const rows = await db<PageRow>('pages').where({ id });
    return (await this.#withPeople(rows, db))[0];
  }

  async #withPeople(rows: PageRow[], db = this.db): Promise<StoredPage[]> {
    const people = new Map<string, CalledPerson[]>();
    for (let start = 0; start < rows.length; start += 1_000) {
      const found = await db<PersonRow>('page_people')
        .whereIn(
          'page_id',
          rows.slice(start, start + 1_000).map(row => row.id),
        )
        .orderBy(['called_at', 'level', 'person']);
      for (const row of found) {
        const list = people.get(row.page_id) ?? [];
        people.set(row.page_id, list);
        list.push({
          person: row.person,
          level: row.level,
          calledAt: row.called_at.getTime(),
        });
      }
    }
    return rows.map(row => toPage(row, people.get(row.id) ?? []));
  }
}

async function addPeople(tx: Knex, id: string, people: CalledPerson[]) {
  if (people.length > 0) {
    await tx<PersonRow>('page_people')
      .insert(
        people.map(({ person, level, calledAt }) => ({
          page_id: id,
          person,
          level,
          called_at: new Date(calledAt),
        })),
      )
      .onConflict(['page_id', 'person'])
      .ignore();
  }
}

async function applyNews(
  tx: Knex,
  provider: string,
  account: string,
  news: PageNews,
) {
  const key = news.dedupKey ?? news.externalId;
  const known =
    (await tx<PageRow>('pages')
      .where({ provider, account, external_id: news.externalId })
      .forUpdate()
      .first()) ??
    (await tx<PageRow>('pages')
      .where({ provider, account, dedup_key: key })
      // Monitors use a key again once a page of it is resolved: then it is another page.
      .whereNull('external_id')
      .forUpdate()
      .first());
  if (!known) {
    const id = randomUUID();
    const taken = await tx<PageRow>('pages')
      .where({ provider, account, dedup_key: key })
      .first('id');
    const at = new Date(news.at);
    await tx<PageRow>('pages').insert({
      id,
      provider,
      account,
      dedup_key: taken ? id : key,
      external_id: news.externalId,
      schedule_ref: news.scheduleRef ?? null,
      entity_ref: news.entityRef ?? null,
      title: news.title ?? 'Page',
      urgency: news.urgency ?? 'high',
      outcome: 'sent',
      url: news.url ?? null,
      created_at: news.createdAt ? new Date(news.createdAt) : at,
      names: JSON.stringify(news.names) as unknown as Record<string, string>,
      status: 'triggered',
      status_at: at,
      ...(news.status
        ? statusColumns(undefined, { ...news, status: news.status })
        : {}),
    });
    await addCalled(tx, id, news);
    return;
  }
  const since = news.at - known.status_at.getTime();
  // Some tell whole seconds only: of two news of one moment, the one that is further counts.
  const newer =
    since > 0 ||
    (since === 0 &&
      rankOf(news.status ?? known.status) >= rankOf(known.status));
  await tx<PageRow>('pages')
    .where({ id: known.id })
    .update({
      external_id: news.externalId,
      // That the provider tells of it shows that it was sent.
      outcome: 'sent',
      outcome_message: null,
      schedule_ref: known.schedule_ref ?? news.scheduleRef ?? null,
      entity_ref: known.entity_ref ?? news.entityRef ?? null,
      url: news.url ?? known.url,
      ...(news.createdAt && !known.created_by
        ? { created_at: new Date(news.createdAt) }
        : {}),
      ...(news.title && !known.created_by && newer
        ? { title: news.title }
        : {}),
      ...(news.urgency && newer ? { urgency: news.urgency } : {}),
      names: JSON.stringify({
        ...known.names,
        ...news.names,
      }) as unknown as Record<string, string>,
      ...(news.status && newer
        ? statusColumns(known, { ...news, status: news.status })
        : {}),
    });
  await addCalled(tx, known.id, news);
}

async function addCalled(tx: Knex, id: string, news: PageNews) {
  await addPeople(
    tx,
    id,
    news.people.map(person => ({ person, level: 1, calledAt: news.at })),
  );
}

/** When the next level is called, unless somebody has taken the page meanwhile. */
function unlessTaken(tx: Knex, at: number): Date {
  return tx.raw("case when status = 'triggered' then ?::timestamptz end", [
    new Date(at),
  ]) as unknown as Date;
}

function rankOf(status: PageStatus): number {
  return ['triggered', 'acknowledged', 'resolved'].indexOf(status);
}

function statusColumns(
  known: PageRow | undefined,
  change: { status: PageStatus; at: number; by?: string },
): Partial<PageRow> {
  const at = new Date(change.at);
  const by = change.by ?? null;
  // Who acts in the portal is known to it; the provider then tells of its own credentials.
  const kept = (was: PageStatus, who: string | null | undefined) =>
    known?.status === was && who ? who : by;
  return {
    status: change.status,
    status_at: at,
    ...(change.status === 'triggered'
      ? {
          acknowledged_at: null,
          acknowledged_by: null,
          resolved_at: null,
          resolved_by: null,
        }
      : { escalate_at: null }),
    ...(change.status === 'acknowledged'
      ? {
          acknowledged_at: known?.acknowledged_at ?? at,
          acknowledged_by: kept('acknowledged', known?.acknowledged_by),
          resolved_at: null,
          resolved_by: null,
        }
      : {}),
    ...(change.status === 'resolved'
      ? {
          resolved_at: known?.resolved_at ?? at,
          resolved_by: kept('resolved', known?.resolved_by),
        }
      : {}),
  };
}

function toPage(row: PageRow, people: CalledPerson[]): StoredPage {
  return {
    id: row.id,
    provider: row.provider,
    account: row.account,
    dedupKey: row.dedup_key,
    externalId: row.external_id ?? undefined,
    scheduleRef: row.schedule_ref ?? undefined,
    providerScheduleId: row.provider_schedule_id ?? undefined,
    entityRef: row.entity_ref ?? undefined,
    title: row.title,
    details: row.details ?? undefined,
    urgency: row.urgency,
    status: row.status,
    statusAt: row.status_at.getTime(),
    outcome: row.outcome,
    outcomeMessage: row.outcome_message ?? undefined,
    url: row.url ?? undefined,
    createdAt: row.created_at.getTime(),
    createdBy: row.created_by ?? undefined,
    acknowledgedAt: row.acknowledged_at?.getTime(),
    acknowledgedBy: row.acknowledged_by ?? undefined,
    resolvedAt: row.resolved_at?.getTime(),
    resolvedBy: row.resolved_by ?? undefined,
    level: row.level,
    escalateAt: row.escalate_at?.getTime(),
    people,
    names: row.names,
  };
}
