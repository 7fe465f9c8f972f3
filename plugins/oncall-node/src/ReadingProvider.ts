import type { Entity } from '@backstage/catalog-model';
import type { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import {
  parseInstant,
  parseWindow,
  type OnCallLevel,
  type Shift,
} from '@pavedroad/plugin-oncall-common';

import { readAccounts, type ProviderAccount } from './accounts';
import {
  ProviderActionError,
  type PageActor,
  type PageActorReference,
  type PageChange,
  type PageReference,
  type PageToSend,
  type SentPage,
} from './acting';
import type {
  OnCallProvider,
  ProviderAnswer,
  ProviderMatch,
} from './OnCallProvider';
import { webhookOf, type OnCallWebhook, type WebhookFormat } from './webhooks';

/** A person on call on a level; milliseconds, half-open, infinite where there is no end. */
export type ReadShift = {
  person: string;
  /** Counted from 1. */
  level: number;
  from: number;
  to: number;
};

/** What a provider knows of a schedule in a window. Shifts may reach over its ends. */
export type ScheduleReading = {
  title: string;
  timeZone: string;
  levels: { level: number; name?: string }[];
  shifts: ReadShift[];
  /** Names of people of whom no address is known, by the person of their shifts. */
  names?: Record<string, string>;
};

/** What is read: half-open, in milliseconds. */
export type ReadWindow = { from: number; to: number };

/** Reads the schedules of one account. */
export interface ScheduleReader {
  /**
   * A schedule in a window of milliseconds, or undefined when there is none of that name.
   * @throws Error when the provider cannot be asked.
   */
  read(
    key: { kind: string; value: string },
    window: ReadWindow,
  ): Promise<ScheduleReading | undefined>;
}

/** An annotation that names a schedule. */
export type ScheduleAnnotation = {
  name: string;
  kind: string;
  /** For values that answers and logs must not show; they are known by their hash instead. */
  hide?: (value: string) => string;
};

const DAY = 86_400_000;
/** How far ahead the next change is looked for, in milliseconds: a month and a bit. */
export const OUTLOOK = 35 * DAY;
const MAX_VALUE = 300;

/** What a provider made of readers is made of. */
export type ReadingProviderOptions = {
  id: string;
  title: string;
  /** The first that an entity has is used. */
  annotations: ScheduleAnnotation[];
  /** Names the account; the default account answers without it. */
  accountAnnotation: string;
  maxAgeSeconds?: number;
  reader: (account: ProviderAccount) => ScheduleReader;
  /** Acts in an account; undefined when its settings do not allow it. */
  actor?: (account: ProviderAccount) => PageActor | undefined;
  /** What to set in an account so that it acts. */
  actingNeeds?: string;
};

/**
 * A provider made of readers of shifts, one for each account. Who is on call, until when and who comes next follows from the shifts, so it agrees
 * with them whatever the provider.
 */
export class ReadingProvider implements OnCallProvider {
  readonly id: string;
  readonly title: string;
  readonly maxAgeSeconds?: number;
  readonly #readers: Map<string, ScheduleReader>;
  readonly #actors: Map<string, PageActor>;
  readonly #defaultAccount: string | undefined;
  readonly webhook?: OnCallWebhook;

  /**
   * With the accounts under `oncall.<id>.accounts`; undefined when there are none.
   * @throws InputError for accounts that are not as they should be.
   */
  static fromConfig(
    config: Config,
    options: ReadingProviderOptions & {
      /** How webhooks are verified and read. */
      webhook?: WebhookFormat;
      /** Finds out whom webhooks mean; see `OnCallWebhook`. */
      identify?: (
        accounts: ProviderAccount[],
      ) => NonNullable<OnCallWebhook['identify']>;
    },
  ): ReadingProvider | undefined {
    const { webhook, identify, ...rest } = options;
    const accounts = readAccounts(config, options.id);
    return accounts.length === 0
      ? undefined
      : new ReadingProvider({
          ...rest,
          accounts,
          ...(webhook
            ? { webhook: webhookOf(accounts, webhook, identify?.(accounts)) }
            : {}),
        });
  }

  private constructor(
    private readonly options: ReadingProviderOptions & {
      accounts: ProviderAccount[];
      webhook?: OnCallWebhook;
    },
  ) {
    this.id = options.id;
    this.title = options.title;
    this.maxAgeSeconds = options.maxAgeSeconds;
    this.#readers = new Map(
      options.accounts.map(account => [account.id, options.reader(account)]),
    );
    this.#actors = new Map(
      options.accounts.flatMap(account => {
        const actor = options.actor?.(account);
        return actor ? [[account.id, actor] as const] : [];
      }),
    );
    this.webhook = options.webhook;
    this.#defaultAccount = options.accounts.find(a => a.isDefault)?.id;
  }

  match(entity: Entity): ProviderMatch | undefined {
    const annotations = entity.metadata.annotations ?? {};
    for (const { name, kind, hide } of this.options.annotations) {
      const value = annotations[name]?.trim();
      if (value && value.length <= MAX_VALUE) {
        const account =
          annotations[this.options.accountAnnotation]?.trim() ||
          this.#defaultAccount;
        return {
          scheduleId: [account ?? '', kind, hide?.(value) ?? value]
            .map(encodeURIComponent)
            .join('/'),
          annotation: name,
        };
      }
    }
    return undefined;
  }

  async onCallAt(
    scheduleId: string,
    instant: string,
  ): Promise<ProviderAnswer | undefined> {
    const at = parseInstant(instant, 'instant');
    const window = { from: at, to: at + OUTLOOK };
    const reading = await this.#read(scheduleId, window);
    return (
      reading && {
        title: reading.title,
        timeZone: reading.timeZone,
        levels: levelsOf(reading, window),
        ...(reading.names && Object.keys(reading.names).length > 0
          ? { names: reading.names }
          : {}),
      }
    );
  }

  async shiftsBetween(
    scheduleId: string,
    window: { from: string; to: string },
  ): Promise<Shift[] | undefined> {
    const { from, to } = parseWindow(window);
    const parts: ReadShift[] = [];
    let timeZone = 'Etc/UTC';
    for (let start = from; start < to || start === from; start += OUTLOOK) {
      const end = Math.min(start + OUTLOOK, to);
      const reading = await this.#read(scheduleId, { from: start, to: end });
      if (!reading) {
        return undefined;
      }
      timeZone = reading.timeZone;
      parts.push(...cut(reading.shifts, { from: start, to: end }));
    }
    return rejoined(parts, from).map(shift => ({
      person: shift.person,
      level: shift.level,
      from: formatInstant(shift.from, timeZone),
      to: formatInstant(shift.to, timeZone),
    }));
  }

  accountOf(scheduleId: string): string {
    return partsOf(scheduleId).account;
  }

  pageProblem(scheduleId: string): string | undefined {
    const { account, key } = partsOf(scheduleId);
    return (
      this.#accountProblem(account) ??
      this.#actors.get(account)?.pageProblem?.(key)
    );
  }

  changeProblem(
    page: Omit<PageReference, 'sender'>,
    change: PageChange,
  ): string | undefined {
    return (
      this.#accountProblem(page.account) ??
      this.#actors.get(page.account)?.changeProblem?.(referenceOf(page), change)
    );
  }

  #accountProblem(account: string): string | undefined {
    if (!this.#readers.has(account)) {
      return `there is no account ${account} in oncall.${this.id}.accounts`;
    }
    return this.#actors.has(account)
      ? undefined
      : `the account ${account} only reads: ${
          this.options.actingNeeds ?? 'the portal cannot act in it'
        }`;
  }

  async page(page: PageToSend): Promise<SentPage> {
    const { account, key } = partsOf(page.scheduleId);
    return await this.#actor(account, this.pageProblem(page.scheduleId)).page(
      key,
      page,
    );
  }

  async acknowledge(page: PageReference): Promise<void> {
    await this.#change(page, 'acknowledge');
  }

  async resolve(page: PageReference): Promise<void> {
    await this.#change(page, 'resolve');
  }

  async #change(page: PageReference, change: PageChange): Promise<void> {
    const actor = this.#actor(page.account, this.changeProblem(page, change));
    await actor[change]({ ...referenceOf(page), sender: page.sender });
  }

  /** Who acts in an account, unless there is a problem. */
  #actor(account: string, problem: string | undefined): PageActor {
    const actor = this.#actors.get(account);
    if (!actor || problem) {
      throw new ProviderActionError(
        problem ?? `the account ${account} only reads`,
        409,
        true,
      );
    }
    return actor;
  }

  async #read(
    scheduleId: string,
    window: { from: number; to: number },
  ): Promise<ScheduleReading | undefined> {
    const { account, key } = partsOf(scheduleId);
    const reader = this.#readers.get(account);
    if (!reader) {
      throw new InputError(
        account
          ? `there is no account ${account} in oncall.${this.id}.accounts`
          : `${this.options.accountAnnotation} must name one of the accounts, since none of them is the default`,
      );
    }
    return await reader.read(key, window);
  }
}

