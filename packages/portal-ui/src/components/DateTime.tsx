import { useEffect, useState } from 'react';
import { formatDateTime, formatRelative, viewerTimeZone } from '../format/time';

/** An instant in the reader's language, with its zone on hover; `relative` adds how long ago or ahead it is. */
export function DateTime(props: {
  /** ISO 8601 with offset. */
  value: string;
  /** IANA zone; the reader's unless told. */
  zone?: string;
  relative?: boolean;
}) {
  const zone = props.zone ?? viewerTimeZone();
  const [now, setNow] = useState(() => new Date());
  const { relative } = props;
  useEffect(() => {
    if (!relative) {
      return undefined;
    }
    const timer = setInterval(() => setNow(new Date()), 30_000);
    return () => clearInterval(timer);
  }, [relative]);
  return (
    <time dateTime={props.value} title={zone}>
      {formatDateTime(props.value, zone)}
      {relative ? ` (${formatRelative(props.value, now)})` : ''}
    </time>
  );
}
