import type { Entity } from '@backstage/catalog-model';
import type { OnCallLevel, Shift } from '@pavedroad/plugin-oncall-common';

import type { PageChange, PageReference, PageToSend, SentPage } from './acting';
import type { OnCallWebhook } from './webhooks';

/** The schedule of a provider that an entity names. */
export type ProviderMatch = {
  /** How the provider knows the schedule. */
  scheduleId: string;
  /** The annotation that named it. */
  annotation: string;
};

/** Who is on call on a provider's schedule. */
export type ProviderAnswer = {
  title: string;
  /** IANA zone of the schedule. */
  timeZone: string;
  /**
   * Escalation levels. A person is a User entity ref or, where the provider knows only an address, `mailto:<e-mail>`, which the back
   * end looks up in the catalog. One known by neither is `<provider>:<id>`, with a name in `names`.
   */
  levels: OnCallLevel[];
  /**
   * Names of people of whom the provider tells no address, by how `levels` refer to them, for example `pagerduty:PXPGF42`.
   */
  names?: Record<string, string>;
};

/**
 * A source of on-call answers: the portal's own schedules, or a system such as PagerDuty. What a provider needs to log in comes from
 * configuration; an entity never chooses credentials.
 */
export interface OnCallProvider {
  /** A short name, unique among providers, for example `pagerduty`. */
  readonly id: string;
  /** For people, for example `PagerDuty`. */
  readonly title: string;
  /** Seconds for which an answer is good, for providers that allow few requests. Default: 60. */
  readonly maxAgeSeconds?: number;

  /** The schedule an entity names by this provider's annotations, or undefined when it names none. Must not do I/O. */
  match(entity: Entity): ProviderMatch | undefined;

  /**
   * Who is on call on a schedule at an instant (ISO 8601 with offset), or undefined when there is no such schedule.
   * Rejects when the provider cannot be asked; the caller then falls back to the last answer it had, and says so.
   */
  onCallAt(
    scheduleId: string,
    instant: string,
  ): Promise<ProviderAnswer | undefined>;

  /** The shifts of a schedule in a half-open window of ISO instants, or undefined when there is no such schedule. */
  shiftsBetween(
    scheduleId: string,
    window: { from: string; to: string },
  ): Promise<Shift[] | undefined>;

  /** The account of a schedule; empty for providers without accounts. */
  accountOf?(scheduleId: string): string;

  /**
   * Why a schedule cannot be paged from the portal, in words, or undefined when it can. Providers without it cannot page. Must not do I/O.
   */
  pageProblem?(scheduleId: string): string | undefined;

  /**
   * Why a page cannot be acknowledged or resolved from the portal, in words, or undefined when it can as far as is known: the portal offers
   * only what can be done. Providers without it do whatever they have a method for. Must not do I/O.
   */
  changeProblem?(
    page: Omit<PageReference, 'sender'>,
    change: PageChange,
  ): string | undefined;

  /**
   * Calls whoever is on call. Sending a page of the same `dedupKey` again calls nobody twice.
   * @throws ProviderActionError
   */
  page?(page: PageToSend): Promise<SentPage>;

  /**
   * Says that somebody takes care of a page.
   * @throws ProviderActionError
   */
  acknowledge?(page: PageReference): Promise<void>;

  /**
   * Closes a page.
   * @throws ProviderActionError
   */
  resolve?(page: PageReference): Promise<void>;

  /** How the provider tells the portal of its pages; absent when it does not. */
  readonly webhook?: OnCallWebhook;
}