function partsOf(scheduleId: string): {
  account: string;
  key: { kind: string; value: string };
} {
  const [account = '', kind = '', value = ''] = scheduleId
    .split('/')
    .map(part => {
      try {
        return decodeURIComponent(part);
      } catch {
        throw new InputError('The id of the schedule cannot be read');
      }
    });
  return { account, key: { kind, value } };
}

function referenceOf({
  dedupKey,
  externalId,
  scheduleId,
}: Omit<PageReference, 'sender'>): Omit<PageActorReference, 'sender'> {
  return {
    dedupKey,
    ...(externalId ? { externalId } : {}),
    ...(scheduleId ? { key: partsOf(scheduleId).key } : {}),
  };
}

/**
 * How a provider's person is known: by the address, in lower case, by which the catalog finds the user, else by the provider's own
 * name of them, which goes with a name to show.
 */
export function personOf(
  provider: string,
  person: { id: string; email?: string; name?: string },
  names: Record<string, string>,
): string {
  if (person.email && /^[^\s@]+@[^\s@]+$/.test(person.email)) {
    return `mailto:${person.email.toLocaleLowerCase('en-US')}`;
  }
  const ref = `${provider}:${person.id}`;
  names[ref] = person.name ?? person.id;
  return ref;
}

/** Who is on call at the start of a window, until when, and who is next, as far as the window tells. Pure. */
export function levelsOf(
  reading: ScheduleReading,
  window: { from: number; to: number },
): OnCallLevel[] {
  const format = (at: number) => formatInstant(at, reading.timeZone);
  return [...reading.levels]
    .sort((a, b) => a.level - b.level)
    .map(({ level, name }): OnCallLevel => {
      const shifts = reading.shifts.filter(s => s.level === level);
      const at = (instant: number) =>
        shifts.filter(s => s.from <= instant && instant < s.to);
      const peopleAt = (instant: number) =>
        [...new Set(at(instant).map(s => s.person))].sort();
      const now = at(window.from);
      const present = peopleAt(window.from);
      const edges = [...new Set(shifts.flatMap(s => [s.from, s.to]))]
        .filter(edge => edge > window.from && edge < window.to)
        .sort((a, b) => a - b);
      const until = edges.find(
        edge => String(peopleAt(edge)) !== String(present),
      );
      const nextFrom =
        until === undefined
          ? undefined
          : edges.find(edge => edge >= until && at(edge).length > 0);
      return {
        level,
        ...(name === undefined ? {} : { name }),
        people: present.map(person => {
          const end = Math.max(
            ...now.filter(s => s.person === person).map(s => s.to),
          );
          // A shift that ends with the window may have been cut by the provider.
          return Number.isFinite(end) && end !== window.to
            ? { person, until: format(end) }
            : { person };
        }),
        ...(until === undefined ? {} : { until: format(until) }),
        ...(nextFrom === undefined
          ? {}
          : { next: { from: format(nextFrom), people: peopleAt(nextFrom) } }),
      };
    });
}

