import {
  createApiRef,
  type DiscoveryApi,
  type FetchApi,
} from '@backstage/frontend-plugin-api';
import { ResponseError } from '@backstage/errors';
import { IDEMPOTENCY_KEY_HEADER } from '@pavedroad/plugin-oncall-common';
import type {
  ChangePreview,
  ChangeRequest,
  ChangesAnswer,
  CoverageAnswer,
  EntityNow,
  EverybodyNow,
  HandoverAnswer,
  HandoverNote,
  HygieneAnswer,
  LoadAnswer,
  MyShiftsAnswer,
  OnCallPage,
  PageRequest,
  PagesAnswer,
  RecoveryAnswer,
  ScheduleCheck,
  ScheduleProposal,
  ScheduleProposalRequest,
  ScheduleSource,
  ScheduleTarget,
  ScheduleTargetsAnswer,
  ShiftsAnswer,
  StoredChange,
  TimelineAnswer,
} from '@pavedroad/plugin-oncall-common';

/** A calendar address of the signed-in user. The address itself is told once, when it is made. */
export type CalendarFeed = {
  id: string;
  /** Absent for the user's own shifts on all schedules. */
  scheduleRef?: string;
  createdAt: string;
};

/** What the screens ask the on-call back end. All methods reject with a ResponseError when it refuses. */
export interface OnCallApi {
  /** Who is on call for an entity now. */
  entityNow(entityRef: string): Promise<EntityNow>;
  /** Everybody on call now, with every service. */
  everybodyNow(): Promise<EverybodyNow>;
  /** The shifts of a schedule in a window of ISO instants. */
  shifts(
    scheduleRef: string,
    window: { from: string; to: string },
  ): Promise<ShiftsAnswer>;
  /** Gaps and double bookings of a schedule in a window of ISO instants. */
  coverage(
    scheduleRef: string,
    window: { from: string; to: string },
  ): Promise<CoverageAnswer>;
  /** Every level of many schedules in a window of ISO instants; answers all pages. */
  timeline(query: {
    from: string;
    to: string;
    schedule?: string;
    group?: string;
  }): Promise<TimelineAnswer>;
  /** The shifts of the signed-in user on every schedule in a window of ISO instants. */
  myShifts(window: { from: string; to: string }): Promise<MyShiftsAnswer>;
  /** What a change would do; nothing is kept. */
  previewChange(change: ChangeRequest): Promise<ChangePreview>;
  /** Makes a change. Rejects with 409 when a warning is not accepted. */
  makeChange(change: ChangeRequest): Promise<StoredChange>;
  /** Takes a change back. */
  undoChange(id: string): Promise<void>;
  /** Changes, newest first. */
  changes(query: {
    schedule?: string;
    limit?: number;
    cursor?: string;
  }): Promise<ChangesAnswer>;
  /** Notes of a schedule for whoever is on call next. */
  handover(query: {
    schedule: string;
    closed?: boolean;
  }): Promise<HandoverAnswer>;
  writeHandover(note: {
    scheduleRef: string;
    text: string;
  }): Promise<HandoverNote>;
  /** Confirms to have read a note, closes it, or opens it again. */
  markHandover(id: string, as: 'read' | 'close' | 'reopen'): Promise<void>;
  /** Pages, newest first. */
  pages(query: {
    schedule?: string;
    entityRef?: string;
    status?: OnCallPage['status'];
    cursor?: string;
  }): Promise<PagesAnswer>;
  /** Calls whoever is on call. */
  page(request: PageRequest): Promise<OnCallPage>;
  /** Says that somebody looks after a page, or that it is over. */
  markPage(id: string, as: 'acknowledge' | 'resolve'): Promise<void>;
  /** The calendar addresses of the signed-in user. */
  calendars(): Promise<CalendarFeed[]>;
  /** Makes a calendar address; `url` is told only here. */
  createCalendar(scheduleRef?: string): Promise<CalendarFeed & { url: string }>;
  revokeCalendar(id: string): Promise<void>;
  /** What is wrong with the source of a schedule, and the next eight weeks by it. */
  checkSchedule(yaml: string): Promise<ScheduleCheck>;
  /** The source of a schedule, for those who may change it. */
  scheduleSource(scheduleRef: string): Promise<ScheduleSource>;
  /** Where a new schedule of a group may be kept; the first is the default. */
  scheduleTargets(owner: string, name: string): Promise<ScheduleTarget[]>;
  /** Opens a pull request with a schedule. */
  proposeSchedule(request: ScheduleProposalRequest): Promise<ScheduleProposal>;
  /** Everything about ownership that wants mending; answers all pages. */
  hygiene(): Promise<HygieneAnswer>;
  /** What each person carried, of a schedule or a group. */
  load(query: {
    schedule?: string;
    group?: string;
    from: string;
    to: string;
    timeZone?: string;
  }): Promise<LoadAnswer>;
  /** How fast incidents were over, by the schedule that answered. */
  recovery(window: { from: string; to: string }): Promise<RecoveryAnswer>;
}

/** See {@link OnCallApi}. */
export const onCallApiRef = createApiRef<OnCallApi>({
  id: 'plugin.oncall.api',
});

/** Asks over HTTP. */
export class OnCallClient implements OnCallApi {
  constructor(
    private readonly options: {
      discoveryApi: DiscoveryApi;
      fetchApi: FetchApi;
    },
  ) {}

  async entityNow(entityRef: string): Promise<EntityNow> {
    return await this.#get('/now', { entityRef });
  }

  async everybodyNow(): Promise<EverybodyNow> {
    return await this.#get('/now', { services: 'true' });
  }

  async shifts(
    schedule: string,
    window: { from: string; to: string },
  ): Promise<ShiftsAnswer> {
    return await this.#get('/shifts', { schedule, ...window });
  }

