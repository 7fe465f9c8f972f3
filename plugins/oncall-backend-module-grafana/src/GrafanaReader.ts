import type { Config } from '@backstage/config';
import { ServiceUnavailableError } from '@backstage/errors';
import {
  instantOf,
  listOf,
  objectOf,
  personOf,
  type ProviderClient,
  ReadingProvider,
  requiredText,
  textOf,
  timeZoneOf,
  type OnCallProvider,
  type ProviderAccount,
  type ReadShift,
  type ReadWindow,
  type ScheduleReader,
  type ScheduleReading,
} from '@pavedroad/plugin-oncall-node';

import { GrafanaActor } from './GrafanaActor';
import { grafanaClientOf } from './grafanaClient';
import { grafanaWebhook } from './webhook';

const DAY = 86_400_000;
const MOST_PAGES = 40;
const USER_AGE = 3_600_000;

type User = { id: string; email?: string; name?: string };

class GrafanaReader implements ScheduleReader {
  readonly #users = new Map<string, { user: User; until: number }>();

  static create(account: ProviderAccount): GrafanaReader {
    return new GrafanaReader(
      grafanaClientOf(account, account.config.getString('apiToken')),
    );
  }

  private constructor(private readonly client: ProviderClient) {}

  async read(
    key: { kind: string; value: string },
    window: ReadWindow,
  ): Promise<ScheduleReading | undefined> {
    const names: Record<string, string> = {};
    if (key.kind === 'schedule') {
      const part = await this.#schedule(key.value, 1, window, names);
      return part && { ...part, levels: [{ level: 1 }], names };
    }
    return await this.#chain(key.value, window, names);
  }

  async #schedule(
    id: string,
    level: number,
    window: ReadWindow,
    names: Record<string, string>,
  ) {
    const answer = await this.client.ask({ path: path('schedules', id) });
    if (answer === undefined) {
      return undefined;
    }
    const schedule = objectOf(answer, 'the schedule');
    const shifts = await this.#all(['schedules', id, 'final_shifts'], {
      // Days in UTC, both included; a day more on each side for shifts that reach in.
      start_date: day(window.from - DAY),
      end_date: day(window.to + DAY),
    });
    return {
      title: requiredText(schedule.name, 'the name of the schedule'),
      timeZone: timeZoneOf(schedule.time_zone),
      shifts: shifts
        .map((item): ReadShift => {
          const shift = objectOf(item, 'a shift');
          return {
            person: personOf(
              'grafana',
              {
                id: requiredText(shift.user_pk, 'the user of a shift'),
                email: textOf(shift.user_email),
                name: textOf(shift.user_username),
              },
              names,
            ),
            level,
            from: instantOf(shift.shift_start, 'the start of a shift'),
            to: instantOf(shift.shift_end, 'the end of a shift'),
          };
        })
        .filter(shift => shift.from < window.to && shift.to > window.from),
    };
  }

  /** The steps of an escalation chain that notify people are its levels; a wait begins the next. */
  async #chain(
    id: string,
    window: ReadWindow,
    names: Record<string, string>,
  ): Promise<ScheduleReading | undefined> {
    const answer = await this.client.ask({
      path: path('escalation_chains', id),
    });
    if (answer === undefined) {
      return undefined;
    }
    const chain = objectOf(answer, 'the escalation chain');
    const policies = (
      await this.#all(['escalation_policies'], { escalation_chain_id: id })
    )
      .map(item => objectOf(item, 'an escalation policy'))
      .sort((a, b) => Number(a.position) - Number(b.position));
    const reading: ScheduleReading = {
      title: requiredText(chain.name, 'the name of the escalation chain'),
      timeZone: 'Etc/UTC',
      levels: [],
      shifts: [],
      names,
    };
    let zoned = false;
    let waited = true;
    for (const policy of policies) {
      const schedule = textOf(policy.notify_on_call_from_schedule);
      const people =
        policy.type === 'notify_persons'
          ? listOf(policy.persons_to_notify ?? [], 'the persons to notify')
          : [];
      if (policy.type === 'wait') {
        waited = true;
      } else if (
        (policy.type === 'notify_on_call_from_schedule' && schedule) ||
        people.length > 0
      ) {
        if (waited) {
          reading.levels.push({ level: reading.levels.length + 1 });
          waited = false;
        }
        const level = reading.levels.length;
        const part = schedule
          ? await this.#schedule(schedule, level, window, names)
          : undefined;
        reading.shifts.push(...(part?.shifts ?? []));
        if (part && !zoned) {
          reading.timeZone = part.timeZone;
          zoned = true;
        }
        for (const person of people) {
          reading.shifts.push({
            person: personOf(
              'grafana',
              await this.#user(requiredText(person, 'a person to notify')),
              names,
            ),
            level,
            from: -Infinity,
            to: Infinity,
          });
        }
      }
    }
    return reading;
  }

  async #user(id: string): Promise<User> {
    const known = this.#users.get(id);
    if (known && Date.now() < known.until) {
      return known.user;
    }
    const answer = await this.client.ask({ path: path('users', id) });
    if (answer === undefined) {
      return { id };
    }
    const found = objectOf(answer, 'the user');
    const user = {
      id,
      email: textOf(found.email),
      name: textOf(found.username),
    };
    this.#users.set(id, { user, until: Date.now() + USER_AGE });
    return user;
  }

  async #all(
    parts: string[],
    query: Record<string, string>,
  ): Promise<unknown[]> {
    const found: unknown[] = [];
    for (let page = 1; page <= MOST_PAGES; page++) {
      const answer = objectOf(
        await this.client.demand({
          path: path(...parts),
          query: { ...query, page: String(page) },
        }),
        'the answer',
      );
      found.push(...listOf(answer.results, 'the results'));
      if (textOf(answer.next) === undefined) {
        return found;
      }
    }
    throw new ServiceUnavailableError(
      `it has more than ${MOST_PAGES} pages at /${parts.join('/')}`,
    );
  }
}

/** Grafana IRM as a provider. Undefined when `oncall.grafana.accounts` is empty. */
export function createGrafanaProvider(
  config: Config,
): OnCallProvider | undefined {
  return ReadingProvider.fromConfig(config, {
    id: 'grafana',
    title: 'Grafana IRM',
    annotations: [
      { name: 'grafana.com/on-call-schedule', kind: 'schedule' },
      { name: 'grafana.com/on-call-escalation-chain', kind: 'chain' },
    ],
    accountAnnotation: 'grafana.com/on-call-account',
    reader: GrafanaReader.create,
    actor: GrafanaActor.create,
    actingNeeds:
      'it needs `pageIntegrations`, an integration for each schedule or chain',
    webhook: grafanaWebhook,
  });
}

function path(...parts: string[]): string[] {
  return ['api', 'v1', ...parts];
}

function day(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
