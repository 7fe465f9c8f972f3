import type { Entity } from '@backstage/catalog-model';
import {
  fullRef,
  ON_CALL_SCHEDULE_ANNOTATION,
  OWNERSHIP_FINDING_CODES,
  peopleNamed,
  type CoverageAnswer,
  type EverybodyNow,
  type OnCallSchedule,
  type OwnershipFinding,
  type OwnershipFindingCode,
} from '@pavedroad/plugin-oncall-common';

import {
  contactFor,
  type CatalogSnapshot,
  type DirectoryEntity,
} from '../catalog/CatalogSnapshot';
import { groupAndAbove } from './groups';

/*
 * What about ownership wants mending, and where. Pure: the catalog, who is on call, and what is missing in the days to come are given.
 */

/** What findings are made of. */
export type OwnershipState = {
  snapshot: CatalogSnapshot;
  /** The schedules in force, by their refs. */
  schedules: ReadonlyMap<
    string,
    { title: string; ownerRef: string; schedule: OnCallSchedule }
  >;
  /** Who is on call now, with every service. */
  now: EverybodyNow;
  /** Gaps and double bookings in the days to come. */
  coverage: CoverageAnswer;
};

const OWNED_KINDS = ['System', 'Domain', 'API', 'Resource'];
const WARNINGS = new Set<OwnershipFindingCode>([
  'schedule-gap',
  'double-booking',
  'group-empty',
]);

/** Everything about ownership that wants mending: what is bad first, then by kind and title. */
export function ownershipFindings(state: OwnershipState): OwnershipFinding[] {
  const findings = [
    ...services(state),
    ...ownersOfOthers(state),
    ...groups(state),
    ...schedules(state),
    ...doubleBookings(state),
  ];
  return findings.sort(
    (a, b) =>
      // "bad" comes before "warning" in the alphabet as well.
      compare(a.severity, b.severity) ||
      OWNERSHIP_FINDING_CODES.indexOf(a.code) -
        OWNERSHIP_FINDING_CODES.indexOf(b.code) ||
      compare(a.title, b.title) ||
      compare(a.entityRef, b.entityRef) ||
      compare(a.message, b.message),
  );
}

/** How many findings there are of each kind, in their order. */
export function countFindings(
  findings: OwnershipFinding[],
): { code: OwnershipFindingCode; count: number }[] {
  return OWNERSHIP_FINDING_CODES.map(code => ({
    code,
    count: findings.filter(found => found.code === code).length,
  })).filter(({ count }) => count > 0);
}

/** The findings about a group, what it owns, and the groups below it. */
export function findingsOf(
  groupRef: string,
  findings: OwnershipFinding[],
  snapshot: Pick<CatalogSnapshot, 'entities'>,
): OwnershipFinding[] {
  return findings.filter(({ entityRef, ownerRef }) =>
    [entityRef, ownerRef].some(
      ref =>
        ref !== undefined && groupAndAbove(snapshot, ref).includes(groupRef),
    ),
  );
}

function finding(
  code: OwnershipFindingCode,
  about: { entityRef: string; title: string; ownerRef?: string },
  message: string,
  fix: OwnershipFinding['fix'],
): OwnershipFinding {
  return {
    code,
    severity: WARNINGS.has(code) ? 'warning' : 'bad',
    entityRef: about.entityRef,
    title: about.title,
    ...(about.ownerRef ? { ownerRef: about.ownerRef } : {}),
    message,
    fix,
  };
}

