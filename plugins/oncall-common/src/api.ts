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
  /** True when the name is kept from the caller: `ref` and `displayName` then say only which schedule the person belongs to. */
  hidden?: boolean;
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
  /** For a schedule with layers that follow a calendar: how well each is known. */
  calendars?: CalendarState[];
};

/** How well a calendar that a layer follows is known. */
export type CalendarState = {
  /** The level and layer, counted from 1. */
  level: number;
  layer: number;
  /** Of its address only the host is shown: the rest may be a secret. */
  host: string;
  /** Seconds since it was read; absent when it never was. */
  ageSeconds?: number;
  /** The feed fails: this is what it said last. */
  stale: boolean;
  /** Why it cannot be read. */
  problem?: string;
  /** What the feed names that is nobody the catalog knows; those times are gaps. At most ten. */
  unknown: string[];
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
  /** Whether the caller may propose a change of the schedule that answers, or of the one asked for when it is not in force, by its owner now. */
  canChange: boolean;
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
    /** Whether the caller may propose a change of it: false for schedules of providers, which are changed there. */
    canChange: boolean;
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
    /** Of a provider's schedule: the entities that name it. */
    entityRefs?: string[];
  }[];
  /** People on call in several schedules at once, whether of the portal or of providers. */
  doubleBookings: {
    person: string;
    schedules: string[];
    from: string;
    to: string;
  }[];
  /** Schedules of providers that were not told in time, or not at all: nobody knows whom they double. */
  notCompared?: { scheduleRef: string; problem: string }[];
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
  /** The change it was made in, see {@link StoredChange}. */
  changeId?: string;
};

/* Changes: overrides made together, and taken back together. */

/** How many overrides one change has at most. */
export const MAX_CHANGE_OVERRIDES = 200;

/** The header in which a client may name a request, so that repeating it is safe: see {@link ChangeRequest}. */
export const IDEMPOTENCY_KEY_HEADER = 'Idempotency-Key';

/** What somebody wanted, in the words of the screens. It decides nothing: the overrides of the change do. */
export type ChangeKind =
  | 'override'
  | 'take-shift'
  | 'give-shift'
  | 'swap'
  | 'holiday-cover';

/** One override of a change. Instants are ISO 8601 with an offset, half-open. */
export type ChangeOverride = {
  scheduleRef: string;
  type: 'replace' | 'add' | 'remove';
  person: string;
  /** Who stands in; only for `replace`. */
  with?: string;
  from: string;
  to: string;
  level?: number;
};

/** The body of `POST /changes` and `POST /changes/preview`. */
export type ChangeRequest = {
  kind: ChangeKind;
  /** From 1 to {@link MAX_CHANGE_OVERRIDES} overrides; all are made, or none. */
  overrides: ChangeOverride[];
  reason?: string;
  /**
   * Made by the client once for each thing somebody wants: 8 to 200 characters without spaces, such as a random UUID. Sending the same request
   * again with it is safe when an answer was lost: it answers the change that was made (200) and makes no second one. Another request with
   * the key is refused with 409. It may be sent as the header {@link IDEMPOTENCY_KEY_HEADER} instead, which is also how
   * `DELETE /changes/{id}` and `DELETE /overrides/{id}` take it.
   */
  idempotencyKey?: string;
  /** Codes of warnings that were read; `POST /changes` refuses with 409 while a warning is not among them. */
  accepted?: ChangeConflictCode[];
};

export type ChangeConflictCode =
  /** The person is not on call then, so that the override does nothing. */
  | 'no-effect'
  /** Nobody is on call afterwards, at least for a while. */
  | 'leaves-gap'
  /** Whoever stands in is on call elsewhere, or on another level, at the same time. */
  | 'double-booking'
  /** An override made earlier is beaten, for at least a part of the time. */
  | 'beats-override'
  /** It lies in the past, at least in part. */
  | 'in-the-past'
  /** Whoever stands in has the next or previous shift too: more than the configured hours on end. */
  | 'long-stretch';

