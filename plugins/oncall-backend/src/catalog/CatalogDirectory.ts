import type { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
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

/** When a change is looked for that is expected, in milliseconds: the catalog takes some seconds. */
const EXPECTED_AFTER = [2_000, 4_000, 7_000, 12_000, 20_000];
/** Readings planned closer to each other than this, in milliseconds, are one. */
const TOGETHER = 1_500;
/** For how long after a push, and how often, is looked whether a schedule is another one, in milliseconds: a catalog with much to do takes long. */
const LOOK_FOR = 2 * 60_000;
const LOOK_EVERY = 1_500;
/** Entities looked at in one go. */
const CHUNK = 500;
const nextTurn = promisify(setImmediate);

/** Keeps a view of the catalog in memory, and reads it again when it grows old. */
export class CatalogDirectory {
  #snapshot:
    | {
        value: CatalogSnapshot;
        readAt: number;
        digest: string;
        /** Tells whether the catalog has other schedules, or other ones of the same name. */
        schedules: string;
      }
    | undefined;
  /** When the catalog is read since a change is expected, in order, in milliseconds. */
  #planned: number[] = [];
  #waiting: NodeJS.Timeout | undefined;
  #lookUntil = 0;
  #looking: NodeJS.Timeout | undefined;
  #reading: Promise<CatalogSnapshot> | undefined;

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
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return await this.#reading;
  }

  /**
   * Reads the catalog a few times in the next seconds, since something in it is about to change: a file was pushed that it reads on its own
   * time. Being told again adds readings and puts none off, so that a change is seen however many others follow; readings planned for about
   * the same moment are one. Whether a schedule is another one is looked for longer and more often, for that is asked quickly.
   */
  expectChange(): void {
    const now = Date.now();
    for (const after of EXPECTED_AFTER) {
      const due = now + after;
      if (!this.#planned.some(at => Math.abs(at - due) < TOGETHER)) {
        this.#planned.push(due);
      }
    }
    this.#planned.sort((a, b) => a - b);
    this.#readAsPlanned();
    this.#lookUntil = now + LOOK_FOR;
    this.#lookForSchedules();
  }

  /** Waits until it is time to look at the schedules again, unless somebody does. */
  #lookForSchedules(): void {
    if (this.#looking || Date.now() >= this.#lookUntil) {
      return;
    }
    this.#looking = setTimeout(() => {
      this.#haveOthers()
        .then(async others => {
          if (others) {
            await this.refresh();
          }
        })
        .catch(error =>
          this.options.logger.warn(`The catalog could not be read: ${error}`),
        )
        .finally(() => {
          this.#looking = undefined;
          this.#lookForSchedules();
        });
    }, LOOK_EVERY);
    this.#looking.unref();
  }

  /** Whether the catalog has other schedules than the view. */
  async #haveOthers(): Promise<boolean> {
    const credentials = await this.options.auth.getOwnServiceCredentials();
    const { items } = await this.options.catalog.getEntities(
      {
        filter: { kind: ON_CALL_SCHEDULE_KIND },
        fields: [
          'kind',
          'metadata.name',
          'metadata.namespace',
          'metadata.etag',
        ],
      },
      { credentials },
    );
    return this.#snapshot?.schedules !== marksOf(items);
  }

  /** Waits for the next reading that is planned, unless somebody does. */
  #readAsPlanned(): void {
    const [due] = this.#planned;
    if (due === undefined || this.#waiting) {
      return;
    }
    this.#waiting = setTimeout(() => {
      const now = Date.now();
      // What fell due while the catalog was read is one reading.
      this.#planned = this.#planned.filter(at => at > now);
      this.refresh()
        .catch(error =>
          this.options.logger.warn(`The catalog could not be read: ${error}`),
        )
        .finally(() => {
          this.#waiting = undefined;
          this.#readAsPlanned();
        });
    }, Math.max(0, due - Date.now()));
    // A portal that is about to stop does not wait for it.
    this.#waiting.unref();
  }

  /** One entity as it is now, or undefined when the catalog has none of that ref. */
  async entity(ref: string): Promise<Entity | undefined> {
    const credentials = await this.options.auth.getOwnServiceCredentials();
    return await this.options.catalog.getEntityByRef(ref, { credentials });
  }

  async #read(): Promise<CatalogSnapshot> {
    const readAt = Date.now();
    const credentials = await this.options.auth.getOwnServiceCredentials();
    const [directory, schedules] = await Promise.all([
      this.options.catalog.getEntities(
        {
          filter: { kind: DIRECTORY_KINDS },
          fields: [
            'apiVersion',
            'kind',
            'metadata.name',
            'metadata.namespace',
            'metadata.title',
            'metadata.annotations',
            'metadata.links',
            'spec.memberOf',
            'spec.members',
            'spec.owner',
            'spec.parent',
            'spec.profile',
            'spec.type',
          ],
        },
        { credentials },
      ),
      this.options.catalog.getEntities(
        { filter: { kind: ON_CALL_SCHEDULE_KIND } },
        { credentials },
      ),
    ]);
    const entities = [...directory.items, ...schedules.items];
    // The same view as long as nothing changed: all that was worked out with it stays good.
    const digest = await digestOf(entities);
    const value =
      this.#snapshot?.digest === digest
        ? this.#snapshot.value
        : buildSnapshot(entities);
    await this.options.onRead(value);
    this.#snapshot = {
      value,
      readAt,
      digest,
      schedules: marksOf(schedules.items),
    };
    return value;
  }
}

/** What is another text when there are others of some entities, or one of them was changed. */
function marksOf(entities: Entity[]): string {
  return entities
    .map(entity => `${stringifyEntityRef(entity)} ${entity.metadata.etag}`)
    .sort()
    .join('\n');
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
