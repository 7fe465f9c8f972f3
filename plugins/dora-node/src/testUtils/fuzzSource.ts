import { JsonValue } from '@backstage/types';
import {
  DeliveryEventSource,
  NormaliseResult,
  RawDeliveryEvent,
  WebhookRequest,
} from '../types';
import { forgeHeaders, jsonText, mutateBytes, mutateJson } from './mutate';
import { SeededRandom, seededRandom } from './random';
import { asInspected, resultProblem } from './wellFormed';

/**
 * A payload as the provider sends it.
 */
export interface WebhookFixture {
  /** Said when something goes wrong with it. */
  name: string;
  payload: JsonValue;
  /** Headers besides those that authenticate, lower-case names. */
  headers?: Record<string, string>;
}

/** How a provider proves that a request is its own. */
export interface WebhookAuthentication {
  /** Headers that make the source accept the body, lower-case names. */
  headers(body: Buffer): Record<string, string>;
  /** True when they follow from the body, so that another body needs others. */
  coversBody: boolean;
}

/** What {@link fuzzSource} tries. */
export interface FuzzOptions {
  source: DeliveryEventSource;
  /** Payloads of its webhook; all must be taken in as they are. */
  webhooks?: WebhookFixture[];
  /** Required with `webhooks`. */
  authentication?: WebhookAuthentication;
  /** Raw events, for sources that receive them otherwise; all must be accepted as they are. */
  events?: RawDeliveryEvent[];
  /** Cases to try. Default 10,000. */
  mutations?: number;
  /** The same seed gives the same cases. Default 1. */
  seed?: number;
  /** Longest time one call may take, in milliseconds. Default 2,000. */
  slowestCall?: number;
}

/** What happened, so that a test can tell that the cases were worth trying. */
export interface FuzzReport {
  cases: number;
  accepted: number;
  ignored: number;
  rejected: number;
  /** Bodies that `receive` refused. */
  refusedBodies: number;
  /** Requests that `verify` was right to refuse. */
  refusedRequests: number;
}

const RECEIVED_AT = '2026-06-01T00:00:00.000Z';

function mutateEvent(
  event: RawDeliveryEvent,
  all: RawDeliveryEvent[],
  random: SeededRandom,
): RawDeliveryEvent {
  const mutated: RawDeliveryEvent = {
    ...event,
    data: mutateJson(event.data ?? {}, random) as JsonValue,
  };
  if (random.chance(0.15)) {
    mutated.type = random.pick(all).type;
  }
  if (random.chance(0.05)) {
    delete mutated.time;
  }
  if (random.chance(0.05)) {
    mutated.subject = random.pick(['', ' ', '__proto__', 'x'.repeat(9_000)]);
  }
  if (random.chance(0.02)) {
    delete mutated.data;
  }
  return mutated;
}

class Fuzzer {
  readonly report: FuzzReport = {
    cases: 0,
    accepted: 0,
    ignored: 0,
    rejected: 0,
    refusedBodies: 0,
    refusedRequests: 0,
  };
  private lastCase = '';

  constructor(
    private readonly options: FuzzOptions,
    private readonly random: SeededRandom,
  ) {
    if (
      options.webhooks &&
      !(options.source.webhook && options.authentication)
    ) {
      throw new Error('Webhook fixtures need a webhook and its authentication');
    }
    if (!options.webhooks?.length && !options.events?.length) {
      throw new Error('There are no fixtures');
    }
  }

  describeCase(): string {
    return this.lastCase.slice(0, 4_000);
  }

  /** The fixtures themselves, without which mutations of them prove little. */
  async tryAsTheyAre(): Promise<void> {
    for (const fixture of this.options.webhooks ?? []) {
      const body = Buffer.from(JSON.stringify(fixture.payload));
      const request = this.request(fixture, body);
      if (!(await this.verify(request))) {
        throw new Error(`${fixture.name}: its own signature is refused`);
      }
      if (!this.receive(request)?.length) {
        throw new Error(`${fixture.name}: nothing is received`);
      }
    }
    for (const event of this.options.events ?? []) {
      if (this.normalise(event).outcome === 'rejected') {
        throw new Error(`${event.type} ${event.id} is rejected as it is`);
      }
    }
  }

