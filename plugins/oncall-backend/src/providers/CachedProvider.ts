import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Shift } from '@pavedroad/plugin-oncall-common';
import type {
  OnCallProvider,
  ProviderAnswer,
} from '@pavedroad/plugin-oncall-node';

/** An answer with its age. */
export type AgedAnswer = {
  answer: ProviderAnswer;
  ageSeconds: number;
  /** The provider fails; this is the last answer it gave. */
  stale: boolean;
};

const MAX_AGE = 60_000;
/** What counts as the present, in milliseconds. */
const PRESENT = 60_000;
/** After a failure a schedule is not asked for again for so long, in milliseconds: many who ask would make it worse. */
const PAUSE = 15_000;
const MAX_ENTRIES = 5_000;
const DAY = 86_400_000;
/** How long shifts are good, in milliseconds. */
const SHIFTS_AGE = 300_000;

type Known = { answer: ProviderAnswer; askedAt: number; freshUntil: number };

/**
 * Keeps a provider's answers for a minute unless the provider says longer, or until the next handoff they tell of, and its last known ones for when it fails. All providers are
 * kept here, so all behave the same.
 */
export class CachedProvider {
  readonly #answers = new Map<string, Known>();
  readonly #shifts = new Map<
    string,
    { shifts: Shift[]; askedAt: number; freshUntil: number; stale?: boolean }
  >();
  readonly #asking = new Map<string, Promise<ProviderAnswer | undefined>>();
  readonly #failures = new Map<string, { error: unknown; until: number }>();
  /** What webhooks had told when it was looked last, by account. */
  #known: ReadonlyMap<string, string> | undefined;
  /** How often something expired: what was asked before tells nothing of afterwards. */
  #expired = 0;

  constructor(
    readonly provider: OnCallProvider,
    private readonly logger: LoggerService,
    private readonly clock: () => number,
    /** What webhooks have told, whichever back end took them in: a text for each account, another one with each piece of news. */
    private readonly news?: () => Promise<ReadonlyMap<string, string>>,
  ) {}

  /**
   * Who is on call at an instant in milliseconds, or undefined when the provider has no such schedule. Only the present is kept.
   * @throws what the provider throws, when there is no earlier answer.
   */
  async onCallAt(
    scheduleId: string,
    instant: number,
  ): Promise<AgedAnswer | undefined> {
    await this.#lookForNews();
    const now = this.clock();
    const text = new Date(instant).toISOString();
    if (Math.abs(instant - now) > PRESENT) {
      const answer = await this.provider.onCallAt(scheduleId, text);
      return answer && { answer, ageSeconds: 0, stale: false };
    }
    const known = this.#answers.get(scheduleId);
    const age = known ? Math.round((now - known.askedAt) / 1000) : 0;
    if (known && now < known.freshUntil) {
      return { answer: known.answer, ageSeconds: age, stale: false };
    }
    try {
      const answer = await this.#ask(scheduleId, text);
      return answer && { answer, ageSeconds: 0, stale: false };
    } catch (error) {
      if (!known) {
        throw error;
      }
      return { answer: known.answer, ageSeconds: age, stale: true };
    }
  }

  /**
   * The shifts of a schedule in a window in milliseconds, not cut to it, or undefined when the provider has no such schedule. They are kept for
   * five minutes, by whole days, so that a page that is drawn again asks nothing.
   * @throws what the provider throws, when there is no earlier answer.
   */
  async shiftsBetween(
    scheduleId: string,
    window: { from: number; to: number },
  ): Promise<
    { shifts: Shift[]; ageSeconds: number; stale: boolean } | undefined
  > {
    await this.#lookForNews();
    const now = this.clock();
    const begin = Math.floor(window.from / DAY) * DAY;
    // Some providers tell of the present and the future only, so the day that has begun is not asked for from its start.
    const present = window.from >= now - PRESENT && begin < now - PRESENT;
    // From now on in any case: what is kept answers for the present, and so for every later start today.
    const from = present ? Math.min(window.from, now) : begin;
    const to = Math.ceil(window.to / DAY) * DAY;
    const key = `${scheduleId} ${present ? 'now' : from} ${to}`;
    const known = this.#shifts.get(key);
    const age = (at: number) => Math.max(0, Math.round((now - at) / 1000));
    if (known && now < known.freshUntil) {
      return {
        shifts: known.shifts,
        ageSeconds: age(known.askedAt),
        stale: known.stale === true,
      };
    }
    const failure = this.#failures.get(key);
    if (!known && failure && now < failure.until) {
      throw failure.error;
    }
    const generation = this.#expired;
    try {
      const shifts = await this.provider.shiftsBetween(scheduleId, {
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
      });
      this.#failures.delete(key);
      this.#shifts.delete(key);
      if (shifts) {
        keep(this.#shifts, key, {
          shifts,
          askedAt: now,
          freshUntil: generation === this.#expired ? now + SHIFTS_AGE : 0,
        });
      }
      return shifts && { shifts, ageSeconds: 0, stale: false };
    } catch (error) {
      // Not asked again at once.
      if (!known) {
        keep(this.#failures, key, { error, until: this.clock() + PAUSE });
        throw error;
      }
      known.freshUntil = now + PAUSE;
      known.stale = true;
      return {
        shifts: known.shifts,
        ageSeconds: age(known.askedAt),
        stale: true,
      };
    }
  }

