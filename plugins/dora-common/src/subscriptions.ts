/** What somebody can ask to be told about. */
export const SUBSCRIPTION_KINDS = [
  'weekly_digest',
  'change_beyond_chance',
  'failed_deployment',
] as const;
export type SubscriptionKind = (typeof SUBSCRIPTION_KINDS)[number];

/** One thing that a person or a group is told about. */
export interface Subscription {
  /** User or Group entity ref. */
  subscriber: string;
  /** What it is about, as in `GET /api/dora/metrics`; absent: everything. */
  entityRef?: string;
  kind: SubscriptionKind;
  /** IANA zone: decides when a week begins and which hour is eight in the morning. */
  timeZone: string;
  /** Who asked for it. */
  createdBy: string;
  /** ISO instant in UTC. */
  createdAt: string;
}

/** Somebody whose subscriptions the asker may manage. */
export interface ManageableSubscriber {
  ref: string;
  displayName: string;
  kind: 'user' | 'group';
}

/** `GET /api/dora/subscriptions`. */
export interface SubscriptionListResponse {
  /** Of all the subscribers below, by subscriber, scope and kind. */
  items: Subscription[];
  /** The asker first, then groups by name. */
  subscribers: ManageableSubscriber[];
}

/** Body of `PUT /api/dora/subscriptions`: sets what one subscriber is told about one scope. */
export interface SubscriptionRequest {
  /** User or Group entity ref; the asker when absent. */
  subscriber?: string;
  /** Absent: everything. */
  entityRef?: string;
  /** Exactly these; an empty list ends all of them. */
  kinds: SubscriptionKind[];
  /** IANA zone. Default: `UTC`. */
  timeZone?: string;
}

/** Answer of `PUT` and `DELETE /api/dora/subscriptions`: what holds now for the subscriber and scope. */
export interface SubscriptionChangeResponse {
  items: Subscription[];
  /** False when it was so already. */
  changed: boolean;
}
