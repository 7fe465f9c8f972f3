import type { OnCallSchedule } from '@pavedroad/plugin-oncall-common';

import type { NamedRequest } from './changeRequests';

/** A schedule as the catalog has it. */
export type ScheduleDefinition = {
  scheduleRef: string;
  title: string;
  ownerRef: string;
  schedule: OnCallSchedule;
};

/** One version of a schedule. */
export type ScheduleVersion = ScheduleDefinition & {
  number: number;
  /** The version that says the schedule is gone. */
  removed: boolean;
  /** Milliseconds since the epoch. */
  takenUpAt: number;
};

/** What an override says. */
export type OverrideDefinition = {
  scheduleRef: string;
  type: 'replace' | 'add' | 'remove';
  person: string;
  with?: string;
  /** Milliseconds since the epoch. */
  from: number;
  /** Milliseconds since the epoch. */
  to: number;
  level?: number;
  reason?: string;
};

/** One version of an override. */
export type OverrideVersion = OverrideDefinition & {
  id: string;
  number: number;
  removed: boolean;
  author: string;
  /** The change it was made in. */
  changeId: string;
  /** Milliseconds since the epoch. */
  takenUpAt: number;
};

/** The versions of schedules and overrides that matter for a question; those of one thing are in order. */
export type History = {
  schedules: ScheduleVersion[];
  overrides: OverrideVersion[];
};

/**
 * Says whether something may be done. `decide` is given what is in force (overrides that end after an instant in milliseconds); from then until
 * it is done nobody else changes the schedules it is about, whichever back end they ask. An error it throws is passed on, and nothing is kept.
 */
export type Decision = {
  endsAfter: number;
  decide: (current: History) => void;
};

/** A calendar address that was handed out. */
export type CalendarFeed = {
  id: string;
  /** The user it was made for. */
  ownerRef: string;
  /** None: all shifts of the user. */
  scheduleRef?: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
};

/** Keeps every version of schedules and overrides; nothing is ever changed or deleted. */
export interface OnCallStore {
  /** A text that changes whenever a version is added, by whichever back end. */
  revision(): Promise<string>;

  /**
   * Takes up the schedules the catalog has now: adds a version for each that is new, changed or gone. Those to `keep` are in the catalog but
   * cannot be read, and stay as they are.
   * @returns how many versions were added
   */
  takeUp(definitions: ScheduleDefinition[], keep?: string[]): Promise<number>;

  /** The newest version of every schedule, and of every override that ends after an instant in milliseconds. */
  current(endsAfter: number): Promise<History>;

  /**
   * What was in force at an instant in milliseconds: the last version of each schedule taken up by then, or its first one when it was
   * taken up later, and the overrides that end after the instant.
   */
  inForceAt(instant: number): Promise<History>;

  /**
   * What some schedules, or all when they are left out, have been since an instant in milliseconds: the version in force then, those taken up
   * after it, and the first one, which is assumed before it. With the overrides that end after the instant, or after another one.
   */
  historyOf(
    scheduleRefs: string[] | undefined,
    since: number,
    endsAfter?: number,
  ): Promise<History>;

  /** The newest version of an override, or undefined when there never was one. */
  override(id: string): Promise<OverrideVersion | undefined>;

  /**
   * Adds the version that says an override is gone. False when it was gone before, also when this very request did it.
   * @throws ConflictError when the key of the request was used for another one.
   */
  removeOverride(
    id: string,
    author: string,
    request?: NamedRequest,
    decision?: Decision,
  ): Promise<boolean>;

  /** Keeps a calendar address by the hash of its token. */
  addFeed(
    feed: { ownerRef: string; scheduleRef?: string },
    tokenHash: string,
  ): Promise<CalendarFeed>;

  /** The addresses in use that were made for a user. */
  feedsOf(ownerRef: string): Promise<CalendarFeed[]>;

  /** The address in use whose token has this hash. */
  feedByTokenHash(tokenHash: string): Promise<CalendarFeed | undefined>;

  /** Revokes an address of a user. False when there is none of that id. */
  revokeFeed(id: string, ownerRef: string): Promise<boolean>;
}