/** What to know before a change is made. */
export type ChangeConflict = {
  code: ChangeConflictCode;
  /** `refused` cannot be accepted. */
  severity: 'refused' | 'warning';
  message: string;
  scheduleRef: string;
  from: string;
  to: string;
  level?: number;
  people: OnCallContact[];
};

/** The answer of `POST /changes/preview`: nothing is kept. */
export type ChangePreview = {
  conflicts: ChangeConflict[];
  /** The shifts touched, as they are and as they would be. */
  schedules: {
    schedule: ScheduleSummary;
    from: string;
    to: string;
    before: ResolvedShift[];
    after: ResolvedShift[];
  }[];
  /** Who would be told. */
  notified: OnCallContact[];
};

/** A change that was made: the answer of `POST /changes`, and an item of `GET /changes`. */
export type StoredChange = {
  id: string;
  kind: ChangeKind;
  reason?: string;
  createdAt: string;
  createdBy: OnCallContact;
  overrides: StoredOverride[];
  /** Set when it was undone, by `DELETE /changes/{id}`. */
  undoneAt?: string;
  undoneBy?: OnCallContact;
  /** Whether the caller may undo it. */
  canUndo: boolean;
};

/** The answer of `GET /changes?schedule=&limit=&cursor=`, newest first. */
export type ChangesAnswer = {
  changes: StoredChange[];
  /** Everybody whom the overrides name, by the refs they are named by. */
  people: Record<string, OnCallContact>;
  /** The schedules of the overrides by their refs; one that is gone is absent. */
  schedules: Record<string, ScheduleSummary>;
  /** Sent as `cursor`, it asks for the next page; absent on the last. */
  nextCursor?: string;
};

/* Timeline, own shifts, handover. */

/** The answer of `GET /timeline?from=&to=&schedule=&group=&limit=&cursor=`; at most 92 days and 100 schedules. */
export type TimelineAnswer = {
  from: string;
  to: string;
  schedules: {
    schedule: ScheduleSummary;
    /** Whether the caller may change who is on call on it. */
    editable: boolean;
    levels: {
      /** Counted from 1. */
      level: number;
      name: string;
      shifts: {
        /** A key of `people`. */
        person: string;
        from: string;
        to: string;
        layer?: number;
        override?: string;
        replaces?: string;
      }[];
      gaps: { from: string; to: string }[];
    }[];
    problem?: string;
  }[];
  people: Record<string, OnCallContact>;
  nextCursor?: string;
};

/** The answer of `GET /my-shifts?from=&to=`: shifts of the signed-in user on every schedule, sorted. */
export type MyShiftsAnswer = {
  person: OnCallContact;
  from: string;
  to: string;
  shifts: {
    scheduleRef: string;
    title: string;
    timeZone: string;
    editable: boolean;
    level: number;
    levelName: string;
    from: string;
    to: string;
    /** Pieces of one level, layer and turn are one shift that a layer above cuts. */
    layer?: number;
    turn?: number;
    override?: string;
    replaces?: OnCallContact;
    /** Who has the level before and after. */
    previous: OnCallContact[];
    next: OnCallContact[];
  }[];
};

/** A note that passes from shift to shift until somebody closes it. */
export type HandoverNote = {
  id: string;
  scheduleRef: string;
  /** Markdown, at most 10,000 characters. */
  text: string;
  createdAt: string;
  createdBy: OnCallContact;
  closedAt?: string;
  closedBy?: OnCallContact;
  /** Who has confirmed to have read it. */
  readBy: OnCallContact[];
};

/** The answer of `GET /handover?schedule=&closed=`. `POST` {scheduleRef, text}; `POST /handover/{id}/read|close|reopen`. */
export type HandoverAnswer = {
  schedule: ScheduleSummary;
  notes: HandoverNote[];
  /** What happened in the current shift of level 1: for the one who comes next. */
  since?: string;
  incidents: {
    id: string;
    title: string;
    entityRef: string;
    openedAt: string;
    resolvedAt?: string;
    url?: string;
  }[];
  pages: OnCallPage[];
  canWrite: boolean;
};

