import { Knex } from 'knex';
import {
  CommitsEvent,
  DomainEvent,
  ServiceHint,
} from '@pavedroad/plugin-dora-common';
import { RawDeliveryEvent } from '@pavedroad/plugin-dora-node';
import { normaliseRepository, ServiceMapping } from '../catalog/serviceMapping';
import {
  DeliveryStore,
  InboxEntry,
  KnownReplay,
  RejectionEntry,
  ReplayResult,
  ReplayState,
  ReplayStep,
  Delivery,
  StoredRecord,
  TargetMove,
  UnresolvedTarget,
} from './DeliveryStore';
import { DOMAIN_EVENT_KIND } from './domainEventKinds';
import { digestKey } from './keys';
import { jsonArray, query } from './query';
import { commitIdsBody, commitsEvent } from './ServiceInputs';
import {
  DERIVING_LOCK,
  DROPPED_TO,
  MAPPING_LOCK,
  REPLAY,
  REPLAY_GENERATION,
} from './settings';
import { withRetries } from './withRetries';

const STATUS = { accepted: 1, ignored: 2 } as const;

/**
 * The first of the locks under which what concerns services besides the one it names is recorded. Whoever records such a thing marks
 * the services that refer to it, and who refers to it reads it when it is derived: for that, whoever comes second must see the first.
 */
const NAME_LOCK = 712_301_000;
/** Of each sort of thing so many that no batch can hold more locks than the server has. */
const NAME_LOCKS = 64;
const NAMED = ['incident', 'artifact', 'repository'] as const;

/** Something under a name, and whether it may only be recorded by one at a time. */
interface Name {
  of: (typeof NAMED)[number];
  name: string;
  alone: boolean;
}

const REPLAY_CHUNK = 1_000;

/** How what is known of a commit is put together: the greatest, or the least, of what was ever said. */
const COMMIT_MERGE = {
  parents: 'GREATEST',
  committed_at: 'LEAST',
  authored_at: 'LEAST',
  author_name: 'GREATEST',
  author_email: 'GREATEST',
  subject: 'GREATEST',
  paths: 'GREATEST',
  reverts: 'GREATEST',
} as const;

const MERGED_COMMIT = `${Object.entries(COMMIT_MERGE)
  .map(
    ([column, merge]) =>
      `${column} = ${merge}(commit.${column}, excluded.${column})`,
  )
  .join(', ')}
  WHERE commit.parents < excluded.parents
     OR commit.committed_at > excluded.committed_at
     OR ${Object.entries(COMMIT_MERGE)
       .slice(2)
       .map(
         ([column, merge]) => `(excluded.${column} IS NOT NULL AND
           coalesce(commit.${column} ${
           merge === 'LEAST' ? '>' : '<'
         } excluded.${column}, true))`,
       )
       .join(' OR ')}`;

/** The same, but that what earlier runs read is forgotten. */
const REPLAYED_COMMIT = `generation = excluded.generation, ${Object.entries(
  COMMIT_MERGE,
)
  .map(
    ([column, merge]) =>
      `${column} = CASE WHEN commit.generation = excluded.generation
         THEN ${merge}(commit.${column}, excluded.${column})
         ELSE excluded.${column} END`,
  )
  .join(', ')}`;

/** What placed events name, as rows. */
interface Names {
  targetOf: (event: PlacedEvent) => number | undefined;
  repositoryOf: (event: PlacedEvent) => number | undefined;
  repositories: Map<string, number>;
  /** Repositories that got a new link. */
  linked: number[];
}

/** Events of repositories, which services read through their repository. */
const REPOSITORY_SCOPED = new Set<DomainEvent['type']>([
  'commits',
  'pull_request',
]);

interface PlacedEvent {
  inboxId: string;
  event: DomainEvent;
  targetKey?: string;
  repository?: string;
  artifact?: string;
  /** The incident it is about, where that may belong to another service. */
  subject?: string;
}

