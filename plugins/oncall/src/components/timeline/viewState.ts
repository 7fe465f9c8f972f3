import { DateTime } from 'luxon';

/** How much of time is shown at once. */
export type Span = 'day' | 'week' | 'month';

export const SPANS: readonly Span[] = ['day', 'week', 'month'];

/** What the timeline shows: all of it stands in the address, so that it can be sent to somebody. */
export type TimelineViewState = {
  span: Span;
  /** `YYYY-MM-DD`; a day of what is shown. */
  date: string;
  /** Whose clock: the reader's, or each schedule's own. */
  zone: 'viewer' | 'schedule';
  show: 'all' | 'mine';
  search: string;
  /** Only this schedule. */
  schedule?: string;
  as: 'plot' | 'table';
};

/** Reads an address; what cannot be read is as if it were not there. Pure. */
export function readViewState(
  params: URLSearchParams,
  today: string,
): TimelineViewState {
  const span = SPANS.find(known => known === params.get('span')) ?? 'week';
  const date = params.get('date') ?? '';
  const schedule = params.get('schedule');
  return {
    span,
    date:
      /^\d{4}-\d{2}-\d{2}$/.test(date) && DateTime.fromISO(date).isValid
        ? date
        : today,
    zone: params.get('zone') === 'schedule' ? 'schedule' : 'viewer',
    show: params.get('show') === 'mine' ? 'mine' : 'all',
    search: params.get('q') ?? '',
    ...(schedule ? { schedule } : {}),
    as: params.get('as') === 'table' ? 'table' : 'plot',
  };
}

/** Writes a change of the view into an address; what is as usual is left out. Pure. */
export function writeViewState(
  params: URLSearchParams,
  change: Partial<TimelineViewState>,
): URLSearchParams {
  const next = new URLSearchParams(params);
  const names: Record<keyof TimelineViewState, [string, string?]> = {
    span: ['span', 'week'],
    date: ['date'],
    zone: ['zone', 'viewer'],
    show: ['show', 'all'],
    search: ['q', ''],
    schedule: ['schedule'],
    as: ['as', 'plot'],
  };
  for (const key of Object.keys(change) as (keyof TimelineViewState)[]) {
    const [name, usual] = names[key];
    const value = change[key];
    if (value === undefined || value === usual) {
      next.delete(name);
    } else {
      next.set(name, value);
    }
  }
  return next;
}

/** The local dates shown: one, the week from Monday, or the month. Pure. */
export function datesOf(state: Pick<TimelineViewState, 'span' | 'date'>): {
  first: string;
  /** How many days. */
  days: number;
} {
  const date = DateTime.fromISO(state.date, { zone: 'UTC' });
  const first = date.startOf(state.span);
  return {
    first: first.toISODate() ?? state.date,
    days: Math.round(first.plus({ [state.span]: 1 }).diff(first, 'days').days),
  };
}

/** The date to show one step earlier or later. Pure. */
export function stepDate(
  state: Pick<TimelineViewState, 'span' | 'date'>,
  steps: number,
): string {
  return (
    DateTime.fromISO(datesOf(state).first, { zone: 'UTC' })
      .plus({ [state.span]: steps })
      .toISODate() ?? state.date
  );
}
