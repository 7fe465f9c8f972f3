import {
  fieldsOf,
  looseText,
  type ProviderAccount,
  type ProviderClient,
} from '@pavedroad/plugin-oncall-node';

import { restClientOf } from './restClient';

const KEPT = 3_600_000;
/** Milliseconds a webhook waits at most: PagerDuty repeats those that are not answered within five seconds. */
const PATIENCE = 2_000;
const MOST_KEPT = 10_000;

/** Finds out the addresses of users, of whom webhooks tell ids and names only. */
export class PagerDutyPeople {
  readonly #clients: Map<string, ProviderClient>;
  readonly #known = new Map<string, { email?: string; until: number }>();

  constructor(accounts: ProviderAccount[]) {
    this.#clients = new Map(
      accounts.map(account => [
        account.id,
        restClientOf(
          { ...account, timeout: Math.min(account.timeout, PATIENCE) },
          account.config.getString('apiToken'),
        ),
      ]),
    );
  }

  /**
   * People such as `pagerduty:PXPGF42` by address, as `mailto:<e-mail>`, as far as they can be found out in two seconds, all of them together.
   * Never rejects.
   */
  async identify(
    account: string,
    people: string[],
  ): Promise<Map<string, string>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>(resolve => {
      timer = setTimeout(() => resolve(undefined), PATIENCE);
    });
    // Those that come too late are known when they are named again.
    const found = await Promise.all(
      people.map(
        async person =>
          [
            person,
            await Promise.race([this.#email(account, person), late]),
          ] as const,
      ),
    );
    clearTimeout(timer);
    return new Map(
      found.flatMap(([person, email]) =>
        email ? [[person, `mailto:${email}`] as const] : [],
      ),
    );
  }

  async #email(account: string, person: string): Promise<string | undefined> {
    const key = `${account} ${person}`;
    const known = this.#known.get(key);
    if (known && Date.now() < known.until) {
      return known.email;
    }
    try {
      const answer = fieldsOf(
        await this.#clients
          .get(account)
          ?.ask({ path: ['users', person.slice('pagerduty:'.length)] }),
      );
      const text = looseText(fieldsOf(answer?.user)?.email);
      const email =
        text && /^[^\s@:]+@[^\s@]+$/.test(text)
          ? text.toLocaleLowerCase('en-US')
          : undefined;
      if (this.#known.size >= MOST_KEPT) {
        this.#known.clear();
      }
      this.#known.set(key, { email, until: Date.now() + KEPT });
      return email;
    } catch {
      // The page is kept all the same, with the name the webhook tells.
      return known?.email;
    }
  }
}
