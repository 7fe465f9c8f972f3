import { JsonValue } from '@backstage/types';
import { DomainEvent } from '@pavedroad/plugin-dora-common';

/**
 * One delivered event as a source sees it: the CloudEvents context in checked
 * form plus the data. It is what the inbox records, so a normaliser that reads
 * nothing else gives the same result when the inbox is replayed.
 *
 * @public
 */
export interface RawDeliveryEvent {
  /**
   * Identity of the delivery within its source; (source, id) is unique in the inbox, among what was sent without a
   * reporting credential and among what was sent with those of one service.
   */
  id: string;
  /** CloudEvents `source`, or `/webhooks/<source id>` for provider webhooks. */
  source: string;
  /** CloudEvents `type`. */
  type: string;
  /** CloudEvents `subject`. */
  subject?: string;
  /** When it happened, ISO 8601 in UTC, when the sender said so. */
  time?: string;
  /** Parsed data. Its texts are well-formed Unicode without NUL. */
  data?: JsonValue;
  /** CloudEvents extension attributes, lower-case names, values as text. */
  extensions: Record<string, string>;
  /** Sample data, marked by the extension attribute `sampledata`. */
  sample: boolean;
  /** When it was received, ISO 8601 in UTC. Stands in for a missing time. */
  receivedAt: string;
  /** Entity ref of the only service whose deployments its sender could report; whatever it says counts for that one. */
  onlyFor?: string;
}

/**
 * What a normaliser made of a raw event.
 *
 * - `accepted`: domain events, possibly none when everything it says is known.
 * - `ignored`: understood and of no interest to delivery metrics; kept in the inbox.
 * - `rejected`: broken; reported to the sender and not kept under its id, so that
 *   a corrected event may be sent with the same id.
 *
 * @public
 */
export type NormaliseResult =
  | { outcome: 'accepted'; events: DomainEvent[] }
  | { outcome: 'ignored'; reason: string }
  | { outcome: 'rejected'; reason: string };

/**
 * A webhook request before anything in it is believed.
 *
 * @public
 */
export interface WebhookRequest {
  /** Header names in lower case. */
  headers: Record<string, string | string[] | undefined>;
  /** The body exactly as received (after transfer decoding), for signatures. */
  body: Buffer;
  /** ISO 8601 in UTC. */
  receivedAt: string;
}

/**
 * How a source receives provider webhooks at `POST /api/dora/webhooks/<source id>`.
 *
 * @public
 */
export interface DeliveryWebhook {
  /**
   * Verifies the provider's signature on the raw body, in constant time.
   * Resolves `false` (answered 401) when it is absent or wrong; a source that is
   * not configured with a secret must resolve `false`.
   */
  verify(request: WebhookRequest): Promise<boolean>;
  /**
   * Value of the `WWW-Authenticate` header with which a 401 is answered, for
   * senders that give their credentials only when asked for them.
   */
  challenge?: string;
  /**
   * Turns a verified request into raw events. The id must be the provider's
   * delivery id where it has one, so that redeliveries are recognised.
   *
   * @throws InputError when the body is not what the provider sends; answered 400.
   */
  receive(request: WebhookRequest): RawDeliveryEvent[];
  /**
   * Topic on the events service to which the parsed body is published after it
   * is committed. Nothing is published when absent.
   */
  topic?: string;
}

/**
 * The inbox as sources see it.
 *
 * @public
 */
export interface DeliveryInbox {
  /**
   * Records events and resolves once they are committed: only then may the
   * sender be acknowledged. One result per event, in order.
   */
  submit(events: RawDeliveryEvent[]): Promise<DeliveryEventOutcome[]>;
}

/**
 * What a source remembers between runs, such as how far it has read: small JSON
 * values by name, kept in the database and shared by all backends.
 *
 * @public
 */
export interface DeliverySourceState {
  /** `undefined` when nothing is kept under the name. */
  get(name: string): Promise<JsonValue | undefined>;
  /** Resolves once it is committed. */
  set(name: string, value: JsonValue): Promise<void>;
}

/**
 * @public
 */
export interface DeliveryEventOutcome {
  id?: string;
  source?: string;
  status: 'accepted' | 'duplicate' | 'ignored' | 'rejected';
  reason?: string;
}

/**
 * What a source tells delivery metrics about.
 *
 * @public
 */
export type DeliverySourceProvision =
  | 'deployments'
  | 'commits'
  | 'pull_requests'
  | 'builds'
  | 'incidents';

/**
 * What a source provides and needs, for people who connect it and for the
 * data-quality screen.
 *
 * @public
 */
export interface DeliverySourceDescription {
  /** Name of the product as its makers write it, e.g. `GitHub`. */
  title: string;
  /** What it can tell when all of its access is granted. */
  provides: DeliverySourceProvision[];
  /** Each access it needs, in words an administrator of that product can follow. */
  access: string[];
  /** Its page below `docs/`, e.g. `sources/github.md`. */
  docs?: string;
}

/**
 * A source of delivery events: a normaliser, and optionally a webhook or a
 * connection of its own.
 *
 * @public
 */
export interface DeliveryEventSource {
  /** Lower-case name, unique; also the last segment of its webhook path. */
  readonly id: string;
  /** Raised whenever `normalise` would give another result for the same input. */
  readonly normaliserVersion: number;
  /** True for the CloudEvents types this source normalises. */
  understands(type: string): boolean;
  /**
   * True for events of a vocabulary it shares with another source that are its
   * own nevertheless, such as the CDEvents of one product. Asked of every source
   * before `understands`; pure, and throws nothing.
   */
  claims?(event: RawDeliveryEvent): boolean;
  /**
   * Names the settings by which it normalises. When a start finds another name
   * than the last one, the inbox is normalised anew.
   */
  readonly settings?: string;
  /**
   * Pure: reads only its argument, throws nothing, and gives the same result
   * each time. Texts of the event are hostile until checked.
   */
  normalise(event: RawDeliveryEvent): NormaliseResult;
  readonly webhook?: DeliveryWebhook;
  /** What it provides and needs. A source without one is listed by its id. */
  readonly description?: DeliverySourceDescription;
  /**
   * False when it lacks what it needs to receive anything, such as the secret of
   * its webhook. Absent means that it needs nothing.
   */
  readonly configured?: boolean;
  /** Called once at start-up, for sources that fetch or subscribe by themselves. */
  connect?(inbox: DeliveryInbox, state: DeliverySourceState): Promise<void>;
}