  async coverage(
    schedule: string,
    window: { from: string; to: string },
  ): Promise<CoverageAnswer> {
    return await this.#get('/coverage', { schedule, ...window });
  }

  async timeline(query: {
    from: string;
    to: string;
    schedule?: string;
    group?: string;
  }): Promise<TimelineAnswer> {
    const whole: TimelineAnswer = await this.#get('/timeline', query);
    let cursor = whole.nextCursor;
    while (cursor) {
      const more: TimelineAnswer = await this.#get('/timeline', {
        ...query,
        cursor,
      });
      whole.schedules.push(...more.schedules);
      Object.assign(whole.people, more.people);
      cursor = more.nextCursor;
    }
    return whole;
  }

  async myShifts(window: {
    from: string;
    to: string;
  }): Promise<MyShiftsAnswer> {
    return await this.#get('/my-shifts', window);
  }

  async previewChange(change: ChangeRequest): Promise<ChangePreview> {
    return await this.#send('POST', '/changes/preview', change);
  }

  async makeChange(change: ChangeRequest): Promise<StoredChange> {
    return await this.#send('POST', '/changes', change);
  }

  async undoChange(id: string): Promise<void> {
    // A change is undone once, so its id names the request: asking again after a lost answer is safe.
    await this.#ask(`/changes/${encodeURIComponent(id)}`, {
      method: 'DELETE',
      headers: { [IDEMPOTENCY_KEY_HEADER]: `undo-${id}` },
    });
  }

  async changes(query: {
    schedule?: string;
    limit?: number;
    cursor?: string;
  }): Promise<ChangesAnswer> {
    return await this.#get('/changes', query);
  }

  async handover(query: {
    schedule: string;
    closed?: boolean;
  }): Promise<HandoverAnswer> {
    return await this.#get('/handover', query);
  }

  async writeHandover(note: {
    scheduleRef: string;
    text: string;
  }): Promise<HandoverNote> {
    return await this.#send('POST', '/handover', note);
  }

  async markHandover(
    id: string,
    as: 'read' | 'close' | 'reopen',
  ): Promise<void> {
    await this.#send('POST', `/handover/${encodeURIComponent(id)}/${as}`);
  }

  async pages(query: {
    schedule?: string;
    entityRef?: string;
    status?: OnCallPage['status'];
    cursor?: string;
  }): Promise<PagesAnswer> {
    return await this.#get('/pages', query);
  }

  async page(request: PageRequest): Promise<OnCallPage> {
    return await this.#send('POST', '/pages', request);
  }

  async markPage(id: string, as: 'acknowledge' | 'resolve'): Promise<void> {
    await this.#send('POST', `/pages/${encodeURIComponent(id)}/${as}`);
  }

  async calendars(): Promise<CalendarFeed[]> {
    const answer = await this.#get<{ calendars: CalendarFeed[] }>(
      '/calendars',
      {},
    );
    return answer.calendars;
  }

  async createCalendar(
    scheduleRef?: string,
  ): Promise<CalendarFeed & { url: string }> {
    return await this.#send(
      'POST',
      '/calendars',
      scheduleRef ? { schedule: scheduleRef } : {},
    );
  }

  async revokeCalendar(id: string): Promise<void> {
    await this.#send('DELETE', `/calendars/${encodeURIComponent(id)}`);
  }

  async checkSchedule(yaml: string): Promise<ScheduleCheck> {
    return await this.#send('POST', '/schedules/check', { yaml });
  }

  async scheduleSource(schedule: string): Promise<ScheduleSource> {
    return await this.#get('/schedules/source', { schedule });
  }

  async scheduleTargets(
    owner: string,
    name: string,
  ): Promise<ScheduleTarget[]> {
    const answer: ScheduleTargetsAnswer = await this.#get(
      '/schedules/targets',
      { owner, name },
    );
    return answer.targets;
  }

  async proposeSchedule(
    request: ScheduleProposalRequest,
  ): Promise<ScheduleProposal> {
    return await this.#send('POST', '/schedules/proposals', request);
  }

  async hygiene(): Promise<HygieneAnswer> {
    const whole: HygieneAnswer = await this.#get('/hygiene', { limit: 500 });
    let cursor = whole.nextCursor;
    while (cursor) {
      const more: HygieneAnswer = await this.#get('/hygiene', {
        limit: 500,
        cursor,
      });
      whole.findings.push(...more.findings);
      cursor = more.nextCursor;
    }
    return whole;
  }

  async load(query: {
    schedule?: string;
    group?: string;
    from: string;
    to: string;
    timeZone?: string;
  }): Promise<LoadAnswer> {
    return await this.#get('/load', query);
  }

  async recovery(window: {
    from: string;
    to: string;
  }): Promise<RecoveryAnswer> {
    return await this.#get('/recovery', window);
  }

  async #get<T>(
    path: string,
    query: Record<string, string | number | boolean | undefined>,
  ): Promise<T> {
    const search = new URLSearchParams(
      Object.entries(query).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)]],
      ),
    );
    return await this.#ask(search.size > 0 ? `${path}?${search}` : path);
  }

  async #send<T>(
    method: 'POST' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<T> {
    return await this.#ask(path, {
      method,
      ...(body && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
  }

  async #ask<T>(path: string, init?: RequestInit): Promise<T> {
    const baseUrl = await this.options.discoveryApi.getBaseUrl('oncall');
    const response = await this.options.fetchApi.fetch(
      `${baseUrl}${path}`,
      init,
    );
    if (!response.ok) {
      throw await ResponseError.fromResponse(response);
    }
    // A change that leaves nothing to tell is answered without a body.
    return response.status === 204 ? (undefined as T) : await response.json();
  }
}