/* Pages: somebody was called. */

/** A page, sent from the portal or learnt from a provider's webhook. */
export type OnCallPage = {
  id: string;
  /** `native`, or the id of the provider. */
  provider: string;
  scheduleRef?: string;
  entityRef?: string;
  title: string;
  urgency: 'high' | 'low';
  status: 'triggered' | 'acknowledged' | 'resolved';
  createdAt: string;
  /** Who sent it from the portal; absent when a monitor did. */
  createdBy?: OnCallContact;
  /** Who was called. */
  people: OnCallContact[];
  acknowledgedAt?: string;
  acknowledgedBy?: OnCallContact;
  resolvedAt?: string;
  /** The page at the provider. */
  url?: string;
  /** Whether the caller may say that somebody looks after it, and it can be done from here: not every account of a provider can. */
  canAcknowledge: boolean;
  /** Whether the caller may say that it is over, and it can be done from here: also once somebody looks after it. */
  canResolve?: boolean;
  /**
   * What became of sending it: `sending` while it is being sent, `unknown` when nobody knows whether it arrived. Sending the same request
   * again is safe then, and calls nobody twice.
   */
  outcome?: 'sending' | 'sent' | 'failed' | 'unknown';
  /** Why it was not sent, or is not known to have been. */
  problem?: string;
  /** The escalation level called last, counted from 1, for native schedules. */
  level?: number;
  /** When the next level is called unless somebody acknowledges it. */
  escalatesAt?: string;
};

/**
 * The channel of signals on which everybody who is signed in learns that a page was sent, answered or escalated. It says that and no more: what
 * happened is asked for, and each sees what they may.
 */
export const PAGES_CHANGED_CHANNEL = 'oncall:pages';

/**
 * The body of `POST /pages`; one of `entityRef` and `scheduleRef`. The same `idempotencyKey` of the same user never pages twice.
 * `POST /pages/{id}/acknowledge` and `/resolve` have no body. `GET /pages?schedule=&entityRef=&status=&from=&to=&cursor=` lists.
 */
export type PageRequest = {
  entityRef?: string;
  scheduleRef?: string;
  title: string;
  details?: string;
  urgency: 'high' | 'low';
  idempotencyKey: string;
};

/** The answer of `GET /pages`, newest first. */
export type PagesAnswer = { pages: OnCallPage[]; nextCursor?: string };

/* Load, ownership, recovery. */

/** The answer of `GET /load?schedule=|group=&from=&to=&timeZone=`; for members of the group and administrators. */
export type LoadAnswer = {
  from: string;
  to: string;
  /** The zone in which nights and weekends are counted. */
  timeZone: string;
  scheduleRefs: string[];
  people: {
    person: OnCallContact;
    /** Time on call, overlapping duties counted once, in seconds. */
    seconds: number;
    /** Of it, between 22:00 and 07:00. */
    nightSeconds: number;
    /** Of it, on Saturday and Sunday. */
    weekendSeconds: number;
    /** A turn that somebody else interrupts is one. */
    shifts: number;
    pages: number;
    nightPages: number;
    incidents: number;
    /** Time as a stand-in for others, in seconds. */
    coveredForOthersSeconds: number;
  }[];
  totals: { seconds: number; pages: number; incidents: number };
  /** What is not known, such as providers without webhooks. */
  notes: { code: string; message: string }[];
};

/** Every kind of finding, in the order they are listed in: what is bad first. */
export const OWNERSHIP_FINDING_CODES = [
  'no-owner',
  'owner-unknown',
  'owner-not-group',
  'no-schedule',
  'ambiguous',
  'schedule-invalid',
  'nobody',
  'person-unknown',
  'provider-failed',
  'schedule-gap',
  'double-booking',
  'group-empty',
] as const;