/** {@link DeliveryStore} on PostgreSQL. */
export class DatabaseDeliveryStore implements DeliveryStore {
  /** @param options - `replayChunk`: how many events a step of a replay reads at once */
  static create(options: {
    knex: Knex;
    replayChunk?: number;
  }): DatabaseDeliveryStore {
    return new DatabaseDeliveryStore(
      options.knex,
      options.replayChunk ?? REPLAY_CHUNK,
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly replayChunk: number,
  ) {}

  async record(
    entries: InboxEntry[],
    mapping: ServiceMapping,
  ): Promise<boolean[]> {
    if (entries.length === 0) {
      return [];
    }
    const keyed = entries.map((entry, index) => ({
      entry,
      index,
      key: inboxKey(entry.event),
    }));
    // The first of equal members is the one recorded. One order for everybody,
    // so that two batches with the same events cannot block each other.
    const firstByKey = new Map<string, (typeof keyed)[number]>();
    for (const member of keyed) {
      if (!firstByKey.has(member.key)) {
        firstByKey.set(member.key, member);
      }
    }
    const distinct = [...firstByKey.values()].sort((a, b) =>
      a.key < b.key ? -1 : 1,
    );

    return withRetries(async () => {
      const fresh = new Array<boolean>(entries.length).fill(false);
      await this.knex.transaction(async tx => {
        await query(tx, 'SELECT pg_advisory_xact_lock_shared(?)', [
          MAPPING_LOCK,
        ]);
        const inserted = await this.insertInbox(tx, distinct);
        const placed: PlacedEvent[] = [];
        for (const { entry, index, key } of distinct) {
          const inboxId = inserted.get(key);
          if (inboxId !== undefined) {
            fresh[index] = true;
            for (const event of entry.domainEvents) {
              placed.push(place(inboxId, event));
            }
          }
        }
        await this.storeDomainEvents(tx, placed, mapping);
      });
      return fresh;
    });
  }

  async known(events: Delivery[]): Promise<boolean[]> {
    if (events.length === 0) {
      return [];
    }
    const keys = events.map(inboxKey);
    const rows = await query<{ key: string }>(
      this.knex,
      `SELECT replace(key::text, '-', '') AS key FROM inbox
       WHERE key = ANY(?::uuid[])`,
      [keys],
    );
    const found = new Set(rows.map(({ key }) => key));
    return keys.map(key => found.has(key));
  }

  private async insertInbox(
    tx: Knex,
    members: { entry: InboxEntry; key: string }[],
  ): Promise<Map<string, string>> {
    const rows = await query(
      tx,
      `INSERT INTO inbox (key, source, delivery_id, type, received_at, status,
         reason, sample, normaliser, normaliser_version, record)
       SELECT key, source, delivery_id, type, received_at, status, reason,
         sample, normaliser, normaliser_version, record::text
       FROM ROWS FROM (unnest(?::uuid[], ?::text[], ?::text[], ?::text[],
         ?::timestamptz[], ?::smallint[], ?::text[], ?::boolean[], ?::text[],
         ?::integer[]), json_array_elements(?::json))
         AS given (key, source, delivery_id, type, received_at, status, reason,
           sample, normaliser, normaliser_version, record)
       ON CONFLICT (key) DO NOTHING
       RETURNING id, replace(key::text, '-', '') AS key`,
      [
        members.map(({ key }) => key),
        members.map(({ entry }) => entry.event.source),
        members.map(({ entry }) => entry.event.id),
        members.map(({ entry }) => entry.event.type),
        members.map(({ entry }) => entry.event.receivedAt),
        members.map(({ entry }) => STATUS[entry.status]),
        members.map(({ entry }) => entry.reason ?? null),
        members.map(({ entry }) => entry.event.sample),
        members.map(({ entry }) => entry.normaliser),
        members.map(({ entry }) => entry.normaliserVersion),
        jsonArray(members.map(({ entry }) => JSON.stringify(entry.event))),
      ],
    );
    return new Map(
      (rows as { id: string; key: string }[]).map(({ id, key }) => [key, id]),
    );
  }

  /** Finds or makes the targets and repositories that events name, and links them. */
  private async internNames(
    tx: Knex,
    placed: PlacedEvent[],
    mapping: ServiceMapping,
    generation?: number,
  ): Promise<Names> {
    const targets = await this.internTargets(tx, placed, mapping);
    const repositories = await this.internRepositories(tx, placed);
    const targetOf = (event: PlacedEvent) =>
      event.targetKey === undefined ? undefined : targets.get(event.targetKey);
    const repositoryOf = (event: PlacedEvent) =>
      event.repository === undefined
        ? undefined
        : repositories.get(event.repository);
    const linked = await this.linkRepositories(
      tx,
      placed.map(event => [targetOf(event), repositoryOf(event)]),
      generation,
    );
    if (generation !== undefined && targets.size > 0) {
      await query(
        tx,
        `UPDATE target SET generation = ?
         WHERE id = ANY(?::integer[]) AND generation <> ?`,
        [generation, [...targets.values()], generation],
      );
    }
    return { targetOf, repositoryOf, repositories, linked };
  }

  /** Writes what events were normalised to, and answers what they name. Marks nothing. */
  private async writeDomainEvents(
    tx: Knex,
    placed: PlacedEvent[],
    mapping: ServiceMapping,
    generation?: number,
  ): Promise<Names> {
    const names = await this.internNames(tx, placed, mapping, generation);
    const { targetOf, repositoryOf, repositories } = names;
    await this.storeCommits(tx, placed, repositories, generation);

    // Commits have a table of their own. Their event says which ones it brought.
    if (placed.length > 0) {
      await query(
        tx,
        `INSERT INTO domain_event
           (inbox_id, kind, target_id, repository_id, artifact, body, subject)
         SELECT inbox_id, kind, target_id, repository_id, artifact, body, subject
         FROM ROWS FROM (unnest(?::bigint[], ?::smallint[], ?::integer[],
           ?::integer[], ?::uuid[], ?::uuid[]), json_array_elements(?::json))
           AS given (inbox_id, kind, target_id, repository_id, artifact, subject, body)`,
        [
          placed.map(({ inboxId }) => inboxId),
          placed.map(({ event }) => DOMAIN_EVENT_KIND[event.type]),
          placed.map(event =>
            REPOSITORY_SCOPED.has(event.event.type)
              ? null
              : targetOf(event) ?? null,
          ),
          placed.map(event =>
            REPOSITORY_SCOPED.has(event.event.type)
              ? repositoryOf(event) ?? null
              : null,
          ),
          placed.map(({ artifact }) => artifact ?? null),
          placed.map(({ subject }) => subject ?? null),
          jsonArray(
            placed.map(({ event }) =>
              event.type === 'commits'
                ? commitIdsBody(event)
                : JSON.stringify(event),
            ),
          ),
        ],
      );
    }
    return names;
  }

  private async storeDomainEvents(
    tx: Knex,
    placed: PlacedEvent[],
    mapping: ServiceMapping,
  ): Promise<void> {
    if (placed.length === 0) {
      return;
    }
    const { targetOf, repositoryOf, linked } = await this.writeDomainEvents(
      tx,
      placed,
      mapping,
    );
    const subjects = unique(placed.map(({ subject }) => subject));
    const repositoryIds = unique(
      placed
        .filter(({ event }) => REPOSITORY_SCOPED.has(event.type))
        .map(repositoryOf),
    );
    await lockNames(tx, [
      // Either of two that name one incident marks the other's service.
      ...subjects.map(name => ({ of: 'incident' as const, name, alone: true })),
      // Builds mark who deploys their artifact, and deployments come by the thousand: they wait for builds only.
      ...placed.flatMap(({ artifact: name, event }) =>
        name === undefined
          ? []
          : { of: 'artifact' as const, name, alone: event.type === 'build' },
      ),
      // Pushes mark who is linked to their repository, and links are few: pushes wait for new ones only.
      ...repositoryIds.map(id => repositoryName(id, false)),
      ...linked.map(id => repositoryName(id, true)),
    ]);
    await this.markTouched(tx, {
      targetIds: unique(placed.map(targetOf)),
      repositoryIds,
      builtArtifacts: unique(
        placed
          .filter(({ event }) => event.type === 'build')
          .map(({ artifact }) => artifact),
      ),
      subjects,
    });
  }

  private async internTargets(
    tx: Knex,
    placed: PlacedEvent[],
    mapping: ServiceMapping,
  ): Promise<Map<string, number>> {
    const hints = new Map<string, ServiceHint>();
    for (const { event, targetKey } of placed) {
      if (targetKey !== undefined) {
        hints.set(targetKey, hintOf(event)!);
      }
    }
    const keys = [...hints.keys()].sort();
    if (keys.length === 0) {
      return new Map();
    }
    const known = await this.readTargets(tx, keys);
    const missing = keys.filter(key => !known.has(key));
    if (missing.length === 0) {
      return known;
    }
    const resolutions = missing.map(key => mapping.resolve(hints.get(key)!));
    const services = await this.internServices(
      tx,
      mapping,
      resolutions.flatMap(found =>
        'entityRef' in found ? [found.entityRef] : [],
      ),
    );
    await query(
      tx,
      `INSERT INTO target (key, hint, service_id, unresolved)
       SELECT * FROM unnest(?::uuid[], ?::jsonb[], ?::integer[], ?::text[])
       ON CONFLICT (key) DO NOTHING`,
      [
        missing,
        missing.map(key => JSON.stringify(hints.get(key))),
        resolutions.map(found =>
          'entityRef' in found ? services.get(found.entityRef) ?? null : null,
        ),
        resolutions.map(found =>
          'unresolved' in found ? found.unresolved : null,
        ),
      ],
    );
    return this.readTargets(tx, keys);
  }

  private async readTargets(
    tx: Knex,
    keys: string[],
  ): Promise<Map<string, number>> {
    const rows = await query(
      tx,
      `SELECT id, replace(key::text, '-', '') AS key FROM target
       WHERE key = ANY(?::uuid[])`,
      [keys],
    );
    return new Map(
      (rows as { id: number; key: string }[]).map(({ id, key }) => [key, id]),
    );
  }

  private async internServices(
    tx: Knex,
    mapping: ServiceMapping,
    refs: string[],
  ): Promise<Map<string, number>> {
    const wanted = unique(refs).sort();
    if (wanted.length === 0) {
      return new Map();
    }
    const entries = wanted.map(ref => mapping.get(ref));
    await query(
      tx,
      `INSERT INTO service (entity_ref, repository, source_path, sample)
       SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::boolean[])
         AS given (entity_ref, repository, source_path, sample)
       WHERE NOT EXISTS (SELECT FROM service AS known
         WHERE known.entity_ref = given.entity_ref)
       ON CONFLICT (entity_ref) DO NOTHING`,
      [
        wanted,
        entries.map(entry => entry?.repository ?? null),
        entries.map(entry => entry?.sourcePath ?? null),
        entries.map(entry => entry?.sample ?? false),
      ],
    );
    const rows = await query(
      tx,
      'SELECT id, entity_ref FROM service WHERE entity_ref = ANY(?::text[])',
      [wanted],
    );
    return new Map(
      (rows as { id: number; entity_ref: string }[]).map(row => [
        row.entity_ref,
        row.id,
      ]),
    );
  }

  private async internRepositories(
    tx: Knex,
    placed: PlacedEvent[],
  ): Promise<Map<string, number>> {
    const slugs = unique(placed.map(({ repository }) => repository)).sort();
    if (slugs.length === 0) {
      return new Map();
    }
    const read = async () => {
      const rows = await query(
        tx,
        'SELECT id, slug FROM repository WHERE slug = ANY(?::text[])',
        [slugs],
      );
      return new Map(
        (rows as { id: number; slug: string }[]).map(({ id, slug }) => [
          slug,
          id,
        ]),
      );
    };
    let known = await read();
    if (known.size < slugs.length) {
      await query(
        tx,
        `INSERT INTO repository (slug) SELECT unnest(?::text[])
         ON CONFLICT (slug) DO NOTHING`,
        [slugs.filter(slug => !known.has(slug))],
      );
      known = await read();
    }
    return known;
  }

  /** Answers the repositories that got a new link. */
  private async linkRepositories(
    tx: Knex,
    pairs: [number | undefined, number | undefined][],
    generation?: number,
  ): Promise<number[]> {
    const links = new Map<string, [number, number]>();
    for (const [target, repository] of pairs) {
      if (target !== undefined && repository !== undefined) {
        links.set(`${target} ${repository}`, [target, repository]);
      }
    }
    if (links.size === 0) {
      return [];
    }
    const sorted = [...links.values()].sort(
      (a, b) => a[0] - b[0] || a[1] - b[1],
    );
    const added = await query<{ repository_id: number }>(
      tx,
      `INSERT INTO target_repository (target_id, repository_id, generation)
       SELECT *, ?::integer FROM unnest(?::integer[], ?::integer[])
       ON CONFLICT ${
         generation === undefined
           ? 'DO NOTHING'
           : '(target_id, repository_id) DO UPDATE SET generation = excluded.generation'
       } RETURNING repository_id`,
      [
        generation ?? 0,
        sorted.map(([target]) => target),
        sorted.map(([, repo]) => repo),
      ],
    );
    return unique(added.map(row => row.repository_id));
  }

  /**
   * A commit may come several times, with more or less known about it. What is
   * kept does not depend on the order: known beats unknown, and for contradictions,
   * which honest sources do not have, the database's order of values decides.
   *
   * @param generation - of a replay: what its events say takes the place of what was known before it began
   */
  private async storeCommits(
    tx: Knex,
    placed: PlacedEvent[],
    repositories: Map<string, number>,
    generation?: number,
  ): Promise<void> {
    const rows = placed.flatMap(({ event, repository }) =>
      event.type === 'commits'
        ? event.commits.map(commit => ({
            repositoryId: repositories.get(repository!)!,
            commit,
          }))
        : [],
    );
    if (rows.length === 0) {
      return;
    }
    await query(
      tx,
      `INSERT INTO commit (repository_id, id, parents, committed_at,
         authored_at, author_name, author_email, subject, paths, reverts,
         generation)
       SELECT repository_id, id, max(string_to_array(parents, ' ')),
         min(committed_at), min(authored_at), max(author_name),
         max(author_email), max(subject), max(paths), max(reverts), ?::integer
       FROM (
         SELECT repository_id, id, parents, committed_at, authored_at,
           author_name, author_email, subject,
           CASE WHEN paths IS NOT NULL
             THEN ARRAY(SELECT json_array_elements_text(paths)) END AS paths,
           string_to_array(reverts, ' ') AS reverts
         FROM unnest(?::integer[], ?::text[], ?::text[], ?::bigint[],
           ?::bigint[], ?::text[], ?::text[], ?::text[], ?::json[], ?::text[])
           AS given (repository_id, id, parents, committed_at, authored_at,
             author_name, author_email, subject, paths, reverts)
       ) AS split
       GROUP BY repository_id, id
       ORDER BY repository_id, id
       ON CONFLICT (repository_id, id) DO UPDATE SET ${
         generation === undefined ? MERGED_COMMIT : REPLAYED_COMMIT
       }`,
      [
        generation ?? 0,
        rows.map(({ repositoryId }) => repositoryId),
        rows.map(({ commit }) => commit.id),
        rows.map(({ commit }) => commit.parents.join(' ')),
        rows.map(({ commit }) => Date.parse(commit.committedAt)),
        rows.map(({ commit }) =>
          commit.authoredAt === undefined
            ? null
            : Date.parse(commit.authoredAt),
        ),
        rows.map(({ commit }) => commit.authorName ?? null),
        rows.map(({ commit }) => commit.authorEmail ?? null),
        rows.map(({ commit }) => commit.subject ?? null),
        rows.map(({ commit }) =>
          commit.paths === undefined ? null : JSON.stringify(commit.paths),
        ),
        rows.map(({ commit }) =>
          commit.reverts?.length ? commit.reverts.join(' ') : null,
        ),
      ],
    );
    const branches = new Map<string, string>();
    for (const { event, repository } of placed) {
      if (event.type === 'commits' && (event as CommitsEvent).defaultBranch) {
        branches.set(repository!, event.defaultBranch!);
      }
    }
    for (const [slug, branch] of [...branches].sort()) {
      await query(
        tx,
        `UPDATE repository SET default_branch = ?
         WHERE slug = ? AND default_branch IS DISTINCT FROM ?`,
        [branch, slug, branch],
      );
    }
  }

  private async markTouched(
    tx: Knex,
    touched: {
      targetIds: number[];
      repositoryIds: number[];
      builtArtifacts: string[];
      subjects: string[];
    },
  ): Promise<void> {
    await query(
      tx,
      `INSERT INTO dirty_service (service_id)
       SELECT service_id FROM target
         WHERE id = ANY(?::integer[]) AND service_id IS NOT NULL
       UNION
       SELECT service.id FROM repository
         JOIN service ON service.repository = repository.slug
         WHERE repository.id = ANY(?::integer[])
       UNION
       SELECT target.service_id FROM target_repository
         JOIN target ON target.id = target_repository.target_id
         WHERE target_repository.repository_id = ANY(?::integer[])
           AND target.service_id IS NOT NULL
       UNION
       SELECT target.service_id FROM domain_event
         JOIN target ON target.id = domain_event.target_id
         WHERE domain_event.artifact = ANY(?::uuid[])
           AND target.service_id IS NOT NULL
       UNION
       SELECT target.service_id FROM domain_event
         JOIN target ON target.id = domain_event.target_id
         WHERE domain_event.subject = ANY(?::uuid[])
           AND target.service_id IS NOT NULL`,
      [
        touched.targetIds,
        touched.repositoryIds,
        touched.repositoryIds,
        touched.builtArtifacts,
        touched.subjects,
      ],
    );
  }

  async recordRejections(entries: RejectionEntry[]): Promise<void> {
    if (entries.length === 0) {
      return;
    }
    await query(
      this.knex,
      `INSERT INTO rejection (received_at, source, delivery_id, reason)
       SELECT * FROM unnest(?::timestamptz[], ?::text[], ?::text[], ?::text[])`,
      [
        entries.map(({ receivedAt }) => receivedAt),
        entries.map(({ source }) => source ?? null),
        entries.map(({ deliveryId }) => deliveryId ?? null),
        entries.map(({ reason }) => reason),
      ],
    );
  }

  async pruneRejections(before: Date): Promise<void> {
    await this.knex('rejection').where('received_at', '<', before).delete();
  }

  async applyMapping(
    mapping: ServiceMapping,
    onMoved?: (move: TargetMove) => void,
  ): Promise<boolean> {
    return withRetries(() =>
      this.knex.transaction(async tx => {
        await query(tx, 'SELECT pg_advisory_xact_lock(?)', [MAPPING_LOCK]);
        const entries = mapping.entries();
        const changed = await query<{ id: number; added: boolean }>(
          tx,
          // What is the same already is not even tried: each try would use up an id.
          `INSERT INTO service (entity_ref, repository, source_path, sample)
           SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::boolean[])
             AS given (entity_ref, repository, source_path, sample)
           WHERE NOT EXISTS (SELECT FROM service AS known
             WHERE known.entity_ref = given.entity_ref
               AND (known.repository, known.source_path, known.sample)
                 IS NOT DISTINCT FROM
                 (given.repository, given.source_path, given.sample))
           ON CONFLICT (entity_ref) DO UPDATE SET
             repository = excluded.repository,
             source_path = excluded.source_path,
             sample = excluded.sample
           WHERE (service.repository, service.source_path, service.sample)
             IS DISTINCT FROM
             (excluded.repository, excluded.source_path, excluded.sample)
           RETURNING id, xmax = 0 AS added`,
          [
            entries.map(({ entityRef }) => entityRef),
            entries.map(({ repository }) => repository ?? null),
            entries.map(({ sourcePath }) => sourcePath ?? null),
            entries.map(({ sample }) => sample),
          ],
        );
        const moved = await this.resolveTargets(tx, mapping, { onMoved });
        const gained = new Set(moved);
        // What is new in the catalog, and no event led to, has nothing that waits since long ago.
        const isFresh = ({ id, added }: (typeof changed)[number]) =>
          added && !gained.has(id);
        const fresh = changed.filter(isFresh);
        const dirty = unique([
          ...changed.filter(row => !isFresh(row)).map(({ id }) => id),
          ...moved,
        ]);
        await markDirty(tx, dirty);
        await markDirty(
          tx,
          fresh.map(({ id }) => id),
          { sinceNow: true },
        );
        return dirty.length + fresh.length > 0;
      }),
    );
  }

  async resolveUnresolved(mapping: ServiceMapping): Promise<boolean> {
    return withRetries(() =>
      this.knex.transaction(async tx => {
        const rows = await query(
          tx,
          'SELECT 1 FROM target WHERE service_id IS NULL LIMIT 1',
        );
        if (rows.length === 0) {
          return false;
        }
        await query(tx, 'SELECT pg_advisory_xact_lock(?)', [MAPPING_LOCK]);
        const moved = unique(
          await this.resolveTargets(tx, mapping, {
            where: 'WHERE service_id IS NULL',
          }),
        );
        await markDirty(tx, moved);
        return moved.length > 0;
      }),
    );
  }

  /** Resolves targets anew; answers the services that gained or lost one. */
  private async resolveTargets(
    tx: Knex,
    mapping: ServiceMapping,
    options: { where?: string; onMoved?: (move: TargetMove) => void },
  ): Promise<number[]> {
    const { where = '', onMoved } = options;
    const rows = await query(
      tx,
      `SELECT target.id, hint, service_id, service.entity_ref, unresolved
       FROM target LEFT JOIN service ON service.id = service_id ${where}`,
    );
    const touched: number[] = [];
    for (const row of rows as {
      id: number;
      hint: ServiceHint;
      service_id: number | null;
      entity_ref: string | null;
      unresolved: string | null;
    }[]) {
      const found = mapping.resolve(row.hint);
      if ('entityRef' in found && found.entityRef !== row.entity_ref) {
        const ids = await this.internServices(tx, mapping, [found.entityRef]);
        const serviceId = ids.get(found.entityRef)!;
        await tx('target')
          .where('id', row.id)
          .update({ service_id: serviceId, unresolved: null });
        touched.push(serviceId);
        if (row.service_id !== null) {
          touched.push(row.service_id);
          if (mapping.get(row.entity_ref!)) {
            onMoved?.({ from: row.entity_ref!, to: found.entityRef });
          }
        }
      } else if (
        'unresolved' in found &&
        found.unresolved !== 'unknown_service' &&
        row.entity_ref !== null &&
        mapping.get(row.entity_ref)
      ) {
        // Another service claims the same repository or alias now. Who came first must
        // not decide: the events wait, and are reported, until one is named.
        await tx('target')
          .where('id', row.id)
          .update({ service_id: null, unresolved: found.unresolved });
        touched.push(row.service_id!);
        onMoved?.({ from: row.entity_ref });
      } else if (
        'unresolved' in found &&
        row.service_id === null &&
        row.unresolved !== found.unresolved
      ) {
        // A service that left the catalog keeps its history: only targets that
        // never had one change their reason.
        await tx('target')
          .where('id', row.id)
          .update({ unresolved: found.unresolved });
      }
    }
    return touched;
  }

  async applySettings(fingerprint: string): Promise<boolean> {
    return this.knex.transaction(async tx => {
      const rows = await query(
        tx,
        `INSERT INTO setting (name, value) VALUES ('facts', ?)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value
         WHERE setting.value <> excluded.value
         RETURNING name`,
        [fingerprint],
      );
      if (rows.length === 0) {
        return false;
      }
      await query(
        tx,
        'INSERT INTO dirty_service (service_id, marked_at) SELECT id, NULL FROM service',
      );
      return true;
    });
  }

  async unresolvedTargets(limit: number): Promise<UnresolvedTarget[]> {
    const rows = await query(
      this.knex,
      `SELECT hint, unresolved, first_seen,
         (SELECT count(*) FROM domain_event WHERE target_id = target.id) AS events
       FROM target WHERE service_id IS NULL ORDER BY id LIMIT ?`,
      [limit],
    );
    return (
      rows as {
        hint: ServiceHint;
        unresolved: string;
        first_seen: Date;
        events: string;
      }[]
    ).map(row => ({
      hint: row.hint,
      reason: row.unresolved,
      events: Number(row.events),
      firstSeen: row.first_seen.toISOString(),
    }));
  }

  async countUnmapped(serviceRefs?: string[]): Promise<number> {
    const rows = await query<{ events: string }>(
      this.knex,
      `SELECT count(*) AS events FROM target
       JOIN domain_event ON domain_event.target_id = target.id
       WHERE service_id IS NULL
       ${
         serviceRefs
           ? `AND unresolved = 'ambiguous_repository' AND EXISTS (
                SELECT 1 FROM service WHERE entity_ref = ANY(?::text[])
                AND repository IN (hint->>'repository', lower(hint->>'name')))`
           : ''
       }`,
      serviceRefs ? [serviceRefs] : [],
    );
    return Number(rows[0].events);
  }

  async normaliserVersions(): Promise<Record<string, number>> {
    return readVersions(this.knex);
  }

  async replaying(): Promise<ReplayState | undefined> {
    return readReplay(this.knex);
  }

  async beginReplay(
    versions: Record<string, number>,
    since?: KnownReplay,
  ): Promise<boolean> {
    return this.knex.transaction(async tx => {
      await query(tx, 'SELECT pg_advisory_xact_lock(?)', [DERIVING_LOCK]);
      await query(tx, 'SELECT pg_advisory_xact_lock(?)', [MAPPING_LOCK]);
      const underWay = await readReplay(tx);
      if (
        since &&
        (!sameVersions(since.stored, await readVersions(tx)) ||
          JSON.stringify(since.underWay) !== JSON.stringify(underWay))
      ) {
        return false;
      }
      const [{ generation }] = await query<{ generation: string }>(
        tx,
        `INSERT INTO setting (name, value) VALUES (?, '1')
         ON CONFLICT (name) DO UPDATE SET value = (setting.value::integer + 1)::text
         RETURNING value AS generation`,
        [REPLAY_GENERATION],
      );
      // Payloads are dropped up to here, and no further while the run lasts.
      const [dropped] = await query<{ value: string }>(
        tx,
        'SELECT value FROM setting WHERE name = ? FOR UPDATE',
        [DROPPED_TO],
      );
      const [{ last }] = await query<{ last: string }>(
        tx,
        'SELECT coalesce(max(id), 0) AS last FROM inbox',
      );
      await writeReplay(tx, {
        generation: Number(generation),
        versions,
        stage: dropped ? 'kept' : 'anew',
        after: '0',
        droppedTo: dropped?.value ?? '0',
        last,
        normalised: 0,
        kept: 0,
      });
      // Only a replay looks for events by what they were normalised from: at all other times it would slow down ingestion.
      await query(
        tx,
        'CREATE INDEX IF NOT EXISTS domain_event_inbox_idx ON domain_event (inbox_id)',
      );
      return true;
    });
  }

  async replayStep(
    normalise: (record: StoredRecord) => InboxEntry,
    mapping: ServiceMapping,
    versions: Record<string, number>,
  ): Promise<ReplayStep | undefined> {
    return withRetries(() =>
      this.knex.transaction(async tx => {
        // Exclusive: what is recorded meanwhile writes the same rows. Others come in between two steps.
        await query(tx, 'SELECT pg_advisory_xact_lock(?)', [MAPPING_LOCK]);
        let state = await readReplay(tx);
        if (!state || !sameVersions(state.versions, versions)) {
          return undefined;
        }
        for (;;) {
          const read: number =
            state.stage === 'kept'
              ? await this.keepSome(tx, state, mapping)
              : await this.normaliseSome(tx, state, normalise, mapping);
          if (read === 0 && state.stage === 'kept') {
            state = { ...state, stage: 'anew', after: '0' };
          } else if (read === 0) {
            await this.finishReplay(tx, state, mapping);
            return { ...state, done: true };
          }
          // What came since it began is worked off in one go: else whoever sends fast enough would put off the end for ever.
          if (
            state.stage === 'kept' ||
            BigInt(state.after) < BigInt(state.last)
          ) {
            await writeReplay(tx, state);
            return { ...state, done: false };
          }
        }
      }),
    );
  }

  async replay(
    normalise: (record: StoredRecord) => InboxEntry,
    mapping: ServiceMapping,
  ): Promise<ReplayResult> {
    const versions = await this.normaliserVersions();
    await this.beginReplay(versions);
    for (;;) {
      const step = await this.replayStep(normalise, mapping, versions);
      if (!step || step.done) {
        return { normalised: step?.normalised ?? 0, kept: step?.kept ?? 0 };
      }
    }
  }

  /**
   * Of events whose raw payloads are no longer kept, what they were normalised to cannot be made again, and stays: what they
   * lead to is of this run before others of this run take its place. A commit may have come in several events; what all of
   * them said of it stays.
   */
  private async keepSome(
    tx: Knex,
    state: ReplayState,
    mapping: ServiceMapping,
  ): Promise<number> {
    const rows = await query<{ id: string }>(
      tx,
      `SELECT id FROM inbox WHERE id > ? AND id <= ? AND record IS NULL
       ORDER BY id LIMIT ?`,
      [state.after, state.droppedTo, this.replayChunk],
    );
    if (rows.length > 0) {
      const ids = rows.map(({ id }) => id);
      await this.keepNormalised(tx, ids, mapping, state.generation);
      state.after = ids[ids.length - 1];
    }
    return rows.length;
  }

  private async keepNormalised(
    tx: Knex,
    inboxIds: string[],
    mapping: ServiceMapping,
    generation: number,
  ): Promise<void> {
    const events = await query<{
      inbox_id: string;
      kind: number;
      body: DomainEvent;
    }>(
      tx,
      `SELECT inbox_id, kind, body FROM domain_event
       WHERE inbox_id = ANY(?::bigint[]) ORDER BY id`,
      [inboxIds],
    );
    await this.internNames(
      tx,
      events.map(({ inbox_id: inboxId, kind, body }) =>
        place(
          inboxId,
          kind === DOMAIN_EVENT_KIND.commits ? commitsEvent(body, []) : body,
        ),
      ),
      mapping,
      generation,
    );
    await query(
      tx,
      `UPDATE commit SET generation = ?
       FROM domain_event
       CROSS JOIN LATERAL json_array_elements_text(body->'ids') AS named (id)
       WHERE inbox_id = ANY(?::bigint[]) AND kind = ?
         AND commit.repository_id = domain_event.repository_id
         AND commit.id = named.id AND commit.generation <> ?`,
      [generation, inboxIds, DOMAIN_EVENT_KIND.commits, generation],
    );
  }

  private async normaliseSome(
    tx: Knex,
    state: ReplayState,
    normalise: (record: StoredRecord) => InboxEntry,
    mapping: ServiceMapping,
  ): Promise<number> {
    const rows = await query<{ id: string; record: string | null }>(
      tx,
      'SELECT id, record FROM inbox WHERE id > ? ORDER BY id LIMIT ?',
      [state.after, this.replayChunk],
    );
    if (rows.length === 0) {
      return 0;
    }
    const entries = rows.flatMap(({ id, record }) =>
      record === null
        ? []
        : [
            {
              id,
              entry: normalise({
                inboxId: id,
                event: JSON.parse(record) as RawDeliveryEvent,
              }),
            },
          ],
    );
    const kept = rows.flatMap(({ id, record }) => (record === null ? id : []));
    if (kept.length > 0) {
      await this.keepNormalised(tx, kept, mapping, state.generation);
    }
    await query(
      tx,
      `UPDATE inbox SET status = given.status, reason = given.reason,
         normaliser = given.normaliser, normaliser_version = given.version
       FROM unnest(?::bigint[], ?::smallint[], ?::text[], ?::text[],
         ?::integer[]) AS given (id, status, reason, normaliser, version)
       WHERE inbox.id = given.id`,
      [
        entries.map(({ id }) => id),
        entries.map(({ entry }) => STATUS[entry.status]),
        entries.map(({ entry }) => entry.reason ?? null),
        entries.map(({ entry }) => entry.normaliser),
        entries.map(({ entry }) => entry.normaliserVersion),
      ],
    );
    await query(
      tx,
      'DELETE FROM domain_event WHERE inbox_id = ANY(?::bigint[])',
      [entries.map(({ id }) => id)],
    );
    await this.writeDomainEvents(
      tx,
      entries.flatMap(({ id, entry }) =>
        entry.domainEvents.map(event => place(id, event)),
      ),
      mapping,
      state.generation,
    );
    state.normalised += entries.length;
    state.kept += kept.length;
    state.after = rows[rows.length - 1].id;
    return rows.length;
  }

  /** Removes what no event says any more, and has everything derived. */
  private async finishReplay(
    tx: Knex,
    { generation, versions }: ReplayState,
    mapping: ServiceMapping,
  ): Promise<void> {
    for (const table of ['target_repository', 'target', 'commit']) {
      await query(tx, 'DELETE FROM ?? WHERE generation <> ?', [
        table,
        generation,
      ]);
    }
    await this.resolveTargets(tx, mapping, {});
    await forgetInputs(tx);
    await query(
      tx,
      'INSERT INTO dirty_service (service_id, marked_at) SELECT id, NULL FROM service',
    );
    await query(
      tx,
      `INSERT INTO setting (name, value) VALUES ('normalisers', ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      [JSON.stringify(versions)],
    );
    await query(tx, 'DELETE FROM setting WHERE name = ?', [REPLAY]);
    await query(tx, 'DROP INDEX IF EXISTS domain_event_inbox_idx');
  }
}

async function readVersions(knex: Knex): Promise<Record<string, number>> {
  const [row] = await query<{ value: string }>(
    knex,
    "SELECT value FROM setting WHERE name = 'normalisers'",
  );
  return row ? JSON.parse(row.value) : {};
}

async function readReplay(knex: Knex): Promise<ReplayState | undefined> {
  const [row] = await query<{ value: string }>(
    knex,
    'SELECT value FROM setting WHERE name = ?',
    [REPLAY],
  );
  return row && (JSON.parse(row.value) as ReplayState);
}

async function writeReplay(tx: Knex, state: ReplayState): Promise<void> {
  await query(
    tx,
    `INSERT INTO setting (name, value) VALUES (?, ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [REPLAY, JSON.stringify(state)],
  );
}

/** Whether the same sources in the same versions read the events. */
export function sameVersions(
  a: Record<string, number>,
  b: Record<string, number>,
): boolean {
  const sorted = (versions: Record<string, number>) =>
    JSON.stringify(Object.entries(versions).sort());
  return sorted(a) === sorted(b);
}

/** The hint by which an event finds its service; releases fall back to their repository. */
function hintOf(event: DomainEvent): ServiceHint | undefined {
  const repository =
    'repository' in event && event.repository
      ? normaliseRepository(event.repository)
      : undefined;
  const hint: ServiceHint = {
    entityRef: event.service?.entityRef,
    name: event.service?.name,
    repository: event.service?.repository
      ? normaliseRepository(event.service.repository)
      : undefined,
    path: event.service?.path,
    aliases: event.service?.aliases,
  };
  if (Object.values(hint).some(value => value !== undefined)) {
    return hint;
  }
  // Commits and pull requests belong to a repository, whoever deploys it.
  return repository && !REPOSITORY_SCOPED.has(event.type)
    ? { repository }
    : undefined;
}

function place(inboxId: string, event: DomainEvent): PlacedEvent {
  const hint = hintOf(event);
  const repository =
    'repository' in event && event.repository
      ? normaliseRepository(event.repository)
      : hint?.repository;
  const artifact =
    'artifact' in event && event.artifact
      ? // Qualifiers and subpath do not name the artifact.
        digestKey(event.artifact.split(/[?#]/)[0])
      : undefined;
  return {
    inboxId,
    event,
    // A build belongs to whoever deploys its artifact.
    targetKey:
      hint && event.type !== 'build'
        ? digestKey(
            hint.entityRef ?? '',
            hint.name ?? '',
            hint.repository ?? '',
            hint.path ?? '',
            ...(hint.aliases ?? []),
          )
        : undefined,
    repository,
    artifact,
    subject:
      event.type === 'incident' && event.acrossServices
        ? digestKey(event.incidentId)
        : undefined,
  };
}

/** What is sent for one service only has names of its own: else whoever may could take the place of others' events. */
function inboxKey({ source, id, onlyFor }: Delivery): string {
  return digestKey(source, id, ...(onlyFor === undefined ? [] : [onlyFor]));
}

function repositoryName(id: number, alone: boolean): Name {
  return { of: 'repository', name: digestKey(String(id)), alone };
}

/** Until the transaction ends; in one order for everybody, so that two batches cannot block each other. */
async function lockNames(tx: Knex, names: Name[]): Promise<void> {
  const locks = new Map<number, boolean>();
  for (const { of, name, alone } of names) {
    const lock =
      NAME_LOCK +
      NAMED.indexOf(of) * NAME_LOCKS +
      (parseInt(name.slice(0, 2), 16) % NAME_LOCKS);
    locks.set(lock, alone || locks.get(lock) === true);
  }
  if (locks.size > 0) {
    const sorted = [...locks].sort(([a], [b]) => a - b);
    await query(
      tx,
      `SELECT CASE WHEN alone THEN pg_advisory_xact_lock(number)
         ELSE pg_advisory_xact_lock_shared(number) END
       FROM unnest(?::integer[], ?::boolean[]) AS given (number, alone)`,
      [sorted.map(([lock]) => lock), sorted.map(([, alone]) => alone)],
    );
  }
}

/** Tells every backend that events were removed, so that what it keeps in memory is of no use. */
async function forgetInputs(tx: Knex): Promise<void> {
  await query(
    tx,
    `INSERT INTO setting (name, value) VALUES ('inputs', '1')
     ON CONFLICT (name) DO UPDATE SET value = (setting.value::bigint + 1)::text`,
  );
}

/**
 * Marks services whose inputs changed otherwise than by an event that is just being recorded. Such a mark has no moment: what is missing
 * until they are derived was recorded at any time before. `sinceNow` is for those of which nothing was.
 */
export async function markDirty(
  tx: Knex,
  serviceIds: number[],
  { sinceNow = false }: { sinceNow?: boolean } = {},
): Promise<void> {
  if (serviceIds.length > 0) {
    await query(
      tx,
      `INSERT INTO dirty_service (service_id, marked_at)
       SELECT unnest(?::integer[]), CASE WHEN ? THEN now() END`,
      [serviceIds, sinceNow],
    );
  }
}

function unique<T>(values: (T | undefined)[]): T[] {
  return [...new Set(values)].filter(
    (value): value is T => value !== undefined,
  );
}
