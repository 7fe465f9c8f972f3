import { createHash } from 'node:crypto';

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

import { PagerDutyActor } from './PagerDutyActor';
import { PagerDutyPeople } from './PagerDutyPeople';
import { restClientOf } from './restClient';
import { pagerDutyWebhook } from './webhook';

const PAGE = 100;
const MOST_PAGES = 50;
const MOST_KEYS = 20_000;

type Target = { title: string; levels: ScheduleReading['levels'] } & (
  | { policy: string }
  | { schedule: string; timeZone: string }
);

class PagerDutyReader implements ScheduleReader {
  static create(
    account: ProviderAccount,
    keys: Map<string, string>,
  ): PagerDutyReader {
    return new PagerDutyReader(
      restClientOf(account, account.config.getString('apiToken')),
      keys,
    );
  }

  private constructor(
    private readonly client: ProviderClient,
    private readonly keys: Map<string, string>,
  ) {}

  async read(
    key: { kind: string; value: string },
    window: ReadWindow,
  ): Promise<ScheduleReading | undefined> {
    const target = await this.#target(key);
    if (!target) {
      return undefined;
    }
    const names: Record<string, string> = {};
    const shifts: ReadShift[] = [];
    const zones: string[] = [];
    const found = await this.#all({
      since: new Date(window.from).toISOString(),
      // An instant's window is empty to PagerDuty.
      until: new Date(Math.max(window.to, window.from + 1000)).toISOString(),
      ...('policy' in target
        ? { 'escalation_policy_ids[]': target.policy }
        : { 'schedule_ids[]': target.schedule }),
    });
    for (const item of found) {
      const entry = objectOf(item, 'an entry of oncalls');
      const user = objectOf(entry.user, 'the user of an on-call');
      const level = 'policy' in target ? Number(entry.escalation_level) : 1;
      if (!Number.isInteger(level) || level < 1) {
        throw new ServiceUnavailableError(
          'its answer is not as expected: an on-call has no escalation level',
        );
      }
      const schedule = entry.schedule
        ? objectOf(entry.schedule, 'the schedule of an on-call')
        : undefined;
      if (level === 1 && schedule) {
        zones.push(timeZoneOf(schedule.time_zone));
      }
      shifts.push({
        person: personOf(
          'pagerduty',
          {
            id: requiredText(user.id, 'the id of a user'),
            email: textOf(user.email),
            name: textOf(user.name) ?? textOf(user.summary),
          },
          names,
        ),
        level,
        // Somebody who is on call without a schedule has neither start nor end.
        from: entry.start
          ? instantOf(entry.start, 'the start of an on-call')
          : -Infinity,
        to: entry.end
          ? instantOf(entry.end, 'the end of an on-call')
          : Infinity,
      });
    }
    return {
      title: target.title,
      timeZone: 'timeZone' in target ? target.timeZone : zones[0] ?? 'Etc/UTC',
      levels: target.levels,
      shifts,
      names,
    };
  }

  /** What to ask the on-calls of. */
  async #target(key: {
    kind: string;
    value: string;
  }): Promise<Target | undefined> {
    switch (key.kind) {
      case 'schedule': {
        const answer = await this.client.ask({
          path: ['schedules', key.value],
        });
        if (answer === undefined) {
          return undefined;
        }
        const schedule = objectOf(
          objectOf(answer, 'the answer').schedule,
          'the schedule',
        );
        return {
          schedule: requiredText(schedule.id, 'the id of the schedule'),
          title: textOf(schedule.name) ?? key.value,
          timeZone: timeZoneOf(schedule.time_zone),
          levels: [{ level: 1 }],
        };
      }
      case 'policy': {
        const answer = await this.client.ask({
          path: ['escalation_policies', key.value],
        });
        return answer === undefined
          ? undefined
          : policyOf(objectOf(answer, 'the answer').escalation_policy);
      }
      case 'service': {
        const answer = await this.client.ask({
          path: ['services', key.value],
          query: { 'include[]': 'escalation_policies' },
        });
        return answer === undefined
          ? undefined
          : serviceOf(objectOf(answer, 'the answer').service);
      }
      default: {
        const query = this.keys.get(key.value);
        if (query === undefined) {
          return undefined;
        }
        const answer = await this.client.demand({
          path: ['services'],
          query: {
            query,
            'include[]': ['integrations', 'escalation_policies'],
          },
        });
        const services = listOf(
          objectOf(answer, 'the answer').services,
          'the services',
        ).filter(item =>
          listOf(
            objectOf(item, 'a service').integrations ?? [],
            'the integrations of a service',
          ).some(
            part => objectOf(part, 'an integration').integration_key === query,
          ),
        );
        return services.length === 0 ? undefined : serviceOf(services[0]);
      }
    }
  }

  /** Every page of the on-calls. */
  async #all(query: Record<string, string>): Promise<unknown[]> {
    const found: unknown[] = [];
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer = objectOf(
        await this.client.demand({
          path: ['oncalls'],
          query: {
            ...query,
            time_zone: 'UTC',
            'include[]': ['users', 'schedules'],
            limit: String(PAGE),
            offset: String(page * PAGE),
          },
        }),
        'the answer',
      );
      found.push(...listOf(answer.oncalls, 'the list of oncalls'));
      if (answer.more !== true) {
        return found;
      }
    }
    throw new ServiceUnavailableError(
      `it has more than ${MOST_PAGES * PAGE} on-calls for this schedule`,
    );
  }
}

function serviceOf(value: unknown): Target {
  const service = objectOf(value, 'the service');
  return policyOf(
    service.escalation_policy,
    textOf(service.name) ?? textOf(service.summary),
  );
}

/** The levels of an escalation policy; those without anybody on call stay as gaps. */
function policyOf(value: unknown, title?: string): Target {
  const policy = objectOf(value, 'the escalation policy');
  return {
    policy: requiredText(policy.id, 'the id of the escalation policy'),
    title:
      title ??
      textOf(policy.name) ??
      requiredText(policy.summary, 'the name of the escalation policy'),
    levels: listOf(
      policy.escalation_rules,
      'the rules of the escalation policy',
    ).map((_, index) => ({ level: index + 1 })),
  };
}

/**
 * PagerDuty as a provider: the escalation policy of the service an entity names, or a policy or schedule it names. Undefined when
 * `oncall.pagerduty.accounts` is empty.
 */
export function createPagerDutyProvider(
  config: Config,
): OnCallProvider | undefined {
  // Integration keys are credentials: only their hashes are in what the portal tells and logs.
  const keys = new Map<string, string>();
  return ReadingProvider.fromConfig(config, {
    id: 'pagerduty',
    title: 'PagerDuty',
    annotations: [
      { name: 'pagerduty.com/schedule-id', kind: 'schedule' },
      { name: 'pagerduty.com/escalation-policy-id', kind: 'policy' },
      { name: 'pagerduty.com/service-id', kind: 'service' },
      {
        name: 'pagerduty.com/integration-key',
        kind: 'integration',
        hide: key => {
          const hash = createHash('sha256')
            .update(key)
            .digest('hex')
            .slice(0, 16);
          if (keys.size < MOST_KEYS) {
            keys.set(hash, key);
          }
          return hash;
        },
      },
    ],
    accountAnnotation: 'pagerduty.com/account',
    reader: account => PagerDutyReader.create(account, keys),
    actor: account => PagerDutyActor.create(account, keys),
    webhook: pagerDutyWebhook,
    identify: accounts => {
      const addresses = new PagerDutyPeople(accounts);
      return (account, people) => addresses.identify(account, people);
    },
  });
}