  async tryOne(): Promise<void> {
    this.report.cases += 1;
    const { webhooks = [], events = [] } = this.options;
    if (
      webhooks.length === 0 ||
      (events.length > 0 && this.random.chance(0.5))
    ) {
      const event = mutateEvent(this.random.pick(events), events, this.random);
      this.count(this.normaliseAsStored(event));
      return;
    }
    const fixture = this.random.pick(webhooks);
    const choice = this.random.below(10);
    if (choice < 2) {
      await this.tryForgery(fixture);
      return;
    }
    const original = Buffer.from(jsonText(fixture.payload));
    const body =
      choice < 4
        ? mutateBytes(original, this.random)
        : Buffer.from(jsonText(mutateJson(fixture.payload, this.random)));
    await this.tryBody(fixture, original, body);
  }

  private async tryBody(
    fixture: WebhookFixture,
    original: Buffer,
    body: Buffer,
  ): Promise<void> {
    if (this.options.authentication!.coversBody && !body.equals(original)) {
      const stolen = { ...this.request(fixture, original), body };
      if (await this.verify(stolen)) {
        throw new Error('verify accepts a changed body');
      }
      this.report.refusedRequests += 1;
    }
    const request = this.request(fixture, body);
    if (!(await this.verify(request))) {
      throw new Error('verify refuses the right signature of an odd body');
    }
    const received = this.receive(request);
    if (!received) {
      this.report.refusedBodies += 1;
      return;
    }
    for (const event of received) {
      this.count(this.normaliseAsStored(event));
    }
  }

  private async tryForgery(fixture: WebhookFixture): Promise<void> {
    const body = Buffer.from(jsonText(fixture.payload));
    const right = this.options.authentication!.headers(body);
    const names = Object.keys(right);
    const forged = forgeHeaders(right, names, this.random);
    const request = this.request(fixture, body, forged);
    if (await this.verify(request)) {
      throw new Error(
        `verify accepts ${JSON.stringify(forged).slice(
          0,
          500,
        )} instead of ${JSON.stringify(right)}`,
      );
    }
    this.report.refusedRequests += 1;
  }

  private request(
    fixture: WebhookFixture,
    body: Buffer,
    proof: WebhookRequest['headers'] = this.options.authentication!.headers(
      body,
    ),
  ): WebhookRequest {
    this.lastCase = `${fixture.name}: ${body.toString('utf8')}`;
    return {
      headers: {
        'content-type': 'application/json',
        ...fixture.headers,
        ...proof,
      },
      body,
      receivedAt: RECEIVED_AT,
    };
  }

  private async verify(request: WebhookRequest): Promise<boolean> {
    const started = performance.now();
    const verified = await this.options.source.webhook!.verify(request);
    this.checkTime(started, 'verify');
    if (typeof verified !== 'boolean') {
      throw new Error(`verify resolves ${typeof verified}`);
    }
    return verified;
  }

  private receive(request: WebhookRequest): RawDeliveryEvent[] | undefined {
    const started = performance.now();
    let received: RawDeliveryEvent[];
    try {
      received = this.options.source.webhook!.receive(request);
    } catch (error) {
      this.checkTime(started, 'receive');
      if (error instanceof Error && error.name === 'InputError') {
        if (error.message.length > 1_000) {
          throw new Error('receive quotes the body in its refusal', {
            cause: error,
          });
        }
        return undefined;
      }
      throw error;
    }
    this.checkTime(started, 'receive');
    const again = this.options.source.webhook!.receive(request);
    received.forEach((event, index) => {
      const { id, source, type } = event;
      if ([id, source, type].some(text => typeof text !== 'string' || !text)) {
        throw new Error('receive answers an event without id, source or type');
      }
      if (again[index]?.id !== id || again[index]?.source !== source) {
        throw new Error('receive gives the same request two delivery ids');
      }
      if (event.time !== undefined && Number.isNaN(Date.parse(event.time))) {
        throw new Error('receive answers a time that is none');
      }
      if (event.receivedAt !== RECEIVED_AT) {
        throw new Error('receive loses the moment of receipt');
      }
    });
    return received;
  }

