import { parseDateTime } from '@internationalized/date';
import { DatePicker, Flex, Text } from '@backstage/ui';
import { DateTime } from 'luxon';

/** What is wrong with an interval, in words; `undefined` when nothing is. Pure. */
export function problemOf(times: {
  from: string | undefined;
  to: string | undefined;
}): string | undefined {
  if (!times.from || !times.to) {
    return 'Say from when until when.';
  }
  return Date.parse(times.from) < Date.parse(times.to)
    ? undefined
    : 'The end must be later than the beginning.';
}

/** From when until when, on the clock of a zone that is named. */
export function TimesFields(props: {
  /** ISO instants; absent while a field is not whole. */
  from: string | undefined;
  to: string | undefined;
  /** IANA zone in which the fields are read and shown. */
  timeZone: string;
  /** Whose zone it is; the schedule's unless told. */
  zoneIs?: string;
  onChange: (times: {
    from: string | undefined;
    to: string | undefined;
  }) => void;
  isDisabled?: boolean;
}) {
  const { from, to, timeZone, onChange, isDisabled } = props;
  const zoneIs = props.zoneIs ?? 'the zone of the schedule';
  const problem = problemOf({ from, to });
  const field = (
    label: string,
    value: string | undefined,
    set: (instant: string | undefined) => void,
  ) => (
    <DatePicker
      label={label}
      granularity="minute"
      hourCycle={24}
      isDisabled={isDisabled}
      isInvalid={problem !== undefined && value !== undefined}
      validationBehavior="aria"
      value={value ? parseDateTime(localOf(value, timeZone)) : null}
      onChange={changed =>
        set(
          changed
            ? DateTime.fromISO(changed.toString(), { zone: timeZone })
                .toUTC()
                .toISO() ?? undefined
            : undefined,
        )
      }
    />
  );
  return (
    <Flex direction="column" gap="1">
      <Flex gap="3" style={{ flexWrap: 'wrap' }}>
        {field('From', from, changed => onChange({ from: changed, to }))}
        {field('Until', to, changed => onChange({ from, to: changed }))}
      </Flex>
      <Text as="div" variant="body-small" color="secondary">
        Times in {timeZone}, {zoneIs}
      </Text>
      {problem ? (
        <Text as="div" variant="body-small" color="danger" role="alert">
          {problem}
        </Text>
      ) : undefined}
    </Flex>
  );
}

/** The wall clock of a zone at an instant: `2026-11-23T09:00`. Pure. */
function localOf(instant: string, timeZone: string): string {
  return DateTime.fromISO(instant, { zone: timeZone }).toFormat(
    "yyyy-MM-dd'T'HH:mm",
  );
}