export type OwnershipFindingCode = (typeof OWNERSHIP_FINDING_CODES)[number];

/** Something about ownership that wants mending. */
export type OwnershipFinding = {
  code: OwnershipFindingCode;
  severity: 'bad' | 'warning';
  entityRef: string;
  title: string;
  ownerRef?: string;
  /** The schedules it speaks of, where they are several: names are shown to those who may see them on all of these. */
  scheduleRefs?: string[];
  message: string;
  /** What to do, and where: `url` is a page of the portal or the file to edit. */
  fix: { text: string; url?: string };
};

/** The answer of `GET /hygiene?code=&group=&cursor=&limit=` (JSON, or CSV with `format=csv`). */
export type HygieneAnswer = {
  at: string;
  services: number;
  servicesCovered: number;
  counts: { code: OwnershipFindingCode; count: number }[];
  findings: OwnershipFinding[];
  nextCursor?: string;
};

/** The answer of `GET /recovery?from=&to=`: incidents by the schedule that answered when they were opened. */
export type RecoveryAnswer = {
  from: string;
  to: string;
  schedules: {
    scheduleRef?: string;
    title: string;
    incidents: number;
    recovered: number;
    p50Seconds?: number;
    p90Seconds?: number;
    status: 'ok' | 'insufficient_data' | 'no_data';
  }[];
};

/* Schedules as code. */

/** A problem of a schedule's source, with the place where it is. */
export type ScheduleSourceProblem = {
  severity: 'error' | 'warning';
  message: string;
  /** JSON path in the entity, for example `spec.levels[0].layers[1].rotation.start`. */
  path: string;
  /** Counted from 1, in the YAML that was sent. */
  line: number;
  column: number;
  fix?: string;
};

/** The answer of `POST /schedules/check` {yaml} : validation, and the shifts of the next eight weeks when it is valid. */
export type ScheduleCheck = {
  problems: ScheduleSourceProblem[];
  scheduleRef?: string;
  preview?: {
    from: string;
    to: string;
    timeZone: string;
    shifts: ResolvedShift[];
    /** The same weeks as they are now, when the schedule exists. */
    before?: ResolvedShift[];
    gaps: { level: number; from: string; to: string }[];
  };
};

/**
 * The answer of `GET /schedules/source?schedule=`: where a schedule is kept. For those who may change it.
 */
export type ScheduleSource = {
  scheduleRef: string;
  /** The YAML of this schedule alone, also when its file holds several. */
  yaml: string;
  /** The file, as a person opens it. */
  url: string;
  /** Of the whole file as it was read; sent back with a proposal, so that a change made meanwhile is noticed. */
  basedOn: string;
  /** Whether the portal can open a pull request there. */
  proposable: boolean;
  reason?: string;
};

/** A place where a new schedule of a group may be kept. */
export type ScheduleTarget = {
  /** Address of the file. */
  url: string;
  /** In words, for a list. */
  label: string;
  /** Whether the file holds schedules already, so that the new one is added to them. */
  append: boolean;
};

/** The answer of `GET /schedules/targets?owner=&name=`: the first is the default. */
export type ScheduleTargetsAnswer = { targets: ScheduleTarget[] };

/** The body of `POST /schedules/proposals`: opens a pull request; answers 201 with {@link ScheduleProposal}, 200 when it was open. */
export type ScheduleProposalRequest = {
  yaml: string;
  /** Of {@link ScheduleSource}; for a schedule that exists. */
  basedOn?: string;
  /** For a new schedule: the `url` of one of its {@link ScheduleTarget}s. */
  targetUrl?: string;
  title?: string;
  message?: string;
};

export type ScheduleProposal = {
  url: string;
  number: number;
  branch: string;
  scheduleRef: string;
  /** False when the same change was proposed already and is open. */
  created: boolean;
};
