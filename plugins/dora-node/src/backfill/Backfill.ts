import { LoggerService } from '@backstage/backend-plugin-api';
import { JsonObject, JsonValue } from '@backstage/types';
import { DeliveryInbox, DeliverySourceState, RawDeliveryEvent } from '../types';
import { RateLimitedError } from './ApiClient';

/** Read again before the last round: what changed while it ran. In milliseconds. */
const OVERLAP = 3_600_000;
const SUBMIT = 500;
const DAY = 86_400_000;
/** How far back it reads unless told, in days. */
const DEFAULT_DAYS = 180;
/** Where the beginning is kept that was decided by the first run. */
const SINCE = 'since';
/** The step of a round of which no page was read yet: should it fail, the next one reads from the same moment on. */
const BEGINNING = 'beginning';

/**
 * A repository that catalog entities name.
 *
 * @public
 */
export interface BackfillRepository {
  /** As the provider writes it, e.g. `acme/shop` or `group/subgroup/project`. */
  slug: string;
  /** Host of the provider, e.g. `github.com`. */
  host: string;
  /** Several services share it by path: the paths of its commits matter. */
  monorepo: boolean;
}

/**
 * Events of one page, and where to go on after it.
 *
 * @public
 */
export interface BackfillPage {
  events: RawDeliveryEvent[];
  /** Opaque; absent after the last page. */
  next?: string;
  /** What it says about which issues of the repository are incidents, by number. Remembered for later rounds. */
  incidents?: {
    /** Those that are. */
    found?: readonly number[];
    /** Those that are none any more, or not of this repository. */
    former?: readonly number[];
    /** `found` are all there are now, not only those that changed: what is remembered begins with it. */
    all?: true;
  };
}

/**
 * One listing of a repository, read page by page. Repeating a page gives events
 * with the same ids, or such as change nothing when they are said again.
 *
 * @public
 */
export interface BackfillStep {
  name: string;
  /** @param cursor - `next` of the page before; absent for the first */
  page(cursor: string | undefined): Promise<BackfillPage>;
}

/**
 * What a provider's API gives of one repository since a moment.
 *
 * @public
 */
export interface BackfillPlan {
  steps: BackfillStep[];
}

/**
 * How far the backfill of one repository is. Kept in the state of its source.
 *
 * @public
 */
export interface BackfillProgress {
  repository: string;
  /** ISO instant from which the repository is, or is being, read. */
  since: string;
  /** When the present or last round began, ISO 8601. */
  startedAt: string;
  /** What the present round reads from on, ISO 8601. */
  from: string;
  /** Absent once the round is through. */
  step?: string;
  cursor?: string;
  /** Events given to the inbox in all rounds, repeated ones included. */
  events: number;
  /** Those of them that the inbox refused; it keeps the reasons for a while. */
  rejected: number;
  /** Pages read in all rounds. */
  pages: number;
  completedAt?: string;
  /** Why the last run stopped early. */
  problem?: string;
}

/**
 * Runs backfills so that they can stop anywhere: after each page, what it gave is
 * committed to the inbox first and then the place is kept. A run that was cut off
 * is continued by the next one; a page that is read twice gives duplicates, which
 * the inbox knows. Once a repository is through, later runs read what changed.
 *
 * @public
 */
export class Backfill {
  static create(options: {
    /** Of the source; names its state. */
    sourceId: string;
    /** ISO instant. Default: 180 days before the first run. */
    since?: string;
    repositories: () => Promise<BackfillRepository[]>;
    /**
     * `incidents` are the numbers of the issues that earlier rounds found to be incidents of the repository;
     * `undefined` when no round looked for them yet.
     */
    plan: (
      repository: BackfillRepository,
      from: string,
      signal: AbortSignal | undefined,
      incidents: readonly number[] | undefined,
    ) => Promise<BackfillPlan>;
    logger: LoggerService;
    now?: () => number;
  }): Backfill {
    return new Backfill(options, options.now ?? Date.now);
  }

  private constructor(
    private readonly options: Parameters<typeof Backfill.create>[0],
    private readonly now: () => number,
  ) {}

  /**
   * One run over all repositories: what was cut off first, then what was not read for longest, so that each has its
   * turn however little a rate limit allows. Trouble with one does not keep the others waiting.
   */
  async run(
    inbox: DeliveryInbox,
    state: DeliverySourceState,
    signal?: AbortSignal,
  ): Promise<void> {
    const { logger, sourceId } = this.options;
    const since = await this.since(state);
    const repositories = await this.byTurn(state);
    for (const [index, repository] of repositories.entries()) {
      signal?.throwIfAborted();
      const place = `${index + 1} of ${repositories.length}`;
      try {
        const progress = await this.repository(
          repository,
          since,
          inbox,
          state,
          signal,
        );
        logger.info(
          `Backfill of ${sourceId}: ${repository.slug} (${place}) is read up to ${progress.startedAt}, ${progress.events} events in ${progress.pages} pages so far, ${progress.rejected} of them refused`,
        );
      } catch (error) {
        signal?.throwIfAborted();
        logger.warn(
          `Backfill of ${sourceId}: ${repository.slug} (${place}) stopped and goes on next time: ${error}`,
        );
        if (error instanceof RateLimitedError) {
          // The same credentials would be refused for the next repository too.
          return;
        }
      }
    }
  }

