import type { Config } from '@backstage/config';
import { ServiceUnavailableError } from '@backstage/errors';
import {
  instantOf,
  listOf,
  objectOf,
  personOf,
  ReadingProvider,
  requiredText,
  textOf,
  timeZoneOf,
  type OnCallProvider,
  type ReadShift,
  type ReadWindow,
  type ScheduleReader,
  type ScheduleReading,
} from '@pavedroad/plugin-oncall-node';

import { OpsgenieActor } from './OpsgenieActor';
import { productOf, type Product, type Recipient } from './products';
import { opsgenieWebhook } from './webhook';

const DAY = 86_400_000;

class OpsgenieReader implements ScheduleReader {
  constructor(private readonly product: Product) {}

  async read(
    key: { kind: string; value: string },
    window: ReadWindow,
  ): Promise<ScheduleReading | undefined> {
    return key.kind === 'team'
      ? await this.#team(key.value, window)
      : await this.#schedule(key.value, 1, window);
  }

  async #schedule(
    idOrName: string,
    level: number,
    window: ReadWindow,
  ): Promise<ScheduleReading | undefined> {
    const schedule = await this.product.schedule(idOrName);
    if (!schedule) {
      return undefined;
    }
    const names: Record<string, string> = {};
    const reading: ScheduleReading = {
      title: requiredText(schedule.name, 'the name of the schedule'),
      timeZone: timeZoneOf(schedule.timezone),
      levels: [{ level }],
      shifts: [],
      names,
    };
    if (schedule.enabled === false) {
      return reading;
    }
    const id = requiredText(schedule.id, 'the id of the schedule');
    const timeline = await this.product.timeline(
      id,
      window.from,
      Math.ceil((window.to - window.from) / DAY) + 1,
    );
    for (const period of periodsOf(timeline)) {
      for (const recipient of await this.#usersOf(id, period, window.from)) {
        reading.shifts.push({
          person: personOf(
            'opsgenie',
            await this.product.user(recipient),
            names,
          ),
          level,
          from: period.from,
          to: period.to,
        });
      }
    }
    return reading;
  }

  /** The users of a period. Who stands for a team or an escalation is known for the moment asked for only. */
  async #usersOf(
    scheduleId: string,
    period: Period,
    at: number,
  ): Promise<Recipient[]> {
    const users = period.recipients.filter(r => r.type === 'user');
    const others = period.recipients.filter(
      r => !['user', 'none', 'noone'].includes(r.type),
    );
    if (others.length === 0) {
      return users;
    }
    return period.from <= at && at < period.to
      ? await this.product.onCalls(scheduleId, at)
      : [...users, ...others];
  }

  /** The levels of a team are those of its escalation: one for each delay. */
  async #team(
    team: string,
    window: ReadWindow,
  ): Promise<ScheduleReading | undefined> {
    const found = await this.product.escalations(team);
    if (!found) {
      return undefined;
    }
    const escalations = found.escalations.map(item =>
      objectOf(item, 'an escalation'),
    );
    const own = escalations.filter(e => e.name === `${found.name}_escalation`);
    const chosen = escalations.length === 1 ? escalations : own;
    if (chosen.length !== 1) {
      throw new ServiceUnavailableError(
        `the team ${found.name} has ${escalations.length} escalations, and none of them is ${found.name}_escalation: name a schedule instead`,
      );
    }
    const steps = stepsOf(chosen[0]);
    const reading: ScheduleReading = {
      title: found.name,
      timeZone: 'Etc/UTC',
      levels: steps.map((_, index) => ({ level: index + 1 })),
      shifts: [],
      names: {},
    };
    let zoned = false;
    for (const [index, recipients] of steps.entries()) {
      for (const recipient of recipients) {
        const level = index + 1;
        if (recipient.type === 'schedule') {
          const part = await this.#schedule(recipient.id, level, window);
          reading.shifts.push(...(part?.shifts ?? []));
          Object.assign(reading.names!, part?.names);
          if (part && !zoned) {
            reading.timeZone = part.timeZone;
            zoned = true;
          }
        } else {
          reading.shifts.push(
            await this.#always(recipient, level, reading.names!),
          );
        }
      }
    }
    return reading;
  }

  async #always(
    recipient: Recipient,
    level: number,
    names: Record<string, string>,
  ): Promise<ReadShift> {
    const user =
      recipient.type === 'user'
        ? await this.product.user(recipient)
        : recipient;
    return {
      person: personOf('opsgenie', user, names),
      level,
      from: -Infinity,
      to: Infinity,
    };
  }
}

