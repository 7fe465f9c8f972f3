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
  timeZoneOf,
  type OnCallProvider,
  type ProviderAccount,
  type ReadShift,
  type ReadWindow,
  type ScheduleReader,
  type ScheduleReading,
} from '@pavedroad/plugin-oncall-node';

import { GoAlertActor } from './GoAlertActor';
import { QUERY } from './query';
import { goAlertWebhook } from './webhook';

/** How far in the past a rotation's present still is its present, in milliseconds. */
const PRESENT = 120_000;

type Kind = 'service' | 'escalationPolicy' | 'schedule' | 'rotation' | 'user';
type Clock = () => number;

class GoAlertReader implements ScheduleReader {
  static create(account: ProviderAccount, clock: Clock): GoAlertReader {
    return new GoAlertReader(
      ProviderClient.forAccount(account, {
        key: 'baseUrl',
        headers: {
          authorization: `Bearer ${account.config.getString('apiKey')}`,
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
    const names: Record<string, string> = {};
    if (key.kind === 'schedule') {
      const part = await this.#schedule(key.value, 1, window, names);
      return part && { ...part, levels: [{ level: 1 }], names };
    }
    if (key.kind === 'service') {
      const service = await this.#ask('service', key.value, window);
      return (
        service &&
        (await this.#policy(
          requiredText(service.escalationPolicyID, 'the escalation policy'),
          window,
          names,
          textOf(service.name),
        ))
      );
    }
    return await this.#policy(key.value, window, names);
  }

  async #policy(
    id: string,
    window: ReadWindow,
    names: Record<string, string>,
    title?: string,
  ): Promise<ScheduleReading | undefined> {
    const policy = await this.#ask('escalationPolicy', id, window);
    if (!policy) {
      return undefined;
    }
    const steps = listOf(policy.steps, 'the steps of the escalation policy')
      .map(item => objectOf(item, 'a step'))
      .sort((a, b) => Number(a.stepNumber) - Number(b.stepNumber));
    const reading: ScheduleReading = {
      title: title ?? requiredText(policy.name, 'the name of the policy'),
      timeZone: 'Etc/UTC',
      levels: steps.map((_, index) => ({ level: index + 1 })),
      shifts: [],
      names,
    };
    let zoned = false;
    for (const [index, step] of steps.entries()) {
      for (const item of listOf(step.targets, 'the targets of a step')) {
        const target = objectOf(item, 'a target');
        const part = await this.#target(
          requiredText(target.type, 'the type of a target'),
          requiredText(target.id, 'the id of a target'),
          index + 1,
          window,
          names,
        );
        reading.shifts.push(...(part?.shifts ?? []));
        if (part?.timeZone && !zoned) {
          reading.timeZone = part.timeZone;
          zoned = true;
        }
      }
    }
    return reading;
  }

  /** The shifts of a target; channels and webhooks call nobody in particular. */
  async #target(
    type: string,
    id: string,
    level: number,
    window: ReadWindow,
    names: Record<string, string>,
  ): Promise<{ timeZone?: string; shifts: ReadShift[] } | undefined> {
    switch (type) {
      case 'schedule':
        return await this.#schedule(id, level, window, names);
      case 'rotation':
        return await this.#rotation(id, level, window, names);
      case 'user': {
        const user = await this.#ask('user', id, window);
        return (
          user && {
            shifts: [
              {
                person: userOf(user, names),
                level,
                from: -Infinity,
                to: Infinity,
              },
            ],
          }
        );
      }
      default:
        return undefined;
    }
  }

