import type { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import {
  ANNOTATION_LOCATION,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { ON_CALL_SCHEDULE_KIND } from '@pavedroad/plugin-oncall-common';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';

import {
  buildSnapshot,
  DIRECTORY_KINDS,
  type CatalogSnapshot,
} from './CatalogSnapshot';

/** A view younger than this, in milliseconds, is not read again to make sure. */
const FRESH = 5_000;
/** How much older than due a snapshot may be served while the next one is read, in milliseconds. */
const SERVE_STALE = 5 * 60_000;

/**
 * How long after a push is looked whether it changed something, and how far apart looks are, in milliseconds: a part of the time since the push,
 * within bounds. The catalog takes some seconds, and longer when it has much to do.
 */
const LOOK_FOR = 2 * 60_000;
const LOOK_PART = 0.2;
const LOOK_SHORTEST = 1_000;
const LOOK_LONGEST = 10_000;
/** Looks planned closer to each other than this, in milliseconds, are one. */
const TOGETHER = 500;
/** Looking takes at most this part of the time, however many pushes there are and however long it takes. */
const LOOK_SHARE = 0.1;
/** With more pushed places than these to look at, all of the catalog is read. */
const MOST_PLACES = 20;
/** Where the catalog has an entity from, as it is searched for. */
const LOCATION_KEY = `metadata.annotations.${ANNOTATION_LOCATION}`;
/** Entities looked at in one go. */
const CHUNK = 500;
const nextTurn = promisify(setImmediate);

/** What is read of the entities that are no schedules. */
const FIELDS = [
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.title',
  'metadata.annotations',
  'metadata.links',
  'metadata.etag',
  'spec.memberOf',
  'spec.members',
  'spec.owner',
  'spec.parent',
  'spec.profile',
  'spec.type',
];

/** An entity of the view. */
type Held = {
  entity: Entity;
  /** Another one when the catalog has another version of it. */
  mark: string | undefined;
};

/** A place that was pushed to, as the beginning of where entities are from. */
type Expected = {
  /** When it was pushed to last, and when it is looked at next, in milliseconds. */
  since: number;
  due: number;
};

/** Keeps a view of the catalog in memory, and reads it again when it grows old. */
export class CatalogDirectory {
  #snapshot:
    | {
        value: CatalogSnapshot;
        /** When all of it was read, in milliseconds. */
        readAt: number;
        digest: string;
        /** By their refs. */
        held: ReadonlyMap<string, Held>;
      }
    | undefined;
  #reading: Promise<CatalogSnapshot> | undefined;
  /** Ends when nobody reads the catalog. */
  #idle: Promise<unknown> = Promise.resolve();
  readonly #expected = new Map<string, Expected>();
  #waiting: { timer: NodeJS.Timeout; at: number } | undefined;
  #looking = false;
  /** Before this time, in milliseconds, nothing is looked at. */
  #restUntil = 0;

  constructor(
    private readonly options: {
      catalog: CatalogService;
      auth: AuthService;
      logger: LoggerService;
      /** Milliseconds after which a view is read again. */
      maxAge: number;
      /** Called with each new view, before it is handed out. */
      onRead: (snapshot: CatalogSnapshot) => Promise<void>;
    },
  ) {}

  /** The view of the catalog: fresh enough, or a little stale while a fresh one is on its way. */
  async snapshot(): Promise<CatalogSnapshot> {
    const known = this.#snapshot;
    if (!known) {
      return await this.refresh();
    }
    const age = Date.now() - known.readAt;
    if (age <= this.options.maxAge) {
      return known.value;
    }
    const next = this.refresh();
    if (age > this.options.maxAge + SERVE_STALE) {
      return await next;
    }
    next.catch(error =>
      this.options.logger.warn(
        `The catalog could not be read; serving a view of ${Math.round(
          age / 1000,
        )} s ago`,
        error,
      ),
    );
    return known.value;
  }

  /**
   * A view for making sure that something is really missing, such as a group registered a moment ago: read anew unless the one given is
   * a few seconds young. Answers with the same view when it is.
   */
  async snapshotAfter(given: CatalogSnapshot): Promise<CatalogSnapshot> {
    const known = this.#snapshot;
    if (!known) {
      return await this.refresh();
    }
    return known.value === given && Date.now() - known.readAt >= FRESH
      ? await this.refresh()
      : known.value;
  }

  /** Reads the catalog now. Callers at the same time share one reading. */
  async refresh(): Promise<CatalogSnapshot> {
    this.#reading ??= this.#alone(() => this.#read()).finally(() => {
      this.#reading = undefined;
    });
    return await this.#reading;
  }

  /**
   * Looks in the next seconds and minutes whether the catalog has something else from a place that was pushed to, since the catalog reads what
   * is pushed on its own time; `place` is the beginning of where entities are from, such as `url:https://git.example.com/owner/name/`. Looking
   * asks for marks of the entities from there only, and what changed is read without the rest, so that it costs what the push touched and not
   * what the catalog holds. Being told again of a place starts anew and puts nothing off; many at once are looked at together.
   */
  expectChange(place: string): void {
    const now = Date.now();
    const key = place.toLocaleLowerCase('en-US');
    this.#expected.set(key, {
      since: now,
      due: Math.min(
        this.#expected.get(key)?.due ?? Infinity,
        now + LOOK_SHORTEST,
      ),
    });
    this.#lookInTime();
  }

  /** Waits for the next look that is due, unless one goes on. */
  #lookInTime(): void {
    if (this.#looking || this.#expected.size === 0) {
      return;
    }
    const due = Math.min(...[...this.#expected.values()].map(e => e.due));
    const at = Math.max(due, this.#restUntil);
    if (this.#waiting && this.#waiting.at <= at) {
      return;
    }
    clearTimeout(this.#waiting?.timer);
    const timer = setTimeout(() => {
      this.#waiting = undefined;
      this.#looking = true;
      const started = Date.now();
      this.#look(started)
        .catch(error =>
          this.options.logger.warn(`The catalog could not be read: ${error}`),
        )
        .finally(() => {
          const now = Date.now();
          this.#restUntil = now + (now - started) * (1 / LOOK_SHARE - 1);
          this.#looking = false;
          this.#lookInTime();
        });
    }, Math.max(0, at - Date.now()));
    // A portal that is about to stop does not wait for it.
    timer.unref();
    this.#waiting = { timer, at };
  }

  /** Looks at the places that are due, and reads what changed there. */
  async #look(now: number): Promise<void> {
    const places: string[] = [];
    for (const [place, expected] of this.#expected) {
      if (expected.due <= now + TOGETHER) {
        places.push(place);
        expected.due =
          now +
          Math.min(
            Math.max((now - expected.since) * LOOK_PART, LOOK_SHORTEST),
            LOOK_LONGEST,
          );
        if (expected.due > expected.since + LOOK_FOR) {
          this.#expected.delete(place);
        }
      }
    }
    if (!this.#snapshot || places.length > MOST_PLACES) {
      await this.refresh();
      return;
    }
    await this.#alone(async () => {
      const found = await this.#entitiesFrom(
        places,
        [...DIRECTORY_KINDS, ON_CALL_SCHEDULE_KIND],
        ['kind', 'metadata.name', 'metadata.namespace', 'metadata.etag'],
      );
      const { held } = this.#snapshot!;
      const known = [...held].filter(([, { entity }]) =>
        isFrom(entity, places),
      );
      if (marksOf(found.map(hold)) !== marksOf(known)) {
        await this.#readFrom(places);
      }
    });
  }

  /** Reads what the catalog has from some places, and keeps the view of all else. */
  async #readFrom(places: string[]): Promise<void> {
    const { held, readAt } = this.#snapshot!;
    const changed = new Map(held);
    const found = await this.#viewed(wanted =>
      this.#entitiesFrom(places, wanted.kinds, wanted.fields),
    );
    for (const entity of found) {
      changed.set(...hold(entity));
    }
    const refs = new Set(found.map(stringifyEntityRef));
    const missing = [...held].filter(
      ([ref, { entity }]) => isFrom(entity, places) && !refs.has(ref),
    );
    // Gone, moved elsewhere, or with an address too long to be searched for: nobody is dropped who is still there.
    const others = await this.#viewed(async ({ kinds, fields }) => {
      const entityRefs = missing.flatMap(([ref, { entity }]) =>
        kinds.includes(entity.kind) ? [ref] : [],
      );
      if (entityRefs.length === 0) {
        return [];
      }
      const { items } = await this.options.catalog.getEntitiesByRefs(
        { entityRefs, ...(fields ? { fields } : {}) },
        { credentials: await this.options.auth.getOwnServiceCredentials() },
      );
      return items.flatMap(item => item ?? []);
    });
    missing.forEach(([ref]) => changed.delete(ref));
    for (const entity of others) {
      changed.set(...hold(entity));
    }
    await this.#keep(changed, readAt);
  }

  /** Reads entities with what a view has of them: all there is of schedules, some fields of others. */
  async #viewed(
    read: (wanted: {
      kinds: string[];
      fields: string[] | undefined;
    }) => Promise<Entity[]>,
  ): Promise<Entity[]> {
    const parts = await Promise.all([
      read({ kinds: DIRECTORY_KINDS, fields: FIELDS }),
      read({ kinds: [ON_CALL_SCHEDULE_KIND], fields: undefined }),
    ]);
    return parts.flat();
  }

  /** The entities of some kinds from some places, with some of their fields or all. */
  async #entitiesFrom(
    places: string[],
    kinds: string[],
    fields: string[] | undefined,
  ): Promise<Entity[]> {
    const credentials = await this.options.auth.getOwnServiceCredentials();
    const items: Entity[] = [];
    const pages = this.options.catalog.streamEntities(
      {
        filter: { kind: kinds },
        query: {
          $any: places.map(place => ({
            [LOCATION_KEY]: { $hasPrefix: place },
          })),
        },
        ...(fields ? { fields } : {}),
        totalItems: 'exclude',
      },
      { credentials },
    );
    for await (const page of pages) {
      items.push(...page);
    }
    return items;
  }

  /** Reads when nobody else does, so that of two views the later one stays. */
  async #alone<T>(read: () => Promise<T>): Promise<T> {
    const turn = this.#idle.then(read);
    this.#idle = turn.catch(() => {});
    return await turn;
  }

  /** One entity as it is now, or undefined when the catalog has none of that ref. */
  async entity(ref: string): Promise<Entity | undefined> {
    const credentials = await this.options.auth.getOwnServiceCredentials();
    return await this.options.catalog.getEntityByRef(ref, { credentials });
  }

  async #read(): Promise<CatalogSnapshot> {
    const readAt = Date.now();
    const credentials = await this.options.auth.getOwnServiceCredentials();
    const entities = await this.#viewed(async ({ kinds, fields }) => {
      const { items } = await this.options.catalog.getEntities(
        { filter: { kind: kinds }, ...(fields ? { fields } : {}) },
        { credentials },
      );
      return items;
    });
    return await this.#keep(new Map(entities.map(hold)), readAt);
  }

  async #keep(
    held: ReadonlyMap<string, Held>,
    readAt: number,
  ): Promise<CatalogSnapshot> {
    const entities = [...held.keys()].sort().map(ref => held.get(ref)!.entity);
    // The same view as long as nothing changed: all that was worked out with it stays good.
    const digest = await digestOf(entities);
    const value =
      this.#snapshot?.digest === digest
        ? this.#snapshot.value
        : buildSnapshot(entities);
    await this.options.onRead(value);
    this.#snapshot = { value, readAt, digest, held };
    return value;
  }
}

