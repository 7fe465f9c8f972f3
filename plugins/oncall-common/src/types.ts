/** The calendar unit in which a rotation counts its turns. */
export type RotationUnit = 'hour' | 'day' | 'week' | 'month';

/**
 * A mask on a rotation: it says when the person whose turn it is is on call, and never moves the turns. Several are a union.
 */
export type Restriction = {
  /** ISO weekdays (1 is Monday, 7 is Sunday) on which the interval starts; every day when left out. */
  weekdays?: number[];
  /** Local time `HH:MM` at which the interval starts. */
  from: string;
  /** Local time `HH:MM` at which it ends; at or before `from` it ends the next day, equal means a whole day. */
  to: string;
};

/** People taking turns on the wall clock of a zone. */
export type Rotation = {
  /** User entity refs, in order; turn k belongs to participant k mod n. */
  participants: string[];
  /** IANA zone; in a schedule it defaults to the schedule's. */
  timeZone: string;
  /** Local date-time of handoff 0, for example `2020-10-30T01:30`. Nobody is on call before it. */
  start: string;
  unit: RotationUnit;
  /** Positive whole number of units. */
  length: number;
  /** None means always. */
  restrictions?: Restriction[];
};

/** Somebody's time in a calendar, between two instants. */
export type CalendarShift = {
  from: string;
  to: string;
  /** User entity refs; empty when the calendar names nobody the catalog knows, which is a gap. */
  people: string[];
};

/** A calendar kept elsewhere that says who is on call when. */
export type CalendarLayer = {
  /** Where its feed is read. Answers show the host only, since an address may be a secret. */
  url: string;
  /** IANA zone of whole days and of times without a zone; it defaults to the schedule's. */
  timeZone?: string;
  /** What the feed said when it was read last; absent as long as it never was. */
  shifts?: CalendarShift[];
};

/** One layer of a level; it has exactly one of `rotation`, `people`, `schedule` and `calendar`. */
export type OnCallLayer = {
  name?: string;
  rotation?: Omit<Rotation, 'timeZone'> & { timeZone?: string };
  /** A fixed set of people, always on call. */
  people?: string[];
  /** Another schedule, which contributes its first level: the schedule itself, or a name for the lookup to find. */
  schedule?: string | OnCallSchedule;
  calendar?: CalendarLayer;
};

/** An escalation level. */
export type OnCallLevelSpec = {
  name?: string;
  /** A later layer wins where it overlaps an earlier one. */
  layers: OnCallLayer[];
};

/** A change to who is on call for an interval; it wins over all layers. */
export type OnCallOverride = {
  id?: string;
  type: 'replace' | 'add' | 'remove';
  /** The person replaced, added or removed. */
  person: string;
  /** Who stands in; only for `replace`. */
  with?: string;
  /** Start: an instant with offset, or a date-time local to the schedule. */
  from: string;
  /** End, exclusive; written like `from`. */
  to: string;
  /** The escalation level it is for, counted from 1; every level when left out. */
  level?: number;
  /**
   * The instant at which it was made. A later-created override beats an earlier one; those without one count as made before all
   * others, in the order of the list.
   */
  createdAt?: string;
  reason?: string;
};

/** Who is on call when, as the engine reads it. */
export type OnCallSchedule = {
  /** IANA zone. */
  timeZone: string;
  /** Escalation levels, first called first. */
  levels: OnCallLevelSpec[];
  overrides?: OnCallOverride[];
};

/** A half-open window between two ISO instants. */
export type InstantWindow = { from: string; to: string };

/** How a nested schedule named by text is found; undefined when there is none of that name. */
export type ScheduleLookup = (name: string) => OnCallSchedule | undefined;

/** Settings shared by the functions of the engine. */
export type EngineOptions = {
  /** Finds nested schedules. A name it does not know contributes nobody. */
  lookup?: ScheduleLookup;
};

/** Where somebody's being on call comes from. */
export type OnCallSource = {
  /** The layer in the level, counted from 1; undefined for a person added by an override. */
  layer?: number;
  /** The turn of the rotation, counted from 0. */
  turn?: number;
  /** The override that put the person there: its id, or `override-<position from 1>` without one. */
  override?: string;
  /** The person stood in for. */
  replaces?: string;
};

/** One person on call on one level for one half-open interval. Instants carry the offset of the schedule's zone. */
export type Shift = OnCallSource & {
  person: string;
  /** Escalation level, counted from 1. */
  level: number;
  from: string;
  to: string;
};

/** One person on call at an instant. */
export type OnCallPerson = OnCallSource & {
  person: string;
  /** When this shift ends; undefined when it has no end in sight. */
  until?: string;
};

/** One escalation level at an instant. */
export type OnCallLevel = {
  /** Counted from 1. */
  level: number;
  name?: string;
  /** Empty when nobody is on call. */
  people: OnCallPerson[];
  /** The next instant at which the level changes hands, falls empty or is filled; undefined when none is in sight. */
  until?: string;
  /** Who is on call next, and from when: later than `until` when a gap lies between. */
  next?: { from: string; people: string[] };
};

/** A change of hands on one level. An empty `to` is the start of a gap, an empty `from` its end. */
export type Handoff = {
  at: string;
  level: number;
  from: string[];
  to: string[];
};

/** An interval in which a level has nobody on call. */
export type CoverageGap = { level: number; from: string; to: string };

/** An interval in which one person is on call on several levels at once. */
export type DoubleBooking = {
  person: string;
  levels: number[];
  from: string;
  to: string;
};

/** What is missing and what is doubled in a window. */
export type CoverageReport = {
  gaps: CoverageGap[];
  doubleBookings: DoubleBooking[];
};
