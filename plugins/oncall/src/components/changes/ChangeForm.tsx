import { useApi } from '@backstage/frontend-plugin-api';
import { Radio, RadioGroup, Select, Text } from '@backstage/ui';
import type {
  ChangeOverride,
  ChangeRequest,
  ResolvedShift,
} from '@pavedroad/plugin-oncall-common';
import {
  EmptyState,
  ErrorState,
  LoadingSkeleton,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { useEffect, useState } from 'react';

import { onCallApiRef } from '../../api';
import { formatInterval } from '../words';
import {
  remainderOf,
  standIn,
  swapOf,
  wholeShifts,
  type ChangeDraft,
  type PlaceToOverride,
  type ShiftToChange,
} from './drafts';
import { HolidayForm } from './HolidayForm';
import { problemOf, TimesFields } from './TimesFields';
import {
  useLevelNames,
  useStandIns,
  useWholeShift,
  WEEKS_AHEAD,
  type Choice,
} from './useChangeData';
import styles from './changes.module.css';

const WEEK = 604_800_000;

type FormProps = {
  me: { ref: string };
  /** Told what was chosen; `undefined` while something is missing. */
  onChange: (request: ChangeRequest | undefined) => void;
};

/** Asks what a change needs to know, with everything filled in that is known. */
export function ChangeForm(props: FormProps & { draft: ChangeDraft }) {
  const { draft, ...rest } = props;
  switch (draft.kind) {
    case 'swap':
      return <SwapForm shift={draft.shift} {...rest} />;
    case 'override':
      return <OverrideForm place={draft.place} {...rest} />;
    case 'holiday-cover':
      return <HolidayForm {...rest} />;
    default:
      return <StandInForm kind={draft.kind} shift={draft.shift} {...rest} />;
  }
}

/** Tells the dialog what is chosen, whenever it is something else. */
export function useReport(
  request: ChangeRequest | undefined,
  onChange: FormProps['onChange'],
): void {
  const key = JSON.stringify(request);
  useEffect(() => {
    onChange(key === undefined ? undefined : JSON.parse(key));
  }, [key, onChange]);
}

function Subject(props: { shift: ShiftToChange }) {
  const { shift } = props;
  return (
    <Text as="div" variant="body-medium">
      {shift.person.displayName}, {shift.scheduleTitle}, {shift.levelName}:{' '}
      {formatInterval(shift, shift.timeZone)} {shift.timeZone}
    </Text>
  );
}

/** Who is chosen from those who can stand in. */
export function PersonSelect(props: {
  label: string;
  schedule: { scheduleRef: string };
  value: string | undefined;
  onChange: (ref: string) => void;
  /** Who cannot be chosen. */
  without?: readonly string[];
  /** Who can be chosen besides. */
  also?: readonly Choice[];
}) {
  const { label, schedule, value, onChange, without = [], also = [] } = props;
  const { data, error, reload } = useStandIns(schedule);
  if (error) {
    return (
      <ErrorState
        action="Who can stand in could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  if (!data) {
    return <LoadingSkeleton rows={1} rowHeight={36} label="Loading people" />;
  }
  const known = new Set(data.map(({ ref }) => ref));
  const choices = [...data, ...also.filter(({ ref }) => !known.has(ref))];
  return (
    <Select
      label={label}
      placeholder="Choose somebody"
      search={{ placeholder: 'Find by name' }}
      options={choices
        .filter(({ ref }) => !without.includes(ref))
        .map(({ ref, displayName }) => ({ id: ref, label: displayName }))}
      selectedKey={value ?? null}
      onSelectionChange={key => onChange(String(key))}
    />
  );
}

/** Somebody stands in for all or a part of a shift. */
function StandInForm(
  props: FormProps & {
    kind: 'take-shift' | 'give-shift';
    shift: ShiftToChange;
  },
) {
  const { kind, shift, me, onChange } = props;
  const [now] = useState(() => Date.now());
  const { whole, error, reload } = useWholeShift(shift);
  // The whole shift until somebody says otherwise.
  const [own, setTimes] = useState<{
    from: string | undefined;
    to: string | undefined;
  }>();
  const times = own ?? remainderOf(whole ?? shift, now);
  const [chosen, setChosen] = useState<string>();
  const stand = kind === 'take-shift' ? me.ref : chosen;
  const { from, to } = times;
  useReport(
    stand && whole && from && to && !problemOf(times)
      ? standIn(kind, shift, stand, { from, to })
      : undefined,
    onChange,
  );
  return (
    <>
      <Subject shift={{ ...shift, ...whole }} />
      {error ? <WholeShiftError error={error} onRetry={reload} /> : undefined}
      {kind === 'give-shift' ? (
        <PersonSelect
          label="Who takes it"
          schedule={shift}
          value={chosen}
          onChange={setChosen}
          // Nobody stands in for themselves: who is stood in for has it back when the change is undone.
          without={[shift.person.ref, shift.standsFor ?? '']}
        />
      ) : undefined}
      <TimesFields {...times} timeZone={shift.timeZone} onChange={setTimes} />
    </>
  );
}

function WholeShiftError(props: { error: unknown; onRetry: () => void }) {
  return (
    <ErrorState
      action="The whole of this shift could not be loaded"
      error={props.error}
      onRetry={props.onRetry}
    />
  );
}

const keyOf = (found: ResolvedShift) =>
  `${found.level} ${found.person.ref} ${found.from}`;

/** Two people change places. */
function SwapForm(props: FormProps & { shift: ShiftToChange }) {
  const { shift, onChange } = props;
  const api = useApi(onCallApiRef);
  const [now] = useState(() => Date.now());
  const { data, error, reload } = useAsyncData(
    `oncall-swap-${shift.scheduleRef}`,
    () =>
      api.shifts(shift.scheduleRef, {
        from: new Date(now).toISOString(),
        to: new Date(now + WEEKS_AHEAD * WEEK).toISOString(),
      }),
  );
  const levelName = useLevelNames();
  const { whole, error: unknown, reload: reloadWhole } = useWholeShift(shift);
  const [chosen, setChosen] = useState<string>();
  const others = otherShifts(data?.shifts ?? [], shift);
  const other = others.find(found => keyOf(found) === chosen);
  useReport(
    other &&
      whole &&
      swapOf(
        { shift, times: remainderOf(whole, now) },
        {
          shift: {
            ...shift,
            level: other.level,
            levelName: levelName(shift.scheduleRef, other.level),
            person: other.person,
            standsFor: other.replaces,
          },
          times: remainderOf(other, now),
        },
      ),
    onChange,
  );
  return (
    <>
      <Subject shift={{ ...shift, ...whole }} />
      {unknown ? (
        <WholeShiftError error={unknown} onRetry={reloadWhole} />
      ) : undefined}
      {error ? (
        <ErrorState
          action="The shifts could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {!data && !error ? (
        <LoadingSkeleton rows={1} rowHeight={36} label="Loading shifts" />
      ) : undefined}
      {data && others.length === 0 ? (
        <EmptyState
          title="No shift to swap with"
          description={`Nobody else has a shift on this schedule in the next ${WEEKS_AHEAD} weeks.`}
        />
      ) : undefined}
      {others.length > 0 ? (
        <Select
          label="Swap with"
          placeholder="Choose a shift"
          search={{ placeholder: 'Find by name or date' }}
          description="Each of the two takes the whole of the other's shift."
          options={others.map(found => ({
            id: keyOf(found),
            label: `${found.person.displayName}: ${formatInterval(
              found,
              shift.timeZone,
            )}, ${levelName(shift.scheduleRef, found.level)}`,
          }))}
          selectedKey={chosen ?? null}
          onSelectionChange={key => setChosen(String(key))}
        />
      ) : undefined}
    </>
  );
}

/**
 * The shifts one can be swapped for: of others, the same level first, then by time. Not those of whom one stands in for, or who stands in for
 * one: nobody stands in for themselves. Pure.
 */
export function otherShifts(
  shifts: readonly ResolvedShift[],
  own: Pick<ShiftToChange, 'level' | 'person' | 'standsFor'>,
): ResolvedShift[] {
  return wholeShifts(shifts)
    .filter(
      ({ person, replaces }) =>
        person.ref !== own.person.ref &&
        person.ref !== own.standsFor &&
        replaces !== own.person.ref &&
        !person.hidden,
    )
    .sort(
      (a, b) =>
        Number(a.level !== own.level) - Number(b.level !== own.level) ||
        Date.parse(a.from) - Date.parse(b.from),
    );
}

const TYPES: Record<ChangeOverride['type'], { label: string; who: string }> = {
  replace: { label: 'Somebody stands in for somebody', who: 'Who is away' },
  add: { label: 'Somebody is on call besides', who: 'Who is on call besides' },
  remove: {
    label: 'Somebody is taken off, and nobody stands in',
    who: 'Who is taken off',
  },
};

/** A plain override, with all that it can say. */
function OverrideForm(props: FormProps & { place: PlaceToOverride }) {
  const { place, onChange } = props;
  const levelName = useLevelNames();
  const [type, setType] = useState<ChangeOverride['type']>(
    place.type ?? 'replace',
  );
  const [person, setPerson] = useState(place.person?.ref);
  const [stand, setStand] = useState<string>();
  const [everyLevel, setEveryLevel] = useState(place.level === undefined);
  const [times, setTimes] = useState<{
    from: string | undefined;
    to: string | undefined;
  }>({ from: place.from, to: place.to });
  const { from, to } = times;
  const whole =
    person && from && to && !problemOf(times) && (type !== 'replace' || stand);
  useReport(
    whole
      ? {
          kind: 'override',
          overrides: [
            {
              scheduleRef: place.scheduleRef,
              type,
              person,
              ...(type === 'replace' ? { with: stand } : {}),
              from,
              to,
              ...(everyLevel ? {} : { level: place.level }),
            },
          ],
        }
      : undefined,
    onChange,
  );
  return (
    <div className={styles.stack}>
      <Text as="div" variant="body-medium" weight="bold">
        {place.scheduleTitle}
      </Text>
      <RadioGroup
        label="What changes"
        value={type}
        onChange={value => setType(value as typeof type)}
      >
        {Object.entries(TYPES).map(([value, { label }]) => (
          <Radio key={value} value={value}>
            {label}
          </Radio>
        ))}
      </RadioGroup>
      <PersonSelect
        label={TYPES[type].who}
        schedule={place}
        value={person}
        onChange={setPerson}
        also={place.person ? [place.person] : []}
      />
      {type === 'replace' ? (
        <PersonSelect
          label="Who stands in"
          schedule={place}
          value={stand}
          onChange={setStand}
          without={person ? [person] : []}
        />
      ) : undefined}
      <TimesFields {...times} timeZone={place.timeZone} onChange={setTimes} />
      {place.level === undefined ? undefined : (
        <RadioGroup
          label="Where"
          value={everyLevel ? 'every' : 'one'}
          onChange={value => setEveryLevel(value === 'every')}
        >
          <Radio value="one">
            {`Only ${
              place.levelName ?? levelName(place.scheduleRef, place.level)
            }`}
          </Radio>
          <Radio value="every">On every level</Radio>
        </RadioGroup>
      )}
    </div>
  );
}
