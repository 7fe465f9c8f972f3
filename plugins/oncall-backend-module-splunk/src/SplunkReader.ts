import type { Config } from '@backstage/config';
import { ServiceUnavailableError } from '@backstage/errors';
import {
  instantOf,
  listOf,
  objectOf,
  personOf,
  ProviderClient,
  ReadingProvider,
  requiredText,
  textOf,
  type OnCallProvider,
  type ProviderAccount,
  type ReadShift,
  type ReadWindow,
  type ScheduleReader,
  type ScheduleReading,
} from '@pavedroad/plugin-oncall-node';

import { SplunkActor } from './SplunkActor';
import { splunkWebhook } from './webhook';

const DAY = 86_400_000;
/** How far in the past the present still is the present, in milliseconds. */
const PRESENT = 120_000;
/** How far ahead the API looks, in days. */
const MOST_DAYS = 123;
/** Steps of a policy whose rotations the API tells. */
const STEPS = 3;
/** How long teams, users and policies are kept, in milliseconds: the API allows few requests. */
const KEPT = 3_600_000;

type Clock = () => number;
type Item = Record<string, unknown>;

class SplunkReader implements ScheduleReader {
  readonly #kept = new Map<string, { value: Item[]; until: number }>();

  static create(account: ProviderAccount, clock: Clock): SplunkReader {
    return new SplunkReader(
      ProviderClient.forAccount(account, {
        key: 'apiBaseUrl',
        fallback: 'https://api.victorops.com',
        headers: {
          'x-vo-api-id': account.config.getString('apiId'),
          'x-vo-api-key': account.config.getString('apiKey'),
        },
      }),
      clock,
    );
  }

  private constructor(
    private readonly client: ProviderClient,
    private readonly clock: Clock,
  ) {}

  async read(
    key: { kind: string; value: string },
    window: ReadWindow,
  ): Promise<ScheduleReading | undefined> {
    const teams = await this.#keep('teams', async () => {
      const all = listOf(
        await this.client.demand({ path: api('v1', 'team') }),
        'the list of teams',
      );
      if (all.length === 0) {
        // To say that the team is gone, and forget its last known answer, takes more than that.
        throw new ServiceUnavailableError('it tells of no team at all');
      }
      return all;
    });
    const team = teams.find(
      item => item.slug === key.value || item.name === key.value,
    );
    if (!team) {
      return undefined;
    }
    const slug = requiredText(team.slug, 'the slug of the team');
    const name = textOf(team.name) ?? slug;
    const first = await this.#schedule(slug, name, 0, window);
    if (!first) {
      return undefined;
    }
    const policySlug = requiredText(
      objectOf(first.policy, 'the policy').slug,
      'the slug of the policy',
    );
    const steps = await this.#keep(`policy ${policySlug}`, async () =>
      listOf(
        objectOf(
          await this.client.demand({
            path: api('v1', 'policies', policySlug),
          }),
          'the policy',
        ).steps,
        'the steps of the policy',
      ),
    );
    const users = await this.#users();
    const names: Record<string, string> = {};
    const person = (value: unknown) => {
      const username = requiredText(
        objectOf(value, 'a user').username,
        'the name of a user',
      );
      return personOf(
        'splunk',
        { id: username, ...users.get(username) },
        names,
      );
    };
    const shifts: ReadShift[] = [];
    for (const [index, step] of steps.entries()) {
      const level = index + 1;
      for (const item of listOf(step.entries, 'the entries of a step')) {
        const entry = objectOf(item, 'an entry of a step');
        if (entry.user) {
          shifts.push({
            person: person(entry.user),
            level,
            from: -Infinity,
            to: Infinity,
          });
        } else if (entry.rotationGroup && index >= STEPS) {
          // The API tells no more than the name of the rotation.
          const group = objectOf(entry.rotationGroup, 'a rotation');
          const id = requiredText(group.slug, 'the slug of a rotation');
          shifts.push({
            person: personOf(
              'splunk',
              { id, name: textOf(group.label) },
              names,
            ),
            level,
            from: -Infinity,
            to: Infinity,
          });
        }
      }
      if (index < STEPS && hasRotation(step)) {
        const schedule =
          index === 0 ? first : await this.#schedule(slug, name, index, window);
        shifts.push(
          ...(schedule ? shiftsOf(schedule, level, person, this.clock()) : []),
        );
      }
    }
    return {
      title: name,
      timeZone: 'Etc/UTC',
      levels: steps.map((_, index) => ({ level: index + 1 })),
      shifts,
      names,
    };
  }

  /** The schedule of one step of the policy of a team. */
  async #schedule(
    slug: string,
    name: string,
    step: number,
    window: ReadWindow,
  ): Promise<Item | undefined> {
    const days = Math.ceil((window.to - this.clock()) / DAY) + 1;
    if (window.from < this.clock() - PRESENT || days > MOST_DAYS) {
      throw new ServiceUnavailableError(
        `it tells the schedule of a team from the present on only, and no more than ${MOST_DAYS} days`,
      );
    }
    const answer = await this.client.ask({
      path: api('v2', 'team', slug, 'oncall', 'schedule'),
      query: { daysForward: String(days), daysSkip: '0', step: String(step) },
    });
    if (answer === undefined) {
      return undefined;
    }
    const schedules = listOf(
      objectOf(answer, 'the answer').schedules,
      'the schedules',
    ).map(item => objectOf(item, 'a schedule'));
    const own = schedules.filter(item => {
      const policy = objectOf(item.policy, 'the policy of a schedule');
      return policy.slug === slug || policy.name === name;
    });
    const chosen = schedules.length === 1 ? schedules : own;
    if (chosen.length !== 1) {
      throw new ServiceUnavailableError(
        `the team ${name} has ${schedules.length} escalation policies, and none of them, or several, are called like the team`,
      );
    }
    return chosen[0];
  }

  async #users(): Promise<Map<string, { email?: string; name?: string }>> {
    const users = await this.#keep('users', async () =>
      listOf(
        objectOf(
          await this.client.demand({ path: api('v2', 'user') }),
          'the answer',
        ).users,
        'the list of users',
      ),
    );
    return new Map(
      users.map(user => [
        requiredText(user.username, 'the name of a user'),
        {
          email: textOf(user.email),
          name:
            textOf(user.displayName) ??
            textOf(
              [textOf(user.firstName), textOf(user.lastName)]
                .filter(Boolean)
                .join(' '),
            ),
        },
      ]),
    );
  }

  async #keep(key: string, read: () => Promise<unknown[]>): Promise<Item[]> {
    const known = this.#kept.get(key);
    if (known && this.clock() < known.until) {
      return known.value;
    }
    const value = (await read()).map(item => objectOf(item, 'an entry'));
    this.#kept.set(key, { value, until: this.clock() + KEPT });
    return value;
  }
}