  private async byTurn(
    state: DeliverySourceState,
  ): Promise<BackfillRepository[]> {
    const turns: { repository: BackfillRepository; turn: number }[] = [];
    for (const repository of await this.options.repositories()) {
      const known = readProgress(await state.get(progressName(repository)));
      turns.push({
        repository,
        turn: turnOf(known),
      });
    }
    return turns
      .sort((a, b) => a.turn - b.turn)
      .map(({ repository }) => repository);
  }

  private async since(state: DeliverySourceState): Promise<string> {
    if (this.options.since !== undefined) {
      return this.options.since;
    }
    const known = await state.get(SINCE);
    if (typeof known === 'string') {
      return known;
    }
    const since = new Date(this.now() - DEFAULT_DAYS * DAY).toISOString();
    await state.set(SINCE, since);
    return since;
  }

  private async repository(
    repository: BackfillRepository,
    since: string,
    inbox: DeliveryInbox,
    state: DeliverySourceState,
    signal?: AbortSignal,
  ): Promise<BackfillProgress> {
    const name = progressName(repository);
    const save = (progress: BackfillProgress) =>
      state.set(name, JSON.parse(JSON.stringify(progress)));
    let progress = this.resume(
      repository,
      since,
      readProgress(await state.get(name)),
    );
    try {
      const { steps } = await this.options.plan(
        repository,
        progress.from,
        signal,
        readNumbers(await state.get(incidentsName(repository))),
      );
      const first = steps.findIndex(step => step.name === progress.step);
      for (const [index, step] of steps.entries()) {
        if (index < first) {
          continue;
        }
        let cursor = index === first ? progress.cursor : undefined;
        do {
          signal?.throwIfAborted();
          const page = await step.page(cursor);
          let rejected = 0;
          for (let at = 0; at < page.events.length; at += SUBMIT) {
            const outcomes = await inbox.submit(
              page.events.slice(at, at + SUBMIT),
            );
            rejected += outcomes.filter(
              ({ status }) => status === 'rejected',
            ).length;
          }
          // After what it gave is committed: what is forgotten is not asked for again.
          await this.remember(repository, page, state);
          cursor = page.next;
          progress = {
            ...progress,
            step: cursor === undefined ? steps[index + 1]?.name : step.name,
            cursor,
            events: progress.events + page.events.length,
            rejected: progress.rejected + rejected,
            pages: progress.pages + 1,
            problem: undefined,
          };
          await save(progress);
        } while (cursor !== undefined);
      }
      progress = {
        ...progress,
        step: undefined,
        cursor: undefined,
        problem: undefined,
        completedAt: new Date(this.now()).toISOString(),
      };
      await save(progress);
      return progress;
    } catch (error) {
      await save({ ...progress, problem: String(error).slice(0, 500) });
      throw error;
    }
  }

  private async remember(
    repository: BackfillRepository,
    { incidents }: BackfillPage,
    state: DeliverySourceState,
  ): Promise<void> {
    if (!incidents) {
      return;
    }
    const name = incidentsName(repository);
    const known = readNumbers(await state.get(name));
    if (!known && !incidents.all) {
      // A list of some would be taken for the list of all from then on.
      return;
    }
    const all = new Set([...(known ?? []), ...(incidents.found ?? [])]);
    for (const number of incidents.former ?? []) {
      all.delete(number);
    }
    if (all.size !== known?.length || known.some(number => !all.has(number))) {
      await state.set(
        name,
        [...all].sort((a, b) => a - b),
      );
    }
  }

  private resume(
    { slug }: BackfillRepository,
    since: string,
    known: BackfillProgress | undefined,
  ): BackfillProgress {
    if (known && known.since <= since && known.step !== undefined) {
      return known;
    }
    const startedAt = new Date(this.now()).toISOString();
    const counts = {
      events: known?.events ?? 0,
      rejected: known?.rejected ?? 0,
      pages: known?.pages ?? 0,
    };
    // Whoever asks for more of the past gets all of it again: the ids are the same.
    const incremental =
      known !== undefined &&
      known.since <= since &&
      known.completedAt !== undefined;
    return {
      repository: slug,
      since: incremental ? known.since : since,
      startedAt,
      from: incremental
        ? new Date(Date.parse(known.startedAt) - OVERLAP).toISOString()
        : since,
      step: BEGINNING,
      ...counts,
      ...(incremental && { completedAt: known.completedAt }),
    };
  }
}

/** Name of the progress of a repository in the state of its source. */
function progressName({ host, slug }: BackfillRepository): string {
  return `backfill ${host} ${slug.toLocaleLowerCase('en-US')}`;
}

/** Name of the incidents of a repository in the state of its source. */
function incidentsName({ host, slug }: BackfillRepository): string {
  return `incidents ${host} ${slug.toLocaleLowerCase('en-US')}`;
}

function readNumbers(value: JsonValue | undefined): number[] | undefined {
  return Array.isArray(value)
    ? value.filter(item => typeof item === 'number')
    : undefined;
}

/** Smaller is sooner. */
function turnOf(known: BackfillProgress | undefined): number {
  if (!known) {
    return 0;
  }
  return known.step === undefined ? Date.parse(known.startedAt) : -1;
}

function readProgress(
  value: JsonValue | undefined,
): BackfillProgress | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return undefined;
  }
  const { since, startedAt, from } = value as JsonObject;
  return [since, startedAt, from].every(
    text => typeof text === 'string' && !Number.isNaN(Date.parse(text)),
  )
    ? (value as unknown as BackfillProgress)
    : undefined;
}
