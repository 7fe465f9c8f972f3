import { IngestResponse, IngestResult } from '@pavedroad/plugin-dora-common';
import { CloudEvent } from './cloudEvents';
import { Problem } from './problem';

export interface PortalOptions {
  portal: string;
  token: string;
  fetch?: typeof fetch;
  /** Waits between attempts; replaced in tests. */
  wait?: (milliseconds: number) => Promise<void>;
  onProgress?: (sent: number) => void;
}

/** What became of the events of a run. */
export interface SendSummary {
  accepted: number;
  duplicate: number;
  ignored: number;
  rejected: number;
  /** The first few rejections and ignored events, with reasons. */
  problems: IngestResult[];
}

const BATCH_EVENTS = 500;
const BATCH_BYTES = 1_000_000;
const ATTEMPTS = 6;
const PROBLEMS_SHOWN = 10;

/**
 * Sends events in CloudEvents batches. A batch that the portal cannot take at the moment is tried again with growing pauses;
 * what it has already is answered as a duplicate, so trying again does no harm.
 *
 * @throws Problem in one sentence when it cannot go on
 */
export async function sendEvents(
  events: Iterable<CloudEvent> | AsyncIterable<CloudEvent>,
  options: PortalOptions,
): Promise<SendSummary> {
  const summary: SendSummary = {
    accepted: 0,
    duplicate: 0,
    ignored: 0,
    rejected: 0,
    problems: [],
  };
  let batch: string[] = [];
  let bytes = 0;
  let sent = 0;
  const flush = async () => {
    if (batch.length === 0) {
      return;
    }
    const { results } = await sendBatch(`[${batch.join(',')}]`, options);
    for (const result of results) {
      summary[result.status]++;
      const noteworthy =
        result.status === 'rejected' || result.status === 'ignored';
      if (noteworthy && summary.problems.length < PROBLEMS_SHOWN) {
        summary.problems.push(result);
      }
    }
    sent += batch.length;
    batch = [];
    bytes = 0;
    options.onProgress?.(sent);
  };
  for await (const event of events) {
    const text = JSON.stringify(event);
    const size = Buffer.byteLength(text);
    if (batch.length >= BATCH_EVENTS || bytes + size > BATCH_BYTES) {
      await flush();
    }
    batch.push(text);
    bytes += size;
  }
  await flush();
  return summary;
}

/**
 * Whether the catalog has the component, as far as the portal says; `undefined` when it does not.
 *
 * @param entityRef - in full
 */
export async function isKnownService(
  entityRef: string,
  options: PortalOptions,
): Promise<boolean | undefined> {
  const portal = options.portal.replace(/\/+$/, '');
  const query = new URLSearchParams({ entityRef, limit: '1' });
  try {
    const response = await (options.fetch ?? fetch)(
      `${portal}/api/dora/deployments?${query}`,
      { headers: { authorization: `Bearer ${options.token}` } },
    );
    await response.arrayBuffer();
    if (response.ok) {
      return true;
    }
    return response.status === 404 ? false : undefined;
  } catch {
    return undefined; // What was sent is safe; this is only a hint.
  }
}

async function sendBatch(
  body: string,
  options: PortalOptions,
): Promise<IngestResponse> {
  const { portal, token } = options;
  const request = options.fetch ?? fetch;
  const wait =
    options.wait ??
    (milliseconds => new Promise(done => setTimeout(done, milliseconds)));
  const url = `${portal.replace(/\/+$/, '')}/api/dora/events`;
  for (let attempt = 1; ; attempt++) {
    let response: Response | undefined;
    let failure = '';
    try {
      response = await request(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/cloudevents-batch+json',
          authorization: `Bearer ${token}`,
        },
        body,
      });
    } catch (error) {
      const cause = (error as { cause?: { code?: string } }).cause;
      failure = cause?.code ?? String(error);
    }
    if (response?.ok) {
      return (await response.json()) as IngestResponse;
    }
    const again =
      !response || response.status === 429 || response.status >= 500;
    if (!again || attempt === ATTEMPTS) {
      throw response
        ? await refusal(response, portal)
        : new Problem(
            `The portal at ${portal} does not answer (${failure}): is it running?`,
          );
    }
    await response?.arrayBuffer();
    const asked = Number(response?.headers.get('retry-after'));
    await wait(asked > 0 ? Math.min(asked, 60) * 1000 : 250 * 2 ** attempt);
  }
}

/** Why the portal did not do what it was asked, in one sentence. */
export async function refusal(
  response: Response,
  portal: string,
): Promise<Problem> {
  const text = await response.text();
  let reason = text.slice(0, 200);
  try {
    reason = JSON.parse(text).error.message;
  } catch {
    // Not the portal's own answer: its beginning has to do.
  }
  if (response.status === 401) {
    return new Problem(
      `The portal at ${portal} does not know this token: give the right --token-file.`,
    );
  }
  if (response.status === 403) {
    return new Problem(
      `This token may not send delivery events: it needs access to the plugin 'dora'.`,
    );
  }
  if (response.status === 404) {
    return new Problem(
      `There is no portal with delivery metrics at ${portal}: check --portal.`,
    );
  }
  return new Problem(
    `The portal refused with status ${response.status}: ${reason}`,
  );
}
