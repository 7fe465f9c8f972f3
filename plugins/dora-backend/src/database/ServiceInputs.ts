import {
  CommitGraph,
  CommitRecord,
  CommitsEvent,
  DomainEvent,
  IncidentEvent,
  shapesHistory,
} from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { DOMAIN_EVENT_KIND } from './domainEventKinds';
import { query } from './query';
import { WeightedCache } from './WeightedCache';

/** Everything the facts of a service are derived from. */
export interface ServiceInput {
  events: DomainEvent[];
  graph: CommitGraph;
  /** Equal as long as nothing came that shapes the history. */
  historyKey: string;
  /** Number of events and commits. */
  size: number;
}

/** The events of one service that are kept in memory. */
interface ServiceState {
  epoch: string;
  /** Everything written by older transactions is here. */
  horizon: string;
  targets: readonly number[];
  /** By id in the database, builds of its artifacts included. */
  events: Map<string, DomainEvent>;
  artifacts: Set<string>;
  /** Incidents that may belong to another service. */
  subjects: Set<string>;
  /** What is said of those incidents with another service, or none. */
  said: Map<string, IncidentEvent & { elsewhere?: true }>;
  /** Changes with every event that shapes the history. */
  version: number;
}

/** The pull requests and commits of one repository that are kept in memory. */
interface RepositoryState {
  epoch: string;
  horizon: string;
  events: Map<string, DomainEvent>;
  commits: Map<string, CommitRecord>;
  version: number;
  graph?: CommitGraph;
}

interface Place {
  service_id: number;
  horizon: string;
  epoch: string;
  targets: number[];
  repositories: number[];
}

interface EventRow {
  id: string;
  body: DomainEvent;
  artifact: string | null;
  subject: string | null;
}

/** Older than every transaction. */
const BEGINNING = '0';
const COMMIT_COLUMNS = `commit.repository_id, commit.id, parents, committed_at,
  authored_at, author_name, author_email, subject, paths, reverts`;

/** Rows of `given` with what is new of each. OFFSET keeps the planner from joining in another way than by the index. */
const NEW_EVENTS = (column: 'target_id' | 'repository_id') => `
  CROSS JOIN LATERAL (
    SELECT id, kind, body, artifact, subject FROM domain_event
    WHERE ${column} = given.${column} AND txid >= given.since
    OFFSET 0
  ) AS event`;

/**
 * Reads the inputs of services, and keeps those used last so that the next time only what is new is read.
 *
 * What is new is told by transaction: an event whose transaction is older than every one that ran when the
 * service was last read was seen then. So it does not matter which backend wrote an event, or worked it
 * off. There is no upper bound: in a database restored from a dump, events bear numbers of transactions that are
 * yet to come there. They are read every time, which changes nothing. Events are only ever removed under a new epoch, in which everything is read anew.
 */