/** An entity by its ref. Its mark is no part of it, so that versions which say the same are the same. */
function hold(entity: Entity): [string, Held] {
  const { etag, ...metadata } = entity.metadata;
  return [
    stringifyEntityRef(entity),
    { entity: { ...entity, metadata }, mark: etag },
  ];
}

/** What is another text when there are others of some entities, or one of them has another version. */
function marksOf(entities: [string, Held][]): string {
  return entities
    .map(([ref, { mark }]) => `${ref} ${mark}`)
    .sort()
    .join('\n');
}

/** Whether an entity is from one of some places, which are in lower case. */
function isFrom(entity: Entity, places: string[]): boolean {
  const location =
    entity.metadata.annotations?.[ANNOTATION_LOCATION]?.toLocaleLowerCase(
      'en-US',
    );
  return (
    location !== undefined && places.some(place => location.startsWith(place))
  );
}

/** What is another text when any of the entities is another. Lets others go first in between: there may be many. */
async function digestOf(entities: Entity[]): Promise<string> {
  const digest = createHash('sha256');
  for (let start = 0; start < entities.length; start += CHUNK) {
    for (const entity of entities.slice(start, start + CHUNK)) {
      digest.update(JSON.stringify(entity));
    }
    await nextTurn();
  }
  return digest.digest('base64');
}