function services({ now, snapshot, schedules: known }: OwnershipState) {
  const found: OwnershipFinding[] = [];
  for (const service of now.services ?? []) {
    const { entityRef, title, ownerRef, coverage, reason } = service;
    const entity = snapshot.entities.get(entityRef);
    const about = { entityRef, title, ...(ownerRef ? { ownerRef } : {}) };
    // A gap is the schedule's, and is found there.
    if (coverage === 'none' && reason && isFindingCode(reason.code)) {
      found.push(
        finding(reason.code, about, reason.message, {
          text: reason.fix,
          url: fixUrl(reason.code, entity, ownerRef, snapshot),
        }),
      );
    }
    const named =
      entity?.entity.metadata.annotations?.[ON_CALL_SCHEDULE_ANNOTATION];
    if (entity && named !== undefined && coverage !== 'none') {
      const ref = fullRef(named, {
        kind: 'oncallschedule',
        namespace: entity.entity.metadata.namespace ?? 'default',
      });
      if (!ref || !known.has(ref)) {
        found.push({
          ...finding(
            'no-schedule',
            about,
            `${title} names the schedule ${named}, which does not exist; another one answers`,
            {
              text: `Correct the annotation ${ON_CALL_SCHEDULE_ANNOTATION}`,
              url: editUrl(entity.entity),
            },
          ),
          severity: 'warning',
        });
      }
    }
  }
  return found;
}

function isFindingCode(code: string): code is OwnershipFindingCode {
  return OWNERSHIP_FINDING_CODES.some(known => known === code);
}

function fixUrl(
  code: OwnershipFindingCode,
  entity: DirectoryEntity | undefined,
  ownerRef: string | undefined,
  snapshot: CatalogSnapshot,
): string | undefined {
  const owner =
    ownerRef === undefined ? undefined : snapshot.entities.get(ownerRef);
  switch (code) {
    case 'no-schedule':
      return newScheduleUrl(ownerRef ?? '');
    case 'ambiguous':
      return editUrl((owner ?? entity)?.entity);
    default:
      return editUrl(entity?.entity);
  }
}

/** Systems, APIs and the like answer to nobody when their owner does not exist. */
function ownersOfOthers({ snapshot }: OwnershipState): OwnershipFinding[] {
  return [...snapshot.entities.values()]
    .filter(({ entity }) => OWNED_KINDS.includes(entity.kind))
    .flatMap(entity => {
      const about = { ...entity, entityRef: entity.ref };
      const url = editUrl(entity.entity);
      if (entity.ownerRef === undefined) {
        return [
          finding('no-owner', about, `${entity.title} has no owner`, {
            text: `Set spec.owner of ${entity.ref} to a group`,
            url,
          }),
        ];
      }
      return snapshot.entities.has(entity.ownerRef)
        ? []
        : [
            finding(
              'owner-unknown',
              about,
              `${entity.title} is owned by ${entity.ownerRef}, which the catalog does not have`,
              { text: 'Correct spec.owner, or register the group', url },
            ),
          ];
    });
}

function groups(state: OwnershipState): OwnershipFinding[] {
  const { snapshot, schedules: known, now } = state;
  const all = [...snapshot.entities.values()].filter(
    ({ entity }) => entity.kind === 'Group',
  );
  const peopled = new Set<string>();
  for (const ref of snapshot.members.keys()) {
    groupAndAbove(snapshot, ref).forEach(group => peopled.add(group));
  }
  const responsible = new Set([
    ...[...known.values()].map(({ ownerRef }) => ownerRef),
    ...(now.services ?? []).map(({ ownerRef }) => ownerRef),
  ]);
  return all.flatMap(group => {
    const about = { entityRef: group.ref, title: group.title };
    const url = editUrl(group.entity);
    const found: OwnershipFinding[] = [];
    if (
      group.parentRef !== undefined &&
      !snapshot.entities.has(group.parentRef)
    ) {
      found.push(
        finding(
          'owner-unknown',
          about,
          `The parent of ${group.title} is ${group.parentRef}, which the catalog does not have`,
          { text: 'Correct spec.parent, or register the group', url },
        ),
      );
    }
    if (responsible.has(group.ref) && !peopled.has(group.ref)) {
      found.push(
        finding(
          'group-empty',
          about,
          `${group.title} owns services or schedules, and nobody belongs to it or to a group below it`,
          { text: `Add members to ${group.ref}`, url },
        ),
      );
    }
    return found;
  });
}

