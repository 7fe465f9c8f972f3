import { useApi } from '@backstage/frontend-plugin-api';
import {
  Button,
  SearchField,
  Select,
  ToggleButton,
  ToggleButtonGroup,
  useBreakpoint,
} from '@backstage/ui';
import {
  EmptyState,
  ErrorState,
  FilterBar,
  LoadingSkeleton,
  SampleDataBadge,
  Section,
  StatusBadge,
  downloadText,
  formatPlural,
  toCsv,
  useAsyncData,
  viewerTimeZone,
} from '@pavedroad/portal-ui';
import { DateTime } from 'luxon';
import { useCallback, useMemo, useState } from 'react';
import { useSearchParams } from 'react-router-dom';

import { onCallApiRef } from '../../api';
import { ChangesProvider, useChanges } from '../changes/ChangesProvider';
import { RecentChanges } from '../changes/RecentChanges';
import { NoSchedules } from '../NoSchedules';
import { keepingPlace } from '../placeOfFocus';
import { useNow } from '../When';
import {
  blocksOf,
  filterBlocks,
  whomOverridesConcern,
  type Piece,
  type TimelineBlock,
} from './rows';
import { scaleOf } from './scale';
import { ShiftDialog } from './ShiftDialog';
import { TimelineGrid, type Opened } from './TimelineGrid';
import { TimelineList } from './TimelineList';
import { csvRows, tableRows, TimelineTable } from './TimelineTable';
import styles from './timeline.module.css';
import { useLightPrint } from './useLightPrint';
import {
  datesOf,
  readViewState,
  SPANS,
  stepDate,
  writeViewState,
  type Span,
  type TimelineViewState,
} from './viewState';

const SPAN_WORDS: Record<Span, string> = {
  day: 'Day',
  week: 'Week',
  month: 'Month',
};

/** Who is on call when, on all schedules, and how it is changed. */
export function TimelineTab() {
  return (
    <ChangesProvider>
      <Timeline />
    </ChangesProvider>
  );
}

/** What the address says, and how to change it. */
function useViewState(today: string) {
  const [params, setParams] = useSearchParams();
  const state = readViewState(params, today);
  const change = (changes: Partial<TimelineViewState>) =>
    setParams(previous => writeViewState(previous, changes), {
      // Typing is not a step to go back over.
      replace: 'search' in changes,
    });
  return { state, change };
}

