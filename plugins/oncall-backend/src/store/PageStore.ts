/** What became of the sending of a page. `pending` after a crash means that nobody knows. */
export type PageOutcome = 'pending' | 'sent' | 'failed';

export type PageStatus = 'triggered' | 'acknowledged' | 'resolved';

/** Somebody who was called by a page. */
export type CalledPerson = {
  person: string;
  /** The escalation level, counted from 1. */
  level: number;
  /** Milliseconds since the epoch. */
  calledAt: number;
};

/** A page as it is kept. Times are milliseconds since the epoch. */
export type StoredPage = {
  id: string;
  provider: string;
  account: string;
  dedupKey: string;
  externalId?: string;
  scheduleRef?: string;
  providerScheduleId?: string;
  entityRef?: string;
  title: string;
  details?: string;
  urgency: 'high' | 'low';
  status: PageStatus;
  statusAt: number;
  outcome: PageOutcome;
  outcomeMessage?: string;
  url?: string;
  createdAt: number;
  createdBy?: string;
  acknowledgedAt?: number;
  acknowledgedBy?: string;
  resolvedAt?: number;
  resolvedBy?: string;
  level: number;
  escalateAt?: number;
  people: CalledPerson[];
  /** Names of people of whom no address is known. */
  names: Record<string, string>;
};

/** A page to be sent from the portal. */
export type NewPage = Pick<
  StoredPage,
  | 'provider'
  | 'account'
  | 'scheduleRef'
  | 'providerScheduleId'
  | 'entityRef'
  | 'title'
  | 'details'
  | 'urgency'
  | 'createdAt'
> & {
  createdBy: string;
  idempotencyKey: string;
  requestDigest: string;
  /** For native pages: when whoever is on call is called unless it is known by then that somebody was, in milliseconds. */
  escalateAt?: number;
};

/** What a provider tells of a page. */
export type PageNews = {
  externalId: string;
  /** When the portal, or whoever sent it, gave it one. */
  dedupKey?: string;
  /** Undefined for news that leave the status. */
  status?: PageStatus;
  /** When it happened, in milliseconds. */
  at: number;
  by?: string;
  createdAt?: number;
  title?: string;
  urgency?: 'high' | 'low';
  url?: string;
  scheduleRef?: string;
  entityRef?: string;
  people: string[];
  names: Record<string, string>;
};

/** Of which pages to read; times in milliseconds, half-open. */
export type PageFilter = {
  scheduleRef?: string;
  entityRef?: string;
  status?: PageStatus;
  from?: number;
  to?: number;
  /** The last page of the answer before. */
  before?: { createdAt: number; id: string };
  limit: number;
};

/** Keeps pages and the webhooks that tell of them. */
export interface PageStore {
  /**
   * Records a page before it is sent. With the same user and key it answers with the page there is, `fresh: false`.
   */
  begin(
    page: NewPage,
  ): Promise<{ page: StoredPage; fresh: boolean; sameRequest: boolean }>;

  /** Claims a page whose sending failed or came to no known end, to send it again. False when another back end has it. */
  claimAgain(
    id: string,
    options: { now: number; pendingFor: number },
  ): Promise<boolean>;

  /** Records what became of sending a page. */
  finish(
    id: string,
    result: {
      outcome: PageOutcome;
      message?: string;
      externalId?: string;
      url?: string;
      people?: CalledPerson[];
      names?: Record<string, string>;
      escalateAt?: number;
    },
  ): Promise<StoredPage>;

  /** The page that a request by a user with a key led to; undefined when there is none. */
  byRequest(request: {
    createdBy: string;
    idempotencyKey: string;
    requestDigest: string;
  }): Promise<{ page: StoredPage; sameRequest: boolean } | undefined>;

  /** A page, or undefined when there is none of that id. */
  page(id: string): Promise<StoredPage | undefined>;

  /** Changes the status by somebody of the portal. Only forwards: a page that is resolved stays so. */
  changeStatus(
    id: string,
    change: { status: 'acknowledged' | 'resolved'; at: number; by: string },
  ): Promise<StoredPage>;

  /** Pages, newest first. */
  list(filter: PageFilter): Promise<StoredPage[]>;

  /**
   * Pages of a half-open window of milliseconds by when they were sent, oldest first; of some schedules, or of all. Those that failed to be
   * sent called nobody and are left out.
   */
  pagesBetween(options: {
    scheduleRefs?: string[];
    from: number;
    to: number;
  }): Promise<StoredPage[]>;

  /**
   * Native pages whose next level is due, each claimed for this back end alone: its `escalateAt` is put off until `retryAt`, so that a crash
   * only delays the call.
   */
  claimDue(options: {
    now: number;
    retryAt: number;
    limit: number;
  }): Promise<StoredPage[]>;

  /** Records that the next level was called, and when the one after it is unless somebody takes the page. */
  escalated(
    id: string,
    next: { level: number; people: CalledPerson[]; escalateAt?: number },
  ): Promise<void>;

  /**
   * Takes a webhook in: once for each delivery, together with what it changes. One with news, or about who is on call, makes every back end ask
   * the provider again. False for one that was taken in before.
   */
  takeIn(
    delivery: {
      provider: string;
      account: string;
      id: string;
      type: string;
      onCallChanged?: boolean;
    },
    news: PageNews | undefined,
  ): Promise<boolean>;

  /** Forgets deliveries received before an instant in milliseconds. */
  forgetDeliveries(before: number): Promise<number>;
}
