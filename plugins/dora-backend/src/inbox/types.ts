import { RawDeliveryEvent } from '@pavedroad/plugin-dora-node';

/** A checked CloudEvent, as sources see it. */
export type CloudEvent = RawDeliveryEvent;

/** A member of a request that cannot be recorded under a key, and why. */
export interface RejectedInput {
  id?: string;
  source?: string;
  rejected: string;
}

/** What became of one event. */
export type EventStatus = 'accepted' | 'duplicate' | 'ignored' | 'rejected';

/** One entry of the answer of `POST /api/dora/events`. */
export interface EventResult {
  id?: string;
  source?: string;
  status: EventStatus;
  /** Why the event was ignored or rejected. */
  reason?: string;
}
