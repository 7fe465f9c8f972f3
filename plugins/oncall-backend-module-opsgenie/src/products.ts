import { InputError, ServiceUnavailableError } from '@backstage/errors';
import {
  listOf,
  objectOf,
  ProviderClient,
  requiredText,
  textOf,
  type ProviderAccount,
} from '@pavedroad/plugin-oncall-node';

/** Somebody or something that is notified: a user, a team, an escalation, a schedule. */
export type Recipient = {
  id: string;
  type: string;
  name?: string;
  email?: string;
};

/** What Opsgenie and its successor answer differently. */
export interface Product {
  /** A schedule by its id or name. */
  schedule(idOrName: string): Promise<Record<string, unknown> | undefined>;
  /** The escalations of a team, by its id or name, or undefined when there is no such team. */
  escalations(
    team: string,
  ): Promise<{ name: string; escalations: unknown[] } | undefined>;
  /** The timeline of a schedule from an instant on. */
  timeline(
    scheduleId: string,
    from: number,
    days: number,
  ): Promise<Record<string, unknown>>;
  /** The users on call on a schedule at an instant, teams and escalations resolved. */
  onCalls(scheduleId: string, at: number): Promise<Recipient[]>;
  /** The id of a team by its id or name, or undefined when there is no such team. */
  teamId(team: string): Promise<string | undefined>;
  /** Finds out how to call a user. */
  user(recipient: Recipient): Promise<Recipient>;
}

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PAGE = 50;
const MOST_PAGES = 40;
const HOUR = 3_600_000;

class Opsgenie implements Product {
  static of(account: ProviderAccount): Opsgenie {
    return new Opsgenie(
      opsgenieClientOf(account, account.config.getString('apiToken')),
    );
  }

  private constructor(private readonly client: ProviderClient) {}

  async schedule(idOrName: string) {
    const answer = await this.client.ask({
      path: ['v2', 'schedules', idOrName],
      query: { identifierType: UUID.test(idOrName) ? 'id' : 'name' },
    });
    return answer === undefined ? undefined : dataOf(answer);
  }

  async escalations(team: string) {
    const answer = await this.client.ask({
      path: ['v2', 'teams', team],
      query: { identifierType: UUID.test(team) ? 'id' : 'name' },
    });
    if (answer === undefined) {
      return undefined;
    }
    const { id, name } = dataOf(answer);
    const all = objectOf(
      await this.client.demand({ path: ['v2', 'escalations'] }),
      'the answer',
    );
    return {
      name: requiredText(name, 'the name of the team'),
      escalations: listOf(all.data, 'the escalations').filter(item => {
        const { ownerTeam } = objectOf(item, 'an escalation');
        return (
          ownerTeam !== undefined &&
          ownerTeam !== null &&
          objectOf(ownerTeam, 'the team of an escalation').id === id
        );
      }),
    };
  }

  async timeline(scheduleId: string, from: number, days: number) {
    return dataOf(
      await this.client.demand({
        path: ['v2', 'schedules', scheduleId, 'timeline'],
        query: { identifierType: 'id', ...span(from, days) },
      }),
    );
  }

  async onCalls(scheduleId: string, at: number) {
    const data = dataOf(
      await this.client.demand({
        path: ['v2', 'schedules', scheduleId, 'on-calls'],
        query: {
          scheduleIdentifierType: 'id',
          flat: 'true',
          date: new Date(at).toISOString(),
        },
      }),
    );
    return listOf(data.onCallRecipients ?? [], 'the on-call recipients').map(
      item => {
        const name = requiredText(item, 'an on-call recipient');
        return { id: name, type: 'user', name };
      },
    );
  }

  /** Alerts take the names of teams as well. */
  async teamId(team: string) {
    return team;
  }

  /** A user's name is the address of the user. */
  async user(recipient: Recipient) {
    return { ...recipient, email: recipient.name };
  }
}

class JsmOperations implements Product {
  readonly #users = new Map<string, { user: Recipient; until: number }>();

  static of(account: ProviderAccount): JsmOperations {
    const token = account.config.getString('apiToken');
    return new JsmOperations(
      atlassianClientOf(account, 'jsm/ops/api', token),
      atlassianClientOf(account, 'ex/jira', token),
    );
  }

  private constructor(
    private readonly operations: ProviderClient,
    private readonly jira: ProviderClient,
  ) {}

  async schedule(idOrName: string) {
    if (UUID.test(idOrName)) {
      const answer = await this.operations.ask({
        path: ['v1', 'schedules', idOrName],
      });
      return answer === undefined
        ? undefined
        : objectOf(answer, 'the schedule');
    }
    const all = await this.#all(['v1', 'schedules']);
    return all
      .map(item => objectOf(item, 'a schedule'))
      .find(schedule => schedule.name === idOrName);
  }