/** An instant in milliseconds as ISO 8601 with the offset of a zone. Pure. */
export function formatInstant(instant: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    timeZoneName: 'longOffset',
  }).formatToParts(instant);
  const name = parts.find(p => p.type === 'timeZoneName')?.value ?? 'GMT';
  const match = /^GMT([+-])(\d\d):(\d\d)$/.exec(name);
  if (!match) {
    return match === null && name === 'GMT'
      ? `${new Date(instant).toISOString().slice(0, 19)}+00:00`
      : new Date(instant).toISOString();
  }
  const minutes =
    (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
  const local = new Date(instant + minutes * 60_000).toISOString();
  return `${local.slice(0, 19)}${match[1]}${match[2]}:${match[3]}`;
}

function cut(
  shifts: ReadShift[],
  window: { from: number; to: number },
): ReadShift[] {
  return shifts
    .map(shift => ({
      ...shift,
      from: Math.max(shift.from, window.from),
      to: Math.min(shift.to, window.to),
    }))
    .filter(shift => shift.from < shift.to);
}

/** Sorted shifts, in which a person is at most once at a time on a level: those cut by the reading are one again. */
function rejoined(parts: ReadShift[], start: number): ReadShift[] {
  const open = new Map<string, ReadShift>();
  const found: ReadShift[] = [];
  for (const part of [...parts].sort((a, b) => a.from - b.from)) {
    const key = `${part.level} ${part.person}`;
    const last = open.get(key);
    const atCut = part.from > start && (part.from - start) % OUTLOOK === 0;
    if (last && (part.from < last.to || (atCut && part.from === last.to))) {
      last.to = Math.max(last.to, part.to);
    } else {
      const shift = { ...part };
      open.set(key, shift);
      found.push(shift);
    }
  }
  return found.sort(
    (a, b) =>
      a.from - b.from || a.level - b.level || (a.person < b.person ? -1 : 1),
  );
}
