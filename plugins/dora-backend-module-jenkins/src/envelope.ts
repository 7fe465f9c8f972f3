/** An event as it was sent, before its data is looked at. */
export interface Envelope {
  id: string;
  source: string;
  type: string;
  time?: string;
  data: unknown;
}

type Headers = Record<string, string | string[] | undefined>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown) =>
  typeof value === 'string' && value !== '' ? value : undefined;

/**
 * Reads an event in any of the forms in which Jenkins sends one:
 *
 * - the HTTP sink of the plugin's versions so far writes Java's text form of the
 *   CloudEvent (`CloudEvent{id='…', …, data=BytesCloudEventData{value=[123, 34, …]}, …}`)
 *   and calls it `application/json`;
 * - the structured and binary modes of the CloudEvents HTTP binding;
 * - the bare CDEvent, which is what the plugin's other sinks carry.
 *
 * Pure. Answers `undefined` when it is none of these.
 */
export function readEnvelope(
  headers: Headers,
  body: string,
): Envelope | undefined {
  const trimmed = body.trim();
  if (trimmed.startsWith('CloudEvent{')) {
    return javaEnvelope(trimmed);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(trimmed);
  } catch {
    return undefined;
  }
  if (!isObject(parsed)) {
    return undefined;
  }
  const header = (name: string) => {
    const value = headers[name];
    return text(Array.isArray(value) ? value[0] : value);
  };
  if (header('ce-type') !== undefined) {
    return complete({
      id: header('ce-id'),
      source: header('ce-source'),
      type: header('ce-type'),
      time: header('ce-time'),
      data: parsed,
    });
  }
  if (parsed.specversion !== undefined) {
    return complete({
      id: text(parsed.id),
      source: text(parsed.source),
      type: text(parsed.type),
      time: text(parsed.time),
      data: parsed.data,
    });
  }
  if (isObject(parsed.context)) {
    // No `time`: what the plugin writes into the context's timestamp is local
    // time that says it is UTC.
    return complete({
      id: text(parsed.context.id),
      source: text(parsed.context.source),
      type: text(parsed.context.type),
      data: parsed,
    });
  }
  return undefined;
}

function complete(found: {
  id?: string;
  source?: string;
  type?: string;
  time?: string;
  data: unknown;
}): Envelope | undefined {
  const { id, source, type, time, data } = found;
  return id !== undefined && source !== undefined && type !== undefined
    ? { id, source, type, ...(time !== undefined && { time }), data }
    : undefined;
}

/** The text between two marks, from a position on; `undefined` unless both are there. */
function between(
  body: string,
  begin: string,
  end: string,
  from = 0,
): { value: string; next: number } | undefined {
  const start = body.indexOf(begin, from);
  if (start < 0) {
    return undefined;
  }
  const stop = body.indexOf(end, start + begin.length);
  return stop < 0
    ? undefined
    : { value: body.slice(start + begin.length, stop), next: stop };
}

/** Walks through with `indexOf` only: the body is long and may be hostile. */
function javaEnvelope(body: string): Envelope | undefined {
  const id = between(body, "CloudEvent{id='", "', source=");
  const source = id && between(body, "', source=", ", type='", id.next);
  const type = source && between(body, ", type='", "'", source.next);
  if (!type) {
    return undefined;
  }
  const dataMark = ', data=BytesCloudEventData{value=[';
  const dataAt = body.indexOf(dataMark, type.next);
  const time = between(
    body.slice(0, dataAt < 0 ? undefined : dataAt + 2),
    ', time=',
    ', ',
    type.next,
  );
  const bytes =
    dataAt < 0 ? undefined : between(body, dataMark, ']}', type.next);
  const data = bytes && javaBytes(bytes.value);
  if (data === undefined) {
    return undefined;
  }
  return complete({
    id: text(id.value),
    source: text(source.value),
    type: text(type.value),
    time: text(time?.value),
    data,
  });
}

/** JSON in the bytes of a Java array as text: signed, separated by commas. */
function javaBytes(list: string): unknown {
  const numbers = list.split(',').map(Number);
  if (numbers.some(n => !Number.isInteger(n) || n < -128 || n > 255)) {
    return undefined;
  }
  try {
    return JSON.parse(Buffer.from(numbers.map(n => n & 0xff)).toString('utf8'));
  } catch {
    return undefined;
  }
}