export class ServiceInputs {
  private stamp = 0;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly cache: WeightedCache) {}

  /** Inputs in the order of the services. */
  async read(
    tx: Knex,
    services: { id: number; sourcePath?: string }[],
  ): Promise<ServiceInput[]> {
    // One at a time: two readers of one repository could otherwise put an older
    // commit record over a newer one.
    const mine = this.turn.then(() => this.readNow(tx, services));
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async readNow(
    tx: Knex,
    services: { id: number; sourcePath?: string }[],
  ): Promise<ServiceInput[]> {
    const rows = await query<Place>(
      tx,
      `SELECT service.id AS service_id,
         pg_snapshot_xmin(pg_current_snapshot())::text AS horizon,
         coalesce((SELECT value FROM setting WHERE name = 'inputs'), '') AS epoch,
         ARRAY(SELECT target.id FROM target
           WHERE target.service_id = service.id ORDER BY 1) AS targets,
         ARRAY(SELECT repository.id FROM repository
             WHERE repository.slug = service.repository
           UNION SELECT repository_id FROM target
             JOIN target_repository ON target_id = target.id
             WHERE target.service_id = service.id
           ORDER BY 1) AS repositories
       FROM service WHERE id = ANY(?::integer[])`,
      [services.map(({ id }) => id)],
    );
    const places = new Map(rows.map(row => [row.service_id, row]));
    const states = await this.readServices(tx, rows);
    const repositories = await this.readRepositories(tx, rows);
    return services.map(({ id, sourcePath = '' }) => {
      const place = places.get(id)!;
      const state = states.get(id)!;
      const own = place.repositories.map(key => repositories.get(key)!);
      const size =
        state.events.size +
        state.said.size +
        own.reduce((sum, r) => sum + r.events.size + r.commits.size, 0);
      return {
        events: [
          ...state.events.values(),
          ...saidElsewhere(state),
          ...own.flatMap(({ events }) => [...events.values()]),
        ],
        graph: graphOf(own),
        historyKey: [
          state.version,
          ...own.map(({ version }) => version),
          sourcePath,
        ].join(' '),
        size,
      };
    });
  }

  private async readServices(
    tx: Knex,
    places: Place[],
  ): Promise<Map<number, ServiceState>> {
    const states = new Map<number, ServiceState>();
    const wanted: { service: number; target: number; since: string }[] = [];
    const named: { service: number; subject: string; since: string }[] = [];
    let buildsSince: string | undefined;
    for (const place of places) {
      const kept = this.cache.get<ServiceState>(`s${place.service_id}`);
      const targets = new Set(place.targets);
      const usable =
        kept?.epoch === place.epoch &&
        kept.targets.every(target => targets.has(target));
      const state: ServiceState = usable
        ? kept
        : {
            epoch: place.epoch,
            horizon: BEGINNING,
            targets: [],
            events: new Map(),
            artifacts: new Set(),
            subjects: new Set(),
            said: new Map(),
            version: ++this.stamp,
          };
      // Not in the cache while it is being changed: a failure leaves none behind.
      this.cache.delete(`s${place.service_id}`);
      states.set(place.service_id, state);
      for (const target of place.targets) {
        const known = usable && state.targets.includes(target);
        wanted.push({
          service: place.service_id,
          target,
          since: known ? state.horizon : BEGINNING,
        });
      }
      if (usable && state.artifacts.size > 0) {
        buildsSince = earlier(buildsSince, state.horizon);
      }
      for (const subject of state.subjects) {
        named.push({
          service: place.service_id,
          subject,
          since: state.horizon,
        });
      }
    }
    const rows = await query<EventRow & { service_id: number }>(
      tx,
      `SELECT given.service_id, event.id, event.body, event.artifact,
         event.subject
       FROM unnest(?::integer[], ?::integer[], ?::xid8[])
         AS given (service_id, target_id, since)
       ${NEW_EVENTS('target_id')}`,
      [
        wanted.map(({ service }) => service),
        wanted.map(({ target }) => target),
        wanted.map(({ since }) => since),
      ],
    );
    const unheardOf = new Set<string>();
    for (const row of rows) {
      const state = states.get(row.service_id)!;
      this.add(state, row);
      if (row.artifact !== null && !state.artifacts.has(row.artifact)) {
        state.artifacts.add(row.artifact);
        unheardOf.add(row.artifact);
      }
      if (row.subject !== null && !state.subjects.has(row.subject)) {
        state.subjects.add(row.subject);
        named.push({
          service: row.service_id,
          subject: row.subject,
          since: BEGINNING,
        });
      }
    }
    for (const row of await readSaid(tx, named, wanted)) {
      states.get(row.service_id)!.said.set(row.id, row.body);
    }
    for (const build of await readBuilds(tx, [...unheardOf], buildsSince)) {
      for (const state of states.values()) {
        if (state.artifacts.has(build.artifact!)) {
          this.add(state, build);
        }
      }
    }
    for (const place of places) {
      const state = states.get(place.service_id)!;
      state.horizon = place.horizon;
      state.targets = place.targets;
      this.cache.set(
        `s${place.service_id}`,
        state,
        state.events.size + state.said.size,
      );
    }
    return states;
  }

  private async readRepositories(
    tx: Knex,
    places: Place[],
  ): Promise<Map<number, RepositoryState>> {
    const states = new Map<number, RepositoryState>();
    const horizons = new Map<number, string>();
    const cold: number[] = [];
    for (const { repositories, epoch, horizon } of places) {
      for (const id of repositories) {
        if (states.has(id)) {
          continue;
        }
        const kept = this.cache.get<RepositoryState>(`r${id}`);
        this.cache.delete(`r${id}`);
        const usable = kept?.epoch === epoch;
        states.set(
          id,
          usable
            ? kept
            : {
                epoch,
                horizon: BEGINNING,
                events: new Map(),
                commits: new Map(),
                version: ++this.stamp,
              },
        );
        horizons.set(id, horizon);
        if (!usable) {
          cold.push(id);
        }
      }
    }
    const ids = [...states.keys()];
    if (ids.length === 0) {
      return states;
    }
    const rows = await query<
      EventRow & { repository_id: number; kind: number }
    >(
      tx,
      `SELECT given.repository_id, event.id, event.kind, event.body,
         event.artifact, event.subject
       FROM unnest(?::integer[], ?::xid8[]) AS given (repository_id, since)
       ${NEW_EVENTS('repository_id')}
       WHERE given.since > '0' OR event.kind <> ?`,
      [ids, ids.map(id => states.get(id)!.horizon), DOMAIN_EVENT_KIND.commits],
    );
    const commits = cold.length === 0 ? [] : await readAllCommits(tx, cold);
    const named: { repository: number; id: string }[] = [];
    for (const row of rows) {
      if (row.kind === DOMAIN_EVENT_KIND.commits) {
        for (const id of commitIdsOf(row.body)) {
          named.push({ repository: row.repository_id, id });
        }
      } else {
        this.add(states.get(row.repository_id)!, row);
      }
    }
    commits.push(...(await readCommits(tx, named)));
    for (const row of commits) {
      const state = states.get(row.repository_id)!;
      state.commits.set(row.id, commitOfRow(row));
      state.version = ++this.stamp;
      state.graph = undefined;
    }
    for (const [id, state] of states) {
      state.horizon = horizons.get(id)!;
      // The graph over the commits takes about as much memory as they do.
      this.cache.set(
        `r${id}`,
        state,
        state.events.size + 2 * state.commits.size,
      );
    }
    return states;
  }

  private add(
    state: { events: Map<string, DomainEvent>; version: number },
    { id, body }: EventRow,
  ): void {
    if (!state.events.has(id)) {
      state.events.set(id, body);
      if (shapesHistory(body)) {
        state.version = ++this.stamp;
      }
    }
  }
}

