/** A page to be sent. */
export type PageToSend = {
  /** How the provider knows the schedule; see `ProviderMatch`. */
  scheduleId: string;
  /** The same for every attempt to send this page, so that the provider makes one of them. */
  dedupKey: string;
  title: string;
  details?: string;
  urgency: 'high' | 'low';
  /** The name of whoever sends it, for those who are called. */
  sender: string;
  /** Where the portal tells of it. */
  link?: string;
};

/** What a provider made of a page. */
export type SentPage = {
  /** Its id at the provider, when it tells one at once. */
  externalId?: string;
  /** Where people see it. */
  url?: string;
};

/** A page that was sent, or that a webhook told of. */
export type PageReference = {
  account: string;
  /** Absent for pages that were not sent from the portal. */
  scheduleId?: string;
  dedupKey: string;
  externalId?: string;
  /** The name of whoever acts. */
  sender: string;
};

/** What can be done about a page. */
export type PageChange = 'acknowledge' | 'resolve';

/** Acts in one account of a provider. Every method that acts rejects with {@link ProviderActionError} when the provider does not do it. */
export interface PageActor {
  /** Why a schedule of the account cannot be paged, in words, or undefined when it can. Must not do I/O. */
  pageProblem?(key: { kind: string; value: string }): string | undefined;
  /** Why a page cannot be changed, in words, or undefined when it can as far as is known. Must not do I/O. */
  changeProblem?(
    page: Omit<PageActorReference, 'sender'>,
    change: PageChange,
  ): string | undefined;
  page(
    key: { kind: string; value: string },
    page: PageToSend,
  ): Promise<SentPage>;
  acknowledge(page: PageActorReference): Promise<void>;
  resolve(page: PageActorReference): Promise<void>;
}

/** A page as an actor is told of it. */
export type PageActorReference = Omit<
  PageReference,
  'scheduleId' | 'account'
> & { key?: { kind: string; value: string } };

/**
 * Why a provider did not do what was asked, with the status the portal answers: 403 when the configured credentials may not do it, 409 when
 * the provider refuses it as it is, 502 when it fails, 504 when it does not answer in time. Messages name no credentials.
 */
export class ProviderActionError extends Error {
  readonly name = 'ProviderActionError';

  constructor(
    message: string,
    readonly statusCode: 403 | 409 | 502 | 504,
    /** False when the provider may have done it all the same. */
    readonly certain: boolean,
  ) {
    super(message);
  }
}