/**
 * Opsgenie and JSM Operations as a provider: the schedule an entity names, or the escalation of the team it names. Undefined when
 * `oncall.opsgenie.accounts` is empty.
 */
export function createOpsgenieProvider(
  config: Config,
): OnCallProvider | undefined {
  return ReadingProvider.fromConfig(config, {
    id: 'opsgenie',
    title: 'Opsgenie',
    annotations: [
      { name: 'opsgenie.com/schedule', kind: 'schedule' },
      { name: 'opsgenie.com/team', kind: 'team' },
    ],
    accountAnnotation: 'opsgenie.com/account',
    reader: account => new OpsgenieReader(productOf(account)),
    actor: OpsgenieActor.create,
    actingNeeds:
      'it needs `actionToken`, a token that may create and update alerts',
    webhook: opsgenieWebhook,
  });
}

type Period = ReadWindow & { recipients: Recipient[] };

/** What the rotations, overrides and forwardings of a timeline come to. Opsgenie says recipient where its successor says responder. */
function periodsOf(timeline: Record<string, unknown>): Period[] {
  const final = objectOf(timeline.finalTimeline, 'the final timeline');
  return listOf(final.rotations, 'the rotations')
    .map(item => objectOf(item, 'a rotation'))
    .filter(rotation => rotation.deleted !== true)
    .flatMap(rotation => listOf(rotation.periods ?? [], 'the periods'))
    .map(item => {
      const period = objectOf(item, 'a period');
      const flat = listOf(
        period.flattenedRecipients ?? period.flattenedResponders ?? [],
        'the recipients of a period',
      );
      const single = period.recipient ?? period.responder;
      const recipients = flat.length > 0 || !single ? flat : [single];
      return {
        from: instantOf(period.startDate, 'the start of a period'),
        to: instantOf(period.endDate, 'the end of a period'),
        recipients: recipients.map(recipientOf),
      };
    });
}

/** The recipients of an escalation's rules while nobody acknowledges, by their delays. */
function stepsOf(escalation: Record<string, unknown>): Recipient[][] {
  const steps = new Map<number, Recipient[]>();
  for (const item of listOf(escalation.rules, 'the rules of an escalation')) {
    const rule = objectOf(item, 'a rule');
    const amount =
      typeof rule.delay === 'number'
        ? rule.delay
        : minutesOf(objectOf(rule.delay, 'the delay of a rule'));
    if (
      (rule.condition ?? 'if-not-acked') === 'if-not-acked' &&
      (rule.notifyType ?? 'default') === 'default'
    ) {
      steps.set(amount, [
        ...(steps.get(amount) ?? []),
        recipientOf(rule.recipient ?? rule.responder),
      ]);
    }
  }
  return [...steps]
    .sort(([a], [b]) => a - b)
    .map(([, recipients]) => recipients);
}

function minutesOf(delay: Record<string, unknown>): number {
  const minutes: Record<string, number> = { minutes: 1, hours: 60, days: 1440 };
  const unit = minutes[textOf(delay.timeUnit) ?? 'minutes'] ?? 1;
  return Number(delay.timeAmount ?? 0) * unit;
}

function recipientOf(value: unknown): Recipient {
  const recipient = objectOf(value, 'a recipient');
  const name = textOf(recipient.name) ?? textOf(recipient.username);
  const type = requiredText(recipient.type, 'the type of a recipient');
  return {
    id: textOf(recipient.id) ?? name ?? type,
    type,
    ...(name === undefined ? {} : { name }),
  };
}