/** The body under which an event of commits is kept: what it says but for the commits, and their ids. */
export function commitIdsBody({ commits, ...said }: CommitsEvent): string {
  return JSON.stringify({ ...said, ids: commits.map(({ id }) => id) });
}

/** The event that {@link commitIdsBody} made the body of. */
export function commitsEvent(
  body: unknown,
  commits: CommitRecord[],
): CommitsEvent {
  const { ids: _, ...said } = body as Omit<CommitsEvent, 'commits'> & {
    ids: string[];
  };
  return { ...said, commits };
}

function commitIdsOf(body: unknown): string[] {
  return (body as { ids: string[] }).ids;
}

function earlier(a: string | undefined, b: string): string {
  return a !== undefined && BigInt(a) < BigInt(b) ? a : b;
}

/**
 * What is said of incidents beside a service's own events. What names a service, even one that the catalog does not know, says
 * that the incident is elsewhere.
 */
async function readSaid(
  tx: Knex,
  named: { service: number; subject: string; since: string }[],
  own: { service: number; target: number }[],
): Promise<{ service_id: number; id: string; body: IncidentEvent }[]> {
  if (named.length === 0) {
    return [];
  }
  const rows = await query<{
    service_id: number;
    id: string;
    body: IncidentEvent;
    target_id: number | null;
  }>(
    tx,
    `SELECT service_id, event.id, event.body, event.target_id
     FROM unnest(?::integer[], ?::uuid[], ?::xid8[])
       AS given (service_id, subject, since)
     CROSS JOIN LATERAL (
       SELECT id, body, target_id FROM domain_event
       WHERE subject = given.subject AND txid >= given.since
       OFFSET 0
     ) AS event
     LEFT JOIN unnest(?::integer[], ?::integer[])
       AS own (service_id, target_id) USING (service_id, target_id)
     WHERE own.target_id IS NULL`,
    [
      named.map(({ service }) => service),
      named.map(({ subject }) => subject),
      named.map(({ since }) => since),
      own.map(({ service }) => service),
      own.map(({ target }) => target),
    ],
  );
  return rows.map(({ target_id: target, body, ...row }) => ({
    ...row,
    body: target === null ? body : { ...body, elsewhere: true },
  }));
}

