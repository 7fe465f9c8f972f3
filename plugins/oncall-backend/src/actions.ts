import type { AuditorService } from '@backstage/backend-plugin-api';
import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { NotAllowedError } from '@backstage/errors';
import {
  MAX_CHANGE_OVERRIDES,
  oncallOverrideCreatePermission,
  oncallScheduleReadPermission,
  type ChangeConflict,
  type OnCallContact,
  type OnCallNowLevel,
} from '@pavedroad/plugin-oncall-common';

import type { NamePrivacy } from './privacy/NamePrivacy';
import type { Authorizer, Caller } from './router/Authorizer';
import {
  readChange,
  readEntityRefParam,
  readInstantParam,
} from './router/requests';
import { settled } from './router/audit';
import { authorOfChange } from './router/changeRoutes';
import {
  ChangeConflictsError,
  type ChangeService,
} from './service/ChangeService';
import type { OnCallService } from './service/OnCallService';

const DAY = 86_400_000;

/** What agents can ask for. Each action checks the caller's own permission, as the routes do. */
export function registerActions(
  registry: ActionsRegistryService,
  options: {
    authorizer: Authorizer;
    service: OnCallService;
    changes: ChangeService;
    auditor: AuditorService;
    privacy: NamePrivacy;
    clock: () => number;
  },
): void {
  const { authorizer, service, changes, auditor, privacy, clock } = options;
  /** An answer as the caller may see it. */
  const seenBy = async <T>(caller: Caller, answer: T): Promise<T> =>
    (caller.isUser ? await privacy.viewOf(caller) : undefined)?.filter(
      answer,
    ) ?? answer;
  const attributes = { readOnly: true, idempotent: true, destructive: false };

  registry.register({
    name: 'who-is-on-call',
    title: 'Who is on call',
    description:
      'Says who is on call for a component, system, group or other entity of the catalog, now or at another time, on every escalation level, until when, and who comes next. When nobody is, it says why and how to mend it. Without an entity it answers for every schedule.',
    attributes,
    visibilityPermission: oncallScheduleReadPermission,
    schema: {
      input: z =>
        z.object({
          entityRef: z
            .string()
            .optional()
            .describe('Entity ref with kind, such as component:default/ledger'),
          at: z
            .string()
            .optional()
            .describe('ISO 8601 instant with an offset; now when left out'),
        }),
      output: z => {
        const person = z.object({
          ref: z.string(),
          name: z.string(),
          email: z.string().optional(),
        });
        return z.object({
          at: z.string(),
          schedules: z.array(
            z.object({
              schedule: z.string().optional(),
              title: z.string().optional(),
              timeZone: z.string().optional(),
              coverage: z.enum(['full', 'gap', 'none']),
              reason: z.string().optional(),
              fix: z.string().optional(),
              levels: z.array(
                z.object({
                  level: z.number(),
                  name: z.string(),
                  people: z.array(person),
                  until: z.string().optional(),
                  nextFrom: z.string().optional(),
                  next: z.array(person).optional(),
                }),
              ),
            }),
          ),
          trail: z
            .array(z.string())
            .optional()
            .describe('How the schedule of the entity was found'),
        });
      },
    },
    action: async ({ input, credentials }) => {
      const caller = await authorizer.requireOf(
        credentials,
        oncallScheduleReadPermission,
      );
      const at =
        input.at === undefined ? clock() : readInstantParam(input.at, 'at');
      if (input.entityRef === undefined) {
        const everybody = await seenBy(
          caller,
          await service.everybodyNow(at, caller, false),
        );
        return {
          output: {
            at: everybody.at,
            schedules: everybody.schedules.map(toOutput),
          },
        };
      }
      const answer = await seenBy(
        caller,
        await service.entityNow(readEntityRefParam(input.entityRef), at),
      );
      return {
        output: {
          at: answer.at,
          schedules: [toOutput(answer)],
          trail: answer.trail.map(s => `${s.entityRef}: ${s.message}`),
        },
      };
    },
  });

  registry.register({
    name: 'my-on-call-shifts',
    title: 'My on-call shifts',
    description:
      'Lists the on-call shifts of the user who asks, on all schedules of the portal, from now on.',
    attributes,
    visibilityPermission: oncallScheduleReadPermission,
    schema: {
      input: z =>
        z.object({
          days: z
            .number()
            .int()
            .min(1)
            .max(92)
            .optional()
            .describe('How many days to look ahead; 30 when left out'),
        }),
      output: z =>
        z.object({
          shifts: z.array(
            z.object({
              schedule: z.string(),
              title: z.string(),
              level: z.number(),
              from: z.string(),
              to: z.string(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const caller = await authorizer.requireOf(
        credentials,
        oncallScheduleReadPermission,
      );
      if (!caller.isUser) {
        throw new NotAllowedError('Only users have shifts');
      }
      const from = clock();
      const shifts = await service.shiftsOf(caller.name, {
        from,
        to: from + (input.days ?? 30) * DAY,
      });
      return {
        output: {
          shifts: shifts.map(shift => ({
            schedule: shift.schedule.ref,
            title: shift.schedule.title,
            level: shift.level,
            from: shift.from,
            to: shift.to,
          })),
        },
      };
    },
  });

  registry.register({
    name: 'next-on-call-handoff',
    title: 'Next on-call handoff',
    description:
      'Says when who is on call for a component, system, group, schedule or other entity changes next, on which escalation level, and from whom to whom.',
    attributes,
    visibilityPermission: oncallScheduleReadPermission,
    schema: {
      input: z =>
        z.object({
          entityRef: z
            .string()
            .describe(
              'Entity ref with kind, such as component:default/ledger or oncallschedule:default/payments',
            ),
          at: z
            .string()
            .optional()
            .describe(
              'The handoff after this ISO 8601 instant; now when left out',
            ),
        }),
      output: z => {
        const person = z.object({
          ref: z.string(),
          name: z.string(),
          email: z.string().optional(),
        });
        return z.object({
          schedule: z.string().optional(),
          title: z.string().optional(),
          reason: z
            .string()
            .optional()
            .describe('Why there is no schedule, or nobody on call now'),
          handoff: z
            .object({
              at: z.string(),
              level: z.number(),
              from: z.array(person),
              to: z.array(person),
            })
            .optional()
            .describe('Absent when no change is in sight'),
        });
      },
    },
    action: async ({ input, credentials }) => {
      const caller = await authorizer.requireOf(
        credentials,
        oncallScheduleReadPermission,
      );
      const answer = await seenBy(
        caller,
        await service.entityNow(
          readEntityRefParam(input.entityRef),
          input.at === undefined ? clock() : readInstantParam(input.at, 'at'),
        ),
      );
      const { next, schedule, reason } = answer;
      return {
        output: {
          ...(schedule
            ? { schedule: schedule.ref, title: schedule.title }
            : {}),
          ...(reason ? { reason: reason.message } : {}),
          ...(next
            ? {
                handoff: {
                  at: next.from,
                  level: next.level,
                  from: (
                    answer.levels.find(l => l.level === next.level)?.people ??
                    []
                  ).map(toPerson),
                  to: next.people.map(toPerson),
                },
              }
            : {}),
        },
      };
    },
  });

  registry.register({
    name: 'change-on-call',
    title: 'Change who is on call',
    description:
      'Takes or gives away a shift, swaps two, or covers a holiday: makes one or more overrides at once, on schedules whose group the user belongs to. With preview it only says what would happen. Conflicts that are warnings must be accepted by their codes after the user has agreed; those refused cannot be. Everybody affected is notified.',
    attributes: { readOnly: false, idempotent: false, destructive: true },
    visibilityPermission: oncallOverrideCreatePermission,
    schema: {
      input: z =>
        z.object({
          kind: z.enum([
            'override',
            'take-shift',
            'give-shift',
            'swap',
            'holiday-cover',
          ]),
          overrides: z
            .array(
              z.object({
                scheduleRef: z
                  .string()
                  .describe('Name or ref of an OnCallSchedule'),
                type: z.enum(['replace', 'add', 'remove']),
                person: z
                  .string()
                  .describe('User who is replaced, added or removed'),
                with: z
                  .string()
                  .optional()
                  .describe('User who stands in; only for replace'),
                from: z.string().describe('ISO 8601 instant with an offset'),
                to: z.string().describe('ISO 8601 instant, exclusive'),
                level: z
                  .number()
                  .optional()
                  .describe('Escalation level from 1; every level without'),
              }),
            )
            .describe(
              `From 1 to ${MAX_CHANGE_OVERRIDES}; all are made, or none`,
            ),
          reason: z.string().optional(),
          idempotencyKey: z
            .string()
            .optional()
            .describe(
              'A random UUID of your own: calling again with the same one and the same input, because an answer was lost, makes no second change',
            ),
          accepted: z
            .array(z.string())
            .optional()
            .describe('Codes of warnings that the user has agreed to'),
          preview: z
            .boolean()
            .optional()
            .describe('Only say what would happen; false when left out'),
        }),
      output: z =>
        z.object({
          made: z.boolean(),
          changeId: z.string().optional(),
          conflicts: z.array(
            z.object({
              code: z.string(),
              severity: z.enum(['refused', 'warning']),
              message: z.string(),
              from: z.string(),
              to: z.string(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const { preview, ...body } = input;
      const { accepted, idempotencyKey, ...wanted } = readChange(body, clock());
      const authorOf = (caller: Caller) =>
        authorOfChange(caller, { authorizer, privacy });
      const brief = (conflicts: ChangeConflict[]) =>
        conflicts.map(({ code, severity, message, from, to }) => ({
          code,
          severity,
          message,
          from,
          to,
        }));
      if (preview) {
        const caller = await authorizer.requireOf(
          credentials,
          oncallOverrideCreatePermission,
        );
        const { conflicts } = await seenBy(
          caller,
          await changes.preview(wanted, await authorOf(caller)),
        );
        return { output: { made: false, conflicts: brief(conflicts) } };
      }
      const event = await auditor.createEvent({
        eventId: 'change-make',
        severityLevel: 'medium',
        meta: { ...wanted, accepted, by: 'action' },
      });
      try {
        const made = await settled(event, async () => {
          const caller = await authorizer.requireOf(
            credentials,
            oncallOverrideCreatePermission,
          );
          return await changes.make(
            wanted,
            await authorOf(caller),
            accepted,
            idempotencyKey,
          );
        });
        return {
          output: { made: true, changeId: made.change.id, conflicts: [] },
        };
      } catch (error) {
        // What stands in the way is an answer: the user decides.
        if (error instanceof ChangeConflictsError) {
          return { output: { made: false, conflicts: brief(error.conflicts) } };
        }
        throw error;
      }
    },
  });
}

function toOutput(answer: {
  coverage: 'full' | 'gap' | 'none';
  reason?: { message: string; fix: string };
  schedule?: { ref: string; title: string; timeZone: string };
  levels: OnCallNowLevel[];
}) {
  const { coverage, reason, schedule, levels } = answer;
  return {
    ...(schedule
      ? {
          schedule: schedule.ref,
          title: schedule.title,
          timeZone: schedule.timeZone,
        }
      : {}),
    coverage,
    ...(reason ? { reason: reason.message, fix: reason.fix } : {}),
    levels: levels.map(level => ({
      level: level.level,
      name: level.name,
      people: level.people.map(toPerson),
      ...(level.until ? { until: level.until } : {}),
      ...(level.next
        ? {
            nextFrom: level.next.from,
            next: level.next.people.map(toPerson),
          }
        : {}),
    })),
  };
}

function toPerson({ ref, displayName, email }: OnCallContact) {
  return { ref, name: displayName, ...(email ? { email } : {}) };
}