  /** As the sender's data comes, and as the inbox hands it on. */
  private normaliseAsStored(
    event: RawDeliveryEvent,
  ): NormaliseResult | undefined {
    this.lastCase = `${event.type} ${jsonText(event.data)}`;
    const before = jsonText(event);
    // Never thrown, not even for what would have been refused before.
    this.options.source.normalise(event);
    if (jsonText(event) !== before) {
      throw new Error('normalise changes its argument');
    }
    if (event.data === undefined) {
      return this.normalise(event);
    }
    let data: JsonValue | undefined;
    try {
      data = asInspected(event.data);
    } catch {
      data = undefined;
    }
    return data === undefined ? undefined : this.normalise({ ...event, data });
  }

  private normalise(event: RawDeliveryEvent): NormaliseResult {
    const { source } = this.options;
    const before = JSON.stringify(event);
    const started = performance.now();
    const result = source.normalise(event);
    this.checkTime(started, 'normalise');
    if (JSON.stringify(event) !== before) {
      throw new Error('normalise changes its argument');
    }
    const problem = resultProblem(result);
    if (problem) {
      throw new Error(`normalise answers something ill-formed: ${problem}`);
    }
    const text = JSON.stringify(result);
    if (text.length > 100_000 + 20 * before.length) {
      throw new Error('normalise answers far more than it was given');
    }
    // As replay does: from the stored record.
    const again = source.normalise(JSON.parse(before));
    if (JSON.stringify(again) !== text) {
      throw new Error('normalise gives the same event two results');
    }
    return result;
  }

  private count(result: NormaliseResult | undefined): void {
    if (result) {
      this.report[result.outcome] += 1;
    }
  }

  private checkTime(started: number, what: string): void {
    const took = performance.now() - started;
    if (took > (this.options.slowestCall ?? 2_000)) {
      throw new Error(`${what} took ${Math.round(took)} ms`);
    }
  }
}

/**
 * Tries a source with thousands of broken and hostile payloads.
 *
 * Holds that `normalise` never throws, answers the same each time without
 * changing its argument, and answers one of the three outcomes with events that
 * can be stored; that `receive` throws nothing but `InputError`; that `verify`
 * never throws and accepts no changed signature and, where signatures cover the
 * body, no changed body; and that no call takes long.
 *
 * @throws Error that names the case, which the same seed gives again
 */
export async function fuzzSource(options: FuzzOptions): Promise<FuzzReport> {
  const { mutations = 10_000, seed = 1 } = options;
  const fuzzer = new Fuzzer(options, seededRandom(seed));
  await fuzzer.tryAsTheyAre();
  for (let index = 0; index < mutations; index++) {
    try {
      await fuzzer.tryOne();
    } catch (error) {
      throw new Error(
        `Case ${index} of seed ${seed} for ${options.source.id}: ${
          error instanceof Error ? error.message : error
        }\n${fuzzer.describeCase()}`,
        { cause: error },
      );
    }
  }
  return fuzzer.report;
}

/**
 * Requests with hostile and broken bodies, signed and unsigned, for tests that
 * send them through a running back end.
 */
export function mutatedRequests(options: {
  webhooks: WebhookFixture[];
  authentication: WebhookAuthentication;
  count: number;
  seed?: number;
}): { headers: Record<string, string>; body: Buffer; signed: boolean }[] {
  const random = seededRandom(options.seed ?? 1);
  return Array.from({ length: options.count }, () => {
    const fixture = random.pick(options.webhooks);
    const whole = Buffer.from(jsonText(mutateJson(fixture.payload, random)));
    const body = random.chance(0.25) ? mutateBytes(whole, random) : whole;
    const proof = options.authentication.headers(body);
    const signed = random.chance(0.9);
    const forged = signed
      ? proof
      : forgeHeaders(proof, Object.keys(proof), random);
    return {
      body,
      signed,
      headers: Object.fromEntries(
        Object.entries({
          'content-type': 'application/json',
          ...fixture.headers,
          ...forged,
        }).flatMap(([name, value]) =>
          // What cannot be put on the wire tests the client only.
          typeof value === 'string' && /^[\x20-\x7e]{0,4000}$/.test(value)
            ? [[name, value.trim()]]
            : [],
        ),
      ),
    };
  });
}

/** Copies of raw events in which several things are not as they should be. */
export function mutatedEvents(options: {
  events: RawDeliveryEvent[];
  count: number;
  seed?: number;
}): RawDeliveryEvent[] {
  const random = seededRandom(options.seed ?? 1);
  return Array.from({ length: options.count }, () =>
    mutateEvent(random.pick(options.events), options.events, random),
  );
}