  async #schedule(
    id: string,
    level: number,
    window: ReadWindow,
    names: Record<string, string>,
  ) {
    const schedule = await this.#ask('schedule', id, window);
    return (
      schedule && {
        title: requiredText(schedule.name, 'the name of the schedule'),
        timeZone: timeZoneOf(schedule.timeZone),
        shifts: listOf(schedule.shifts, 'the shifts of the schedule').map(
          (item): ReadShift => {
            const shift = objectOf(item, 'a shift');
            const user = shift.user
              ? objectOf(shift.user, 'the user of a shift')
              : { id: shift.userID };
            return {
              person: userOf(user, names),
              level,
              from: instantOf(shift.start, 'the start of a shift'),
              // The end of what was asked for, not of the shift.
              to:
                shift.truncated === true
                  ? window.to
                  : instantOf(shift.end, 'the end of a shift'),
            };
          },
        ),
      }
    );
  }

  /** A rotation tells who is active and when it turns next, so its turns are known from the present on. */
  async #rotation(
    id: string,
    level: number,
    window: ReadWindow,
    names: Record<string, string>,
  ): Promise<{ timeZone?: string; shifts: ReadShift[] } | undefined> {
    const rotation = await this.#ask('rotation', id, window);
    if (!rotation) {
      return undefined;
    }
    const users = listOf(rotation.users, 'the users of the rotation').map(
      item => userOf(objectOf(item, 'a user'), names),
    );
    const handoffs = listOf(
      rotation.nextHandoffTimes,
      'the handoffs of the rotation',
    ).map(item => instantOf(item, 'a handoff'));
    const timeZone = timeZoneOf(rotation.timeZone);
    if (users.length === 0) {
      return { timeZone, shifts: [] };
    }
    const known = handoffs[handoffs.length - 1];
    if (
      window.from < this.clock() - PRESENT ||
      known === undefined ||
      window.from >= known
    ) {
      throw new ServiceUnavailableError(
        'it tells the turns of a rotation from the present on only, and no more than 50',
      );
    }
    const first = Number(rotation.activeUserIndex);
    return {
      timeZone,
      shifts: handoffs.map((to, index) => ({
        person: users[(first + index) % users.length],
        level,
        from: index === 0 ? -Infinity : handoffs[index - 1],
        to,
      })),
    };
  }

  async #ask(
    kind: Kind,
    id: string,
    window: ReadWindow,
  ): Promise<Record<string, unknown> | undefined> {
    const answer = objectOf(
      await this.client.demand({
        path: ['api', 'graphql'],
        body: {
          operationName: 'PortalOnCall',
          query: QUERY,
          variables: {
            id,
            start: new Date(window.from).toISOString(),
            end: new Date(
              Math.max(window.to, window.from + 60_000),
            ).toISOString(),
            isService: kind === 'service',
            isPolicy: kind === 'escalationPolicy',
            isSchedule: kind === 'schedule',
            isRotation: kind === 'rotation',
            isUser: kind === 'user',
          },
        },
      }),
      'the answer',
    );
    const errors = listOf(answer.errors ?? [], 'the errors');
    if (errors.length > 0) {
      const { message } = objectOf(errors[0], 'an error');
      throw new ServiceUnavailableError(
        `it answered with an error: ${(textOf(message) ?? '').slice(0, 200)}`,
      );
    }
    const found = objectOf(answer.data, 'the data')[kind];
    if (found === undefined) {
      throw new ServiceUnavailableError(
        `its answer is not as expected: ${kind} is missing`,
      );
    }
    return found === null ? undefined : objectOf(found, `the ${kind}`);
  }
}

/** GoAlert as a provider. Undefined when `oncall.goalert.accounts` is empty. */
export function createGoAlertProvider(
  config: Config,
  clock: Clock = Date.now,
): OnCallProvider | undefined {
  return ReadingProvider.fromConfig(config, {
    id: 'goalert',
    title: 'GoAlert',
    annotations: [
      { name: 'goalert.me/schedule-id', kind: 'schedule' },
      { name: 'goalert.me/escalation-policy-id', kind: 'policy' },
      { name: 'goalert.me/service-id', kind: 'service' },
    ],
    accountAnnotation: 'goalert.me/account',
    reader: account => GoAlertReader.create(account, clock),
    actor: GoAlertActor.create,
    actingNeeds:
      'it needs `integrationKeys`, a generic integration key for each service',
    webhook: goAlertWebhook,
  });
}

function userOf(
  user: Record<string, unknown>,
  names: Record<string, string>,
): string {
  return personOf(
    'goalert',
    {
      id: requiredText(user.id, 'the id of a user'),
      email: textOf(user.email),
      name: textOf(user.name),
    },
    names,
  );
}
