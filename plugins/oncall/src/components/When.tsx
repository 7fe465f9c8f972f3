import {
  formatDateTime,
  formatRelative,
  viewerTimeZone,
} from '@pavedroad/portal-ui';
import { useEffect, useState } from 'react';

/** The instant now, renewed every half minute. */
export function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/**
 * An instant of a schedule on the reader's clock with the zone named, how far it is away beside it, and the schedule's own clock on
 * hover.
 */
export function When(props: {
  /** ISO 8601 with offset. */
  value: string;
  /** IANA zone of the schedule. */
  scheduleZone: string;
}) {
  const now = useNow();
  const zone = viewerTimeZone();
  return (
    <time
      dateTime={props.value}
      title={`${formatDateTime(props.value, props.scheduleZone)} ${
        props.scheduleZone
      }, the zone of the schedule`}
    >
      {formatDateTime(props.value, zone)} {zone} (
      {formatRelative(props.value, now)})
    </time>
  );
}