function Timeline() {
  const api = useApi(onCallApiRef);
  const { up } = useBreakpoint();
  const { mine } = useChanges();
  useLightPrint();
  const now = useNow().getTime();
  const own = viewerTimeZone();
  const today =
    DateTime.fromMillis(now, { zone: own }).toISODate() ?? '1970-01-01';
  const { state, change } = useViewState(today);
  const { first, days } = datesOf(state);

  // Every zone's own days must be in the answer: the earliest begin 14 hours before UTC's, the last end 12 hours after.
  const window = useMemo(() => {
    const margin = state.zone === 'schedule' ? 14 : 0;
    const start = DateTime.fromISO(first, {
      zone: state.zone === 'schedule' ? 'UTC' : own,
    });
    return {
      from: start.minus({ hours: margin }).toUTC().toISO() ?? '',
      to: start.plus({ days }).plus({ hours: margin }).toUTC().toISO() ?? '',
    };
  }, [first, days, own, state.zone]);
  const { data, error, reload } = useAsyncData(
    `oncall-timeline-all-${window.from}-${window.to}-${state.schedule ?? ''}`,
    async () => ({
      window,
      only: state.schedule,
      answer: await api.timeline({
        ...window,
        ...(state.schedule ? { schedule: state.schedule } : {}),
      }),
    }),
    { refreshSeconds: 120 },
  );
  const all = useMemo(() => data && blocksOf(data.answer), [data]);
  // Answers for other days stay in memory for a moment.
  const current =
    data?.window.from === window.from &&
    data.window.to === window.to &&
    data.only === state.schedule;
  const blocks = useMemo(
    () =>
      filterBlocks(all ?? [], {
        search: state.search,
        ...(state.show === 'mine' && mine ? { mine } : {}),
        ...(state.schedule ? { schedule: state.schedule } : {}),
      }),
    [all, state.search, state.show, state.schedule, mine],
  );
  const scales = useMemo(
    () =>
      new Map(
        [own, ...(all ?? []).map(block => block.schedule.timeZone)].map(
          zone => [zone, scaleOf(first, days, zone)],
        ),
      ),
    [all, first, days, own],
  );
  const axis = useMemo(
    () => scales.get(own) ?? scaleOf(first, days, own),
    [scales, own, first, days],
  );
  const scaleFor = useCallback(
    (block: TimelineBlock) =>
      (state.zone === 'schedule' && scales.get(block.schedule.timeZone)) ||
      axis,
    [scales, state.zone, axis],
  );
  const [opened, setOpened] = useState<Opened & { piece: Piece }>();
  const { start } = useChanges();
  const onOpen = useCallback(
    (what: Opened) => {
      const { block, row, piece, interval } = what;
      if (piece) {
        setOpened({ ...what, piece });
      }
      if (!interval) {
        return;
      }
      // Whoever has most of the interval is most likely the one it is about.
      const [most] = row.pieces
        .filter(({ from, to }) => from < interval.to && to > interval.from)
        .sort((a, b) => within(b, interval) - within(a, interval));
      const concerned = whomOverridesConcern(most);
      start({
        kind: 'override',
        place: {
          scheduleRef: block.schedule.ref,
          scheduleTitle: block.schedule.title,
          timeZone: block.schedule.timeZone,
          level: row.level,
          levelName: row.name,
          from: new Date(interval.from).toISOString(),
          to: new Date(interval.to).toISOString(),
          ...(concerned ? { person: concerned } : { type: 'add' as const }),
        },
      });
    },
    [start],
  );
  const gaps = useMemo(
    () =>
      tableRows(blocks, scaleFor).filter(({ piece }) => piece.kind === 'gap')
        .length,
    [blocks, scaleFor],
  );
  const allSamples = blocks.every(({ schedule }) => schedule.sampleData);
  // On a telephone the list is both.
  const wide = up('md');
  const view = state.as === 'table' && wide ? 'table' : 'plot';

  return (
    <div className={styles.tab}>
      <div className={styles.controls}>
        <FilterBar label="What the timeline shows">
          <div className={styles.steps}>
            <Button
              variant="secondary"
              aria-label={`Earlier: previous ${state.span}`}
              onPress={() => change({ date: stepDate(state, -1) })}
            >
              ‹
            </Button>
            <Button
              variant="secondary"
              onPress={() => change({ date: undefined })}
            >
              Today
            </Button>
            <Button
              variant="secondary"
              aria-label={`Later: next ${state.span}`}
              onPress={() => change({ date: stepDate(state, 1) })}
            >
              ›
            </Button>
          </div>
          <ToggleButtonGroup
            aria-label="How much of time"
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[state.span]}
            onSelectionChange={keys =>
              change({ span: SPANS.find(span => keys.has(span)) })
            }
          >
            {SPANS.map(span => (
              <ToggleButton key={span} id={span}>
                {SPAN_WORDS[span]}
              </ToggleButton>
            ))}
          </ToggleButtonGroup>
          <SearchField
            className={styles.search}
            aria-label="Search schedules, teams and people"
            placeholder="Schedule, team or person"
            value={state.search}
            onChange={search => change({ search })}
          />
          <ToggleButtonGroup
            aria-label="Which schedules"
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[state.show]}
            onSelectionChange={keys =>
              change({ show: keys.has('mine') ? 'mine' : 'all' })
            }
          >
            <ToggleButton id="all">All</ToggleButton>
            <ToggleButton id="mine">Mine</ToggleButton>
          </ToggleButtonGroup>
          <Select
            aria-label="Time zone"
            options={[
              { id: 'viewer', label: `Your time (${own})` },
              { id: 'schedule', label: 'Each schedule’s own time' },
            ]}
            selectedKey={state.zone}
            onSelectionChange={key =>
              change({ zone: key === 'schedule' ? 'schedule' : 'viewer' })
            }
          />
          <Button
            variant="primary"
            onPress={() => start({ kind: 'holiday-cover' })}
          >
            Holiday cover
          </Button>
        </FilterBar>
      </div>
      <Section
        title={titleOf(state, axis.boundaries, own)}
        subtitle={
          state.zone === 'schedule'
            ? 'Each schedule in its own time zone'
            : `Times in ${own}`
        }
        actions={
          <div className={`${styles.steps} ${styles.controls}`}>
            {wide ? (
              <Button
                size="small"
                variant="secondary"
                onPress={() =>
                  change({ as: view === 'table' ? 'plot' : 'table' })
                }
              >
                {view === 'table' ? 'As a plot' : 'As a table'}
              </Button>
            ) : undefined}
            <Button
              size="small"
              variant="secondary"
              isDisabled={!current || blocks.length === 0}
              onPress={() =>
                downloadText(
                  `on-call-${first}-${state.span}.csv`,
                  'text/csv',
                  toCsv(csvRows(tableRows(blocks, scaleFor))),
                )
              }
            >
              Download CSV
            </Button>
            <Button
              size="small"
              variant="secondary"
              onPress={() => globalThis.print()}
            >
              Print
            </Button>
          </div>
        }
      >
        {error ? (
          <ErrorState
            action="The timeline could not be loaded"
            error={error}
            onRetry={reload}
          />
        ) : undefined}
        {!current && !error ? (
          <LoadingSkeleton
            rows={8}
            rowHeight={32}
            label="Loading the timeline"
          />
        ) : undefined}
        {current && blocks.length > 0 ? (
          <div className={styles.tab}>
            <div className={styles.summary}>
              <span>{formatPlural(blocks.length, 'schedule')}</span>
              {gaps > 0 ? (
                <StatusBadge level="bad">
                  {formatPlural(gaps, 'gap')} with nobody on call
                </StatusBadge>
              ) : (
                <StatusBadge level="good">
                  Somebody is on call on every level throughout
                </StatusBadge>
              )}
              {allSamples ? <SampleDataBadge /> : undefined}
              {state.schedule ? (
                <Button
                  size="small"
                  variant="tertiary"
                  onPress={() =>
                    keepingPlace(() => change({ schedule: undefined }))
                  }
                >
                  Show all schedules
                </Button>
              ) : undefined}
            </div>
            {view === 'table' ? (
              <TimelineTable blocks={blocks} scaleFor={scaleFor} />
            ) : undefined}
            {view === 'plot' && wide ? (
              <>
                <TimelineGrid
                  blocks={blocks}
                  span={state.span}
                  scaleFor={scaleFor}
                  axis={axis}
                  now={now}
                  markSamples={!allSamples}
                  onOpen={onOpen}
                />
                <div className={styles.legend}>
                  <span>⇄ by an override</span>
                  <span>Red stripes: nobody is on call</span>
                  <span>Red line: now</span>
                  <span className={styles.controls}>
                    Drag over a level, or Shift with the arrow keys, to change
                    who is on call
                  </span>
                </div>
              </>
            ) : undefined}
            {view === 'plot' && !wide ? (
              <TimelineList
                blocks={blocks}
                scaleFor={scaleFor}
                axis={axis}
                now={now}
                onOpen={onOpen}
              />
            ) : undefined}
          </div>
        ) : undefined}
        {current && all?.length === 0 ? <NoSchedules /> : undefined}
        {current && all?.length !== 0 && blocks.length === 0 ? (
          <EmptyState
            title="No schedule fits"
            description="Search by schedule, team or person, or look at all of them."
            action={
              <Button
                variant="secondary"
                onPress={() =>
                  keepingPlace(() =>
                    change({ search: '', show: 'all', schedule: undefined }),
                  )
                }
              >
                Show all
              </Button>
            }
          />
        ) : undefined}
      </Section>
      <div className={styles.controls}>
        <RecentChanges schedule={state.schedule} />
      </div>
      {opened ? (
        <ShiftDialog opened={opened} onClose={() => setOpened(undefined)} />
      ) : undefined}
    </div>
  );
}

/** How much of an interval something has, in milliseconds. */
function within(
  piece: { from: number; to: number },
  interval: { from: number; to: number },
): number {
  return Math.min(piece.to, interval.to) - Math.max(piece.from, interval.from);
}

/** What time is shown, in words. Pure. */
function titleOf(
  state: Pick<TimelineViewState, 'span'>,
  boundaries: number[],
  zone: string,
): string {
  const from = DateTime.fromMillis(boundaries[0], { zone });
  const last = DateTime.fromMillis(boundaries[boundaries.length - 2], { zone });
  if (state.span === 'month') {
    return from.toLocaleString({ month: 'long', year: 'numeric' });
  }
  if (state.span === 'day') {
    return from.toLocaleString(DateTime.DATE_HUGE);
  }
  return new Intl.DateTimeFormat(undefined, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: zone,
  }).formatRange(from.toJSDate(), last.toJSDate());
}