function schedules(state: OwnershipState): OwnershipFinding[] {
  const { snapshot, schedules: known, now, coverage } = state;
  const found: OwnershipFinding[] = [];
  for (const { scheduleRef, problem } of snapshot.invalid) {
    const version = known.get(scheduleRef);
    const about = {
      entityRef: scheduleRef,
      title: version?.title ?? scheduleRef,
      ...(version ? { ownerRef: version.ownerRef } : {}),
    };
    found.push(
      finding(
        'schedule-invalid',
        about,
        version
          ? `${about.title} cannot be read, so its last good version answers: ${problem}`
          : `${about.title} cannot be read: ${problem}`,
        {
          text: 'Correct the schedule where it is kept',
          url: editUrl(snapshot.scheduleEntities.get(scheduleRef)),
        },
      ),
    );
  }
  const nowOn = new Map(now.schedules.map(s => [s.schedule.ref, s]));
  for (const report of coverage.schedules) {
    const { scheduleRef, title, gaps, problem } = report;
    const schedule = known.get(scheduleRef);
    if (!schedule) {
      // Taken up between the two readings; the next answer has it.
      continue;
    }
    const about = {
      entityRef: scheduleRef,
      title,
      ownerRef: schedule.ownerRef,
    };
    const url = editUrl(snapshot.scheduleEntities.get(scheduleRef));
    const timeline = `/on-call/timeline?schedule=${encodeURIComponent(
      scheduleRef,
    )}`;
    if (!snapshot.entities.has(schedule.ownerRef)) {
      found.push(
        finding(
          'owner-unknown',
          about,
          `${title} is owned by ${schedule.ownerRef}, which the catalog does not have, so that nobody may change it`,
          { text: 'Correct spec.owner, or register the group', url },
        ),
      );
    }
    if (problem !== undefined) {
      found.push(
        finding('schedule-invalid', about, `${title}: ${problem}`, {
          text: 'Correct the schedule where it is kept',
          url,
        }),
      );
      continue;
    }
    const reason = nowOn.get(scheduleRef)?.reason;
    if (reason?.code === 'nobody') {
      found.push(
        finding('nobody', about, reason.message, {
          text: reason.fix,
          url: timeline,
        }),
      );
    }
    // Of a gap that lasts all the time its being there says more than its length.
    if (gaps.length > 0 && reason?.code !== 'nobody') {
      const levels = [...new Set(gaps.map(gap => gap.level))].sort();
      found.push(
        finding(
          'schedule-gap',
          about,
          `${title} has nobody on level ${levels.join(' and ')} at ${
            gaps.length === 1 ? 'a time' : `${gaps.length} times`
          } until ${coverage.to.slice(0, 10)}, first at ${clockOf(
            gaps[0].from,
          )}`,
          {
            text: 'Fill it by an override, or close it in the schedule',
            url: timeline,
          },
        ),
      );
    }
    const strangers = [
      ...peopleNamed(
        // Whom a nested schedule names is found there.
        { ...schedule.schedule, overrides: [] },
        () => undefined,
      ),
    ].filter(ref => !snapshot.contacts.has(ref));
    if (strangers.length > 0) {
      found.push(
        finding(
          'person-unknown',
          about,
          `${title} names ${strangers
            .sort()
            .join(' and ')}, whom the catalog does not have`,
          { text: 'Take them out of the schedule, or register them', url },
        ),
      );
    }
    const inCalendars = [
      ...new Set(
        nowOn
          .get(scheduleRef)
          ?.schedule.calendars?.flatMap(calendar => calendar.unknown),
      ),
    ];
    if (inCalendars.length > 0) {
      found.push(
        finding(
          'person-unknown',
          about,
          `A calendar that ${title} follows names ${inCalendars.join(
            ' and ',
          )}, whom the catalog does not have; those times are gaps`,
          {
            text: 'Write them in the calendar by the address or name that the catalog has, or register them',
            url,
          },
        ),
      );
    }
  }
  return found;
}