  async escalations(team: string) {
    const id = await this.teamId(team);
    if (id === undefined) {
      return undefined;
    }
    const path = ['v1', 'teams', id, 'escalations'];
    const first = await this.operations.ask({ path, query: { size: '1' } });
    return first === undefined
      ? undefined
      : { name: team, escalations: await this.#all(path) };
  }

  async timeline(scheduleId: string, from: number, days: number) {
    return objectOf(
      await this.operations.demand({
        path: ['v1', 'schedules', scheduleId, 'timeline'],
        query: span(from, days),
      }),
      'the timeline',
    );
  }

  async onCalls(scheduleId: string, at: number) {
    const answer = objectOf(
      await this.operations.demand({
        path: ['v1', 'schedules', scheduleId, 'on-calls'],
        query: { flat: 'true', date: new Date(at).toISOString() },
      }),
      'the answer',
    );
    return listOf(answer.onCallUsers ?? [], 'the on-call users').map(item => ({
      id: requiredText(item, 'an on-call user'),
      type: 'user',
    }));
  }

  async teamId(team: string) {
    if (UUID.test(team)) {
      return team;
    }
    const found = (await this.#teams()).find(item => item.teamName === team);
    return found && requiredText(found.teamId, 'the id of a team');
  }

  /** Responders are account ids; Jira knows the person, unless the person or the token's rights hide it. */
  async user(recipient: Recipient): Promise<Recipient> {
    const known = this.#users.get(recipient.id);
    if (known && Date.now() < known.until) {
      return known.user;
    }
    let user = recipient;
    try {
      const answer = await this.jira.ask({
        path: ['rest', 'api', '3', 'user'],
        query: { accountId: recipient.id },
      });
      if (answer !== undefined) {
        const found = objectOf(answer, 'the user');
        user = {
          ...recipient,
          name: textOf(found.displayName) ?? recipient.name,
          email: textOf(found.emailAddress),
        };
      }
    } catch (error) {
      // Who is on call is known all the same; only the name is not.
      if (!(error instanceof ServiceUnavailableError)) {
        throw error;
      }
      return known?.user ?? recipient;
    }
    this.#users.set(recipient.id, { user, until: Date.now() + HOUR });
    return user;
  }

  /** All teams at once: sites answer with the list itself, or with what the reference says, a list called `platformTeams`. */
  async #teams() {
    const answer = await this.operations.demand({ path: ['v1', 'teams'] });
    const teams = listOf(
      Array.isArray(answer)
        ? answer
        : objectOf(answer, 'the answer').platformTeams,
      'the list of teams',
    ).map(item => objectOf(item, 'a team'));
    // To say that a team is gone, and forget its last known answer, takes more than a list of something else.
    teams.forEach(team => requiredText(team.teamName, 'the name of a team'));
    return teams;
  }

  async #all(path: string[]): Promise<unknown[]> {
    const found: unknown[] = [];
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer = objectOf(
        await this.operations.demand({
          path,
          query: { size: String(PAGE), offset: String(page * PAGE) },
        }),
        'the answer',
      );
      const values = listOf(answer.values, 'the list of values');
      found.push(...values);
      const links = answer.links
        ? objectOf(answer.links, 'the links')
        : undefined;
      if (values.length === 0 || textOf(links?.next) === undefined) {
        return found;
      }
    }
    throw new ServiceUnavailableError(
      `it has more than ${MOST_PAGES * PAGE} entries at /${path.join('/')}`,
    );
  }
}

/** How an account acts: with a token of its own, since the one that reads should do no more. Undefined without it. */
export function actingClientOf(
  account: ProviderAccount,
): { client: ProviderClient; root: string[]; jsm: boolean } | undefined {
  const { config } = account;
  const token = config.getOptionalString('actionToken');
  if (!token) {
    return undefined;
  }
  if (config.getOptionalString('product') !== 'jsm') {
    return {
      client: opsgenieClientOf(account, token),
      root: ['v2'],
      jsm: false,
    };
  }
  return {
    client: atlassianClientOf(account, 'jsm/ops/api', token),
    root: ['v1'],
    jsm: true,
  };
}

function opsgenieClientOf(
  account: ProviderAccount,
  token: string,
): ProviderClient {
  return ProviderClient.forAccount(account, {
    key: 'apiBaseUrl',
    fallback: 'https://api.opsgenie.com',
    headers: { authorization: `GenieKey ${token}` },
  });
}

/** For one of the APIs of a site of Atlassian's cloud. */
function atlassianClientOf(
  account: ProviderAccount,
  api: string,
  token: string,
): ProviderClient {
  const { config } = account;
  const basic = Buffer.from(
    `${config.getString('username')}:${token}`,
  ).toString('base64');
  return ProviderClient.forAccount(account, {
    key: 'apiBaseUrl',
    fallback: 'https://api.atlassian.com',
    path: `${api}/${encodeURIComponent(config.getString('cloudId'))}`,
    headers: { authorization: `Basic ${basic}` },
  });
}

/** The product of an account. */
export function productOf(account: ProviderAccount): Product {
  const product = account.config.getOptionalString('product') ?? 'opsgenie';
  if (product === 'jsm') {
    return JsmOperations.of(account);
  }
  if (product !== 'opsgenie') {
    throw new InputError(
      `product of the account ${account.id} must be opsgenie or jsm`,
    );
  }
  return Opsgenie.of(account);
}

function dataOf(answer: unknown): Record<string, unknown> {
  return objectOf(objectOf(answer, 'the answer').data, 'the data');
}

function span(from: number, days: number): Record<string, string> {
  return {
    interval: String(days),
    intervalUnit: 'days',
    date: new Date(from).toISOString(),
  };
}