function saidElsewhere({ events, said }: ServiceState): DomainEvent[] {
  return [...said].flatMap(([id, event]) => (events.has(id) ? [] : [event]));
}

/** Builds of some artifacts, and all builds that are new. */
async function readBuilds(
  tx: Knex,
  artifacts: string[],
  since: string | undefined,
): Promise<EventRow[]> {
  const rows: EventRow[] = [];
  if (artifacts.length > 0) {
    rows.push(
      ...(await query<EventRow>(
        tx,
        `SELECT id, body, artifact, subject FROM domain_event
         WHERE artifact = ANY(?::uuid[]) AND kind = ?`,
        [artifacts, DOMAIN_EVENT_KIND.build],
      )),
    );
  }
  if (since !== undefined) {
    rows.push(
      ...(await query<EventRow>(
        tx,
        `SELECT id, body, artifact, subject FROM domain_event
         WHERE kind = ${DOMAIN_EVENT_KIND.build} AND artifact IS NOT NULL
           AND txid >= ?::xid8`,
        [since],
      )),
    );
  }
  return rows;
}

async function readAllCommits(
  tx: Knex,
  repositories: number[],
): Promise<CommitRow[]> {
  return query<CommitRow>(
    tx,
    `SELECT ${COMMIT_COLUMNS} FROM commit WHERE repository_id = ANY(?::integer[])`,
    [repositories],
  );
}

async function readCommits(
  tx: Knex,
  named: { repository: number; id: string }[],
): Promise<CommitRow[]> {
  return named.length === 0
    ? []
    : query<CommitRow>(
        tx,
        `SELECT ${COMMIT_COLUMNS}
         FROM unnest(?::integer[], ?::text[]) AS given (repository_id, id)
         JOIN commit ON commit.repository_id = given.repository_id
           AND commit.id = given.id`,
        [named.map(({ repository }) => repository), named.map(({ id }) => id)],
      );
}

/** Services that share a repository share its graph. */
function graphOf(repositories: RepositoryState[]): CommitGraph {
  if (repositories.length === 1) {
    const [repository] = repositories;
    repository.graph ??= CommitGraph.fromRecords(repository.commits.values());
    return repository.graph;
  }
  return CommitGraph.fromRecords(
    repositories.flatMap(({ commits }) => [...commits.values()]),
  );
}

/** A row of the table of commits. */
export interface CommitRow {
  repository_id: number;
  id: string;
  parents: string[];
  committed_at: string;
  authored_at: string | null;
  author_name: string | null;
  author_email: string | null;
  subject: string | null;
  paths: string[] | null;
  reverts: string[] | null;
}

export function commitOfRow(row: CommitRow): CommitRecord {
  return {
    id: row.id,
    parents: row.parents,
    committedAt: new Date(Number(row.committed_at)).toISOString(),
    ...(row.authored_at !== null && {
      authoredAt: new Date(Number(row.authored_at)).toISOString(),
    }),
    ...(row.author_name !== null && { authorName: row.author_name }),
    ...(row.author_email !== null && { authorEmail: row.author_email }),
    ...(row.subject !== null && { subject: row.subject }),
    ...(row.paths !== null && { paths: row.paths }),
    ...(row.reverts !== null && { reverts: row.reverts }),
  };
}