/** The clock of an instant where it was told, and how far that is from UTC: "2026-11-24 06:00 (UTC+01:00)". */
function clockOf(instant: string): string {
  const [, offset] = /([+-]\d\d:\d\d)$/.exec(instant) ?? [];
  return `${instant.slice(0, 16).replace('T', ' ')} (UTC${
    offset && offset !== '+00:00' ? offset : ''
  })`;
}

function doubleBookings({
  coverage,
  schedules: known,
  snapshot,
}: OwnershipState): OwnershipFinding[] {
  const reports = new Map(
    coverage.schedules.map(report => [report.scheduleRef, report]),
  );
  const within = coverage.schedules.flatMap(report =>
    report.doubleBookings.map(booking => ({
      person: booking.person,
      refs: [report.scheduleRef],
      where: `levels ${booking.levels.join(' and ')} of ${report.title}`,
      from: booking.from,
    })),
  );
  const across = coverage.doubleBookings.map(booking => ({
    person: booking.person,
    refs: booking.schedules,
    where: booking.schedules
      .map(ref => reports.get(ref)?.title ?? known.get(ref)?.title ?? ref)
      .join(' and '),
    from: booking.from,
  }));
  // One finding for a person in the same places, however often.
  const places = new Map<string, (typeof within)[number] & { times: number }>();
  for (const booking of [...within, ...across]) {
    const key = JSON.stringify([booking.person, booking.where]);
    const place = places.get(key);
    if (place) {
      place.times += 1;
    } else {
      places.set(key, { ...booking, times: 1 });
    }
  }
  return [...places.values()].map(({ person, refs, where, from, times }) => {
    // A provider's schedule is no entity: the finding is about what names it.
    const own = refs.filter(ref => known.has(ref));
    const [entityRef = refs[0]] = [
      ...own,
      ...refs.flatMap(ref => reports.get(ref)?.entityRefs ?? []),
    ];
    const entity = snapshot.entities.get(entityRef);
    const schedule = known.get(entityRef);
    const ownerRef = schedule?.ownerRef ?? entity?.ownerRef;
    const name = contactFor(snapshot, person).displayName;
    const found = finding(
      'double-booking',
      {
        entityRef,
        title: schedule?.title ?? entity?.title ?? entityRef,
        ...(ownerRef ? { ownerRef } : {}),
      },
      `${name} is on call on ${where} at once, ${
        times === 1 ? '' : `${times} times, first `
      }from ${clockOf(from)}`,
      {
        text: 'Give one of the shifts to somebody else',
        url:
          own.length > 0
            ? `/on-call/timeline?${own
                .map(ref => `schedule=${encodeURIComponent(ref)}`)
                .join('&')}`
            : editUrl(entity?.entity),
      },
    );
    // Who may see the names of one of the schedules only is not told who is on call on the others.
    return refs.length > 1 ? { ...found, scheduleRefs: refs } : found;
  });
}

/** The form that makes a schedule for a group. */
function newScheduleUrl(ownerRef: string): string {
  return `/on-call/schedules/new${
    ownerRef ? `?owner=${encodeURIComponent(ownerRef)}` : ''
  }`;
}

/** Where an entity is edited: where it says itself, the file it comes from, or else its page in the catalog. */
export function editUrl(entity: Entity | undefined): string | undefined {
  if (!entity) {
    return undefined;
  }
  const { annotations = {}, name, namespace = 'default' } = entity.metadata;
  const location =
    annotations['backstage.io/managed-by-location'] ??
    annotations['backstage.io/managed-by-origin-location'];
  const url =
    annotations['backstage.io/edit-url'] ?? location?.replace(/^url:/, '');
  return url && /^https?:\/\//i.test(url)
    ? url
    : `/catalog/${namespace}/${entity.kind.toLocaleLowerCase('en-US')}/${name}`;
}

function compare(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
