/*
 * What the API of the on-call back end answers. Instants are ISO 8601 with an offset; those of a schedule carry the offset of its zone.
 */

/** How well somebody can be reached: everybody, not everybody, or no schedule at all. */
export type Coverage = 'full' | 'gap' | 'none';

/** Why an answer is not whole, in words and as a code for programs. */
export type CoverageReason = {
  code:
    | 'nobody'
    | 'level-empty'
    | 'no-schedule'
    | 'ambiguous'
    | 'no-owner'
    | 'owner-unknown'
    | 'owner-not-group'
    | 'schedule-invalid'
    | 'provider-failed';
  message: string;
  /** What would mend it. */
  fix: string;
};

/** One step of the search for the schedule that answers for an entity. */
export type TrailStep = {
  step: 'schedule' | 'annotation' | 'provider' | 'owner' | 'parent';
  /** The entity looked at. */
  entityRef: string;
  outcome: 'found' | 'nothing' | 'missing' | 'ambiguous' | 'failed';
  message: string;
  scheduleRef?: string;
};

/** Somebody to call. */
export type OnCallContact = {
  ref: string;
  displayName: string;
  /** False when the catalog has no such user. */
  known: boolean;
  email?: string;
  picture?: string;
  /** Chat, phone and the like, from the user's entity. */
  links: { url: string; title: string; type?: string }[];
};

/** Somebody on call on a level. */
export type OnCallNowPerson = OnCallContact & {
  until?: string;
  override?: string;
  /** The person stood in for. */
  replaces?: { ref: string; displayName: string };
};

/** An escalation level at an instant. */
export type OnCallNowLevel = {
  /** Counted from 1. */
  level: number;
  name: string;
  people: OnCallNowPerson[];
  until?: string;
  next?: { from: string; people: OnCallContact[] };
};

/** The schedule an answer comes from. */
export type ScheduleSummary = {
  ref: string;
  title: string;
  ownerRef: string;
  timeZone: string;
  /** `native`, or the id of the provider. */
  provider: string;
  version?: {
    number: number;
    /** When the portal took this version up. */
    takenUpAt: string;
    /** True when the instant asked for is earlier than the first version the portal knows. */
    assumed: boolean;
  };
  /** True for a schedule of the sample organisation. */
  sampleData?: boolean;
  /** For a provider's answer: how old it is, in seconds, and whether it is the last known one because the provider fails. */
  ageSeconds?: number;
  stale?: boolean;
};

/** Who is on call on one schedule. */
export type ScheduleNow = {
  schedule: ScheduleSummary;
  coverage: Coverage;
  reason?: CoverageReason;
  levels: OnCallNowLevel[];
  /** The next change on any level. */
  until?: string;
  /** Who comes next on the first level that changes. */
  next?: { from: string; level: number; people: OnCallContact[] };
};

/** The answer of `GET /now?entityRef=`. */
export type EntityNow = {
  entityRef: string;
  at: string;
  coverage: Coverage;
  reason?: CoverageReason;
  schedule?: ScheduleSummary;
  levels: OnCallNowLevel[];
  until?: string;
  next?: ScheduleNow['next'];
  trail: TrailStep[];
};

/** Which schedule answers for a service, in short. */
export type ServiceCoverage = {
  entityRef: string;
  title: string;
  ownerRef?: string;
  coverage: Coverage;
  scheduleRef?: string;
  reason?: CoverageReason;
};

/** The answer of `GET /now` without an entity. */
export type EverybodyNow = {
  at: string;
  schedules: (ScheduleNow & {
    /** How many services it answers for. */
    services: number;
    /** Whether the caller belongs to the owning group or is on call in it. */
    mine: boolean;
  })[];
  totals: { services: number; full: number; gap: number; none: number };
  /** With `services=true`: every service. */
  services?: ServiceCoverage[];
};

/** One resolved shift. */
export type ResolvedShift = {
  level: number;
  person: OnCallContact;
  from: string;
  to: string;
  layer?: number;
  turn?: number;
  override?: string;
  replaces?: string;
};

/** The answer of `GET /shifts`. */
export type ShiftsAnswer = {
  schedule: ScheduleSummary;
  from: string;
  to: string;
  shifts: ResolvedShift[];
};

/** The answer of `GET /coverage`. */
export type CoverageAnswer = {
  from: string;
  to: string;
  schedules: {
    scheduleRef: string;
    title: string;
    timeZone: string;
    gaps: { level: number; from: string; to: string }[];
    doubleBookings: {
      person: string;
      levels: number[];
      from: string;
      to: string;
    }[];
    problem?: string;
  }[];
  /** People on call in several schedules at once. */
  doubleBookings: {
    person: string;
    schedules: string[];
    from: string;
    to: string;
  }[];
};

/** An override as the API keeps it. */
export type StoredOverride = {
  id: string;
  scheduleRef: string;
  type: 'replace' | 'add' | 'remove';
  person: string;
  with?: string;
  from: string;
  to: string;
  level?: number;
  reason?: string;
  createdAt: string;
  createdBy: string;
};