/** Splunk On-Call as a provider. Undefined when `oncall.splunk.accounts` is empty. */
export function createSplunkProvider(
  config: Config,
  clock: Clock = Date.now,
): OnCallProvider | undefined {
  return ReadingProvider.fromConfig(config, {
    id: 'splunk',
    title: 'Splunk On-Call',
    annotations: [{ name: 'splunk.com/on-call-team', kind: 'team' }],
    accountAnnotation: 'splunk.com/on-call-account',
    // A schedule may be asked for 15 times a minute, by all who use the key.
    maxAgeSeconds: 300,
    reader: account => SplunkReader.create(account, clock),
    actor: SplunkActor.create,
    actingNeeds: 'it needs `restEndpointKey` and `routingKeys`',
    webhook: splunkWebhook,
  });
}

function hasRotation(step: Item): boolean {
  return listOf(step.entries, 'the entries of a step').some(
    item => objectOf(item, 'an entry of a step').rotationGroup,
  );
}

/** The turns of the rotations of a schedule, with those overridden given to who stands in. */
function shiftsOf(
  schedule: Item,
  level: number,
  person: (user: unknown) => string,
  now: number,
): ReadShift[] {
  const turns = listOf(schedule.schedule, 'the rotations of a schedule')
    .map(item => objectOf(item, 'a rotation'))
    .flatMap((rotation): ReadShift[] => {
      const rolls = listOf(rotation.rolls ?? [], 'the turns of a rotation');
      if (rolls.length === 0 && rotation.onCallUser) {
        return [
          {
            person: person(rotation.onCallUser),
            level,
            from: -Infinity,
            to: Infinity,
          },
        ];
      }
      return rolls
        .map(roll => objectOf(roll, 'a turn'))
        .map(roll => ({
          person: person(roll.onCallUser),
          level,
          from: instantOf(roll.start, 'the start of a turn'),
          to: instantOf(roll.end, 'the end of a turn'),
        }));
    });
  return listOf(schedule.overrides ?? [], 'the overrides of a schedule')
    .map(item => objectOf(item, 'an override'))
    .filter(override => override.overrideOnCallUser && override.origOnCallUser)
    .reduce(
      (shifts, override) =>
        overridden(shifts, {
          original: person(override.origOnCallUser),
          standIn: person(override.overrideOnCallUser),
          from: instantOf(override.start, 'the start of an override'),
          to: instantOf(override.end, 'the end of an override'),
        }),
      turns,
    )
    .filter(shift => shift.to > now - PRESENT);
}

function overridden(
  shifts: ReadShift[],
  by: ReadWindow & { original: string; standIn: string },
): ReadShift[] {
  return shifts.flatMap(shift => {
    if (
      shift.person !== by.original ||
      shift.to <= by.from ||
      shift.from >= by.to
    ) {
      return [shift];
    }
    return [
      { ...shift, to: Math.min(shift.to, by.from) },
      {
        ...shift,
        person: by.standIn,
        from: Math.max(shift.from, by.from),
        to: Math.min(shift.to, by.to),
      },
      { ...shift, from: Math.max(shift.from, by.to) },
    ].filter(part => part.from < part.to);
  });
}

function api(...parts: string[]): string[] {
  return ['api-public', ...parts];
}
