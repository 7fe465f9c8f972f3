import { InputError } from '@backstage/errors';
import { JsonLimits } from './inspectJson';
import {
  binaryEventToJson,
  cloudEventsRequestKind,
  isJsonMediaType,
  parseCloudEvent,
  ParsedMember,
} from './cloudEvents';
import { PayloadTooLargeError, UnsupportedMediaTypeError } from './errors';

/** Limits of one ingestion request. */
export interface IngestLimits extends JsonLimits {
  /** Most events in one batch. */
  maxBatchEvents: number;
}

/**
 * Reads the events of a request: structured, batch or binary mode of the
 * CloudEvents HTTP binding. Pure.
 *
 * @param body - the body after content decoding
 * @throws UnsupportedMediaTypeError 415, InputError 400 for broken JSON or text,
 *   PayloadTooLargeError 413. What is wrong with one event is its own result.
 */
export function readEvents(
  headers: Record<string, string | string[] | undefined>,
  body: Buffer,
  options: { receivedAt: string; limits: IngestLimits },
): ParsedMember[] {
  const kind = cloudEventsRequestKind(headers);
  if ('unsupported' in kind) {
    throw new UnsupportedMediaTypeError(kind.unsupported);
  }
  if (kind.mode === 'binary') {
    return [
      parseCloudEvent(
        binaryEventToJson(
          headers,
          kind.mediaType,
          binaryData(body, kind.mediaType, kind.charset),
        ),
        options,
      ),
    ];
  }
  const parsed = parseJson(decodeText(body, kind.charset));
  if (kind.mode === 'structured') {
    if (
      typeof parsed !== 'object' ||
      parsed === null ||
      Array.isArray(parsed)
    ) {
      throw new InputError(
        'A structured event must be a JSON object; send arrays as application/cloudevents-batch+json',
      );
    }
    return [parseCloudEvent(parsed, options)];
  }
  if (!Array.isArray(parsed)) {
    throw new InputError('A batch must be a JSON array of events');
  }
  if (parsed.length > options.limits.maxBatchEvents) {
    throw new PayloadTooLargeError(
      `A batch may hold ${options.limits.maxBatchEvents} events, this one holds ${parsed.length}`,
    );
  }
  return parsed.map(member => parseCloudEvent(member, options));
}

function binaryData(body: Buffer, mediaType: string, charset: string): unknown {
  if (body.length === 0) {
    return undefined;
  }
  const text = decodeText(body, charset);
  return isJsonMediaType(mediaType) ? parseJson(text) : text;
}

function decodeText(body: Buffer, charset: string): string {
  let decoder;
  try {
    decoder = new TextDecoder(charset, { fatal: true });
  } catch {
    throw new UnsupportedMediaTypeError(
      `The character set ${JSON.stringify(charset.slice(0, 40))} is not known`,
    );
  }
  try {
    return decoder.decode(body);
  } catch {
    throw new InputError(`The body is not valid ${charset.toUpperCase()}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine's message quotes the input, which may be a megabyte of it.
    const message = error instanceof Error ? error.message : '';
    const position = /position (\d+)/.exec(message)?.[1];
    throw new InputError(
      position
        ? `The body is not valid JSON (at position ${position})`
        : 'The body is not valid JSON',
    );
  }
}