  /** Asks anew from now on, since something has changed; what was known stays for the case that the provider fails. */
  expire(account: string | undefined): void {
    this.#expired += 1;
    this.#asking.clear();
    this.#shifts.forEach(known => {
      known.freshUntil = 0;
    });
    for (const [scheduleId, known] of this.#answers) {
      if (
        account === undefined ||
        this.provider.accountOf?.(scheduleId) === account
      ) {
        known.freshUntil = 0;
        this.#failures.delete(scheduleId);
      }
    }
  }

  /** Expires what another back end, or this one, was told of since it was looked last. */
  async #lookForNews(): Promise<void> {
    const news = await this.news?.();
    if (news && this.#known) {
      for (const [account, text] of news) {
        if (this.#known.get(account) !== text) {
          this.expire(account);
        }
      }
    }
    this.#known = news;
  }

  async #ask(
    scheduleId: string,
    instant: string,
  ): Promise<ProviderAnswer | undefined> {
    const failure = this.#failures.get(scheduleId);
    if (failure && this.clock() < failure.until) {
      throw failure.error;
    }
    let asking = this.#asking.get(scheduleId);
    if (!asking) {
      const asked = this.#askNow(scheduleId, instant).finally(() => {
        if (this.#asking.get(scheduleId) === asked) {
          this.#asking.delete(scheduleId);
        }
      });
      asking = asked;
      this.#asking.set(scheduleId, asking);
    }
    return await asking;
  }

  async #askNow(
    scheduleId: string,
    instant: string,
  ): Promise<ProviderAnswer | undefined> {
    const askedAt = this.clock();
    const generation = this.#expired;
    try {
      const answer = await this.provider.onCallAt(scheduleId, instant);
      if (generation !== this.#expired) {
        // Somebody has asked again since; that answer is the newer one.
        return answer;
      }
      this.#failures.delete(scheduleId);
      this.#answers.delete(scheduleId);
      if (answer) {
        keep(this.#answers, scheduleId, {
          answer,
          askedAt,
          freshUntil: freshUntil(
            answer,
            askedAt,
            (this.provider.maxAgeSeconds ?? MAX_AGE / 1000) * 1000,
          ),
        });
      }
      return answer;
    } catch (error) {
      keep(this.#failures, scheduleId, {
        error,
        until: this.clock() + PAUSE,
      });
      const known = this.#answers.get(scheduleId);
      this.logger.warn(
        known
          ? `${this.provider.title} fails; showing its answer of ${Math.round(
              (this.clock() - known.askedAt) / 1000,
            )} s ago`
          : `${this.provider.title} fails, and has not answered before`,
        error instanceof Error ? error : new Error(String(error)),
      );
      throw error;
    }
  }
}

/** Until when an answer is not asked for again: never beyond a change it tells of, which would show those who have gone home. */
function freshUntil(
  answer: ProviderAnswer,
  askedAt: number,
  maxAge: number,
): number {
  const changes = answer.levels
    .flatMap(level => [level.until, ...level.people.map(p => p.until)])
    .flatMap(until => (until === undefined ? [] : [Date.parse(until)]))
    .filter(until => until > askedAt);
  return Math.min(askedAt + maxAge, ...changes);
}

function keep<T>(entries: Map<string, T>, key: string, entry: T) {
  entries.delete(key);
  entries.set(key, entry);
  if (entries.size > MAX_ENTRIES) {
    entries.delete(entries.keys().next().value!);
  }
}
