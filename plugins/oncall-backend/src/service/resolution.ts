import type { Entity } from '@backstage/catalog-model';
import {
  fullRef,
  ON_CALL_SCHEDULE_ANNOTATION,
  type CoverageReason,
  type TrailStep,
} from '@pavedroad/plugin-oncall-common';

import {
  describeEntity,
  type CatalogSnapshot,
  type DirectoryEntity,
} from '../catalog/CatalogSnapshot';

/** Annotations in use in the field, so that one whose provider is not set up is named rather than passed over in silence. */
const PROVIDER_ANNOTATIONS: Record<string, string> = {
  'pagerduty.com/escalation-policy-id': 'PagerDuty',
  'pagerduty.com/integration-key': 'PagerDuty',
  'pagerduty.com/schedule-id': 'PagerDuty',
  'pagerduty.com/service-id': 'PagerDuty',
  'opsgenie.com/component-selector': 'Opsgenie',
  'opsgenie.com/schedule': 'Opsgenie',
  'opsgenie.com/team': 'Opsgenie',
  'goalert.me/escalation-policy-id': 'GoAlert',
  'goalert.me/schedule-id': 'GoAlert',
  'goalert.me/service-id': 'GoAlert',
  'grafana.com/on-call-escalation-chain': 'Grafana IRM',
  'grafana.com/on-call-schedule': 'Grafana IRM',
  'splunk.com/on-call-team': 'Splunk On-Call',
  'ilert.com/integration-key': 'ilert',
  'firehydrant.com/service-name': 'FireHydrant',
};

/** A provider as the search sees it. */
export type ProviderMatcher = {
  id: string;
  title: string;
  match(entity: Entity): { scheduleId: string; annotation: string } | undefined;
};

/** What the search looks in. */
export type SearchSpace = {
  snapshot: Pick<CatalogSnapshot, 'entities'>;
  /** Whether a schedule of that ref exists. */
  hasSchedule(ref: string): boolean;
  /** The refs of a group's own schedules, sorted. */
  schedulesOf(groupRef: string): string[];
  providers: ProviderMatcher[];
};

/** Where the search ended. */
export type Resolution = {
  trail: TrailStep[];
  found?:
    | { provider: 'native'; scheduleRef: string }
    | { provider: string; scheduleId: string };
  /** Why nothing was found. */
  reason?: CoverageReason;
};

/**
 * Finds the schedule that answers for an entity: its own annotation, a provider's annotation, the owner group's schedule, then the parent
 * groups upward. Pure.
 */
export function resolveSchedule(
  entity: Entity,
  space: SearchSpace,
): Resolution {
  const trail: TrailStep[] = [];
  const self = describeEntity(entity);
  if (entity.kind === 'OnCallSchedule') {
    const exists = space.hasSchedule(self.ref);
    trail.push({
      step: 'schedule',
      entityRef: self.ref,
      outcome: exists ? 'found' : 'missing',
      message: exists
        ? 'This is the schedule itself'
        : 'The portal has not taken this schedule up yet',
      scheduleRef: self.ref,
    });
    return exists
      ? { trail, found: { provider: 'native', scheduleRef: self.ref } }
      : { trail, reason: none('no-schedule', self) };
  }
  const annotated = byAnnotation(self, space, trail);
  if (annotated) {
    return { trail, found: annotated };
  }
  const provided = byProvider(self, space, trail);
  if (provided) {
    return { trail, found: provided };
  }
  return byGroups(self, space, trail);
}

function byAnnotation(
  { entity, ref }: DirectoryEntity,
  space: SearchSpace,
  trail: TrailStep[],
): Resolution['found'] {
  const value = entity.metadata.annotations?.[ON_CALL_SCHEDULE_ANNOTATION];
  const step = { step: 'annotation' as const, entityRef: ref };
  if (value === undefined) {
    trail.push({
      ...step,
      outcome: 'nothing',
      message: `No annotation ${ON_CALL_SCHEDULE_ANNOTATION}`,
    });
    return undefined;
  }
  const scheduleRef = fullRef(value, {
    kind: 'oncallschedule',
    namespace: entity.metadata.namespace ?? 'default',
  });
  if (
    !scheduleRef?.startsWith('oncallschedule:') ||
    !space.hasSchedule(scheduleRef)
  ) {
    trail.push({
      ...step,
      outcome: 'missing',
      message: `The annotation names ${JSON.stringify(
        value,
      )}, and there is no such schedule`,
    });
    return undefined;
  }
  trail.push({
    ...step,
    outcome: 'found',
    message: `The annotation names ${value}`,
    scheduleRef,
  });
  return { provider: 'native', scheduleRef };
}

function byProvider(
  { entity, ref }: DirectoryEntity,
  space: SearchSpace,
  trail: TrailStep[],
): Resolution['found'] {
  const step = { step: 'provider' as const, entityRef: ref };
  for (const provider of space.providers) {
    const match = provider.match(entity);
    if (match) {
      trail.push({
        ...step,
        outcome: 'found',
        message: `${match.annotation} names a schedule of ${provider.title}`,
      });
      return { provider: provider.id, scheduleId: match.scheduleId };
    }
  }
  const unused = Object.keys(entity.metadata.annotations ?? {}).find(
    name => PROVIDER_ANNOTATIONS[name],
  );
  trail.push({
    ...step,
    outcome: unused ? 'missing' : 'nothing',
    message: unused
      ? `${unused} is set, but ${PROVIDER_ANNOTATIONS[unused]} is not set up in this portal`
      : 'No annotation of an on-call provider',
  });
  return undefined;
}

function byGroups(
  self: DirectoryEntity,
  space: SearchSpace,
  trail: TrailStep[],
): Resolution {
  const isGroup = self.entity.kind === 'Group';
  const first = isGroup ? self.ref : self.ownerRef;
  if (!first) {
    trail.push({
      step: 'owner',
      entityRef: self.ref,
      outcome: 'missing',
      message: 'It has no owner',
    });
    return { trail, reason: none('no-owner', self) };
  }
  if (!first.startsWith('group:')) {
    trail.push({
      step: 'owner',
      entityRef: first,
      outcome: 'missing',
      message: 'The owner is not a group, and only groups have schedules',
    });
    return { trail, reason: none('owner-not-group', self, first) };
  }
  const seen = new Set<string>();
  let groupRef: string | undefined = first;
  let step: 'owner' | 'parent' = 'owner';
  while (groupRef && !seen.has(groupRef)) {
    seen.add(groupRef);
    const group: DirectoryEntity | undefined =
      isGroup && groupRef === self.ref
        ? self
        : space.snapshot.entities.get(groupRef);
    if (!group) {
      trail.push({
        step,
        entityRef: groupRef,
        outcome: 'missing',
        message: 'The catalog has no such group',
      });
      return { trail, reason: none('owner-unknown', self, groupRef) };
    }
    // An entity that is a group has had its annotation looked at already.
    const named =
      group === self ? undefined : ownAnnotation(group, space, step, trail);
    if (named) {
      return { trail, found: { provider: 'native', scheduleRef: named } };
    }
    const schedules = space.schedulesOf(groupRef);
    if (schedules.length === 1) {
      trail.push({
        step,
        entityRef: groupRef,
        outcome: 'found',
        message: `${group.title} has this schedule`,
        scheduleRef: schedules[0],
      });
      return {
        trail,
        found: { provider: 'native', scheduleRef: schedules[0] },
      };
    }
    if (schedules.length > 1) {
      trail.push({
        step,
        entityRef: groupRef,
        outcome: 'ambiguous',
        message: `${group.title} has ${schedules.length} schedules (${schedules
          .map(shortName)
          .join(', ')}) and names none of them`,
      });
      return { trail, reason: none('ambiguous', group) };
    }
    trail.push({
      step,
      entityRef: groupRef,
      outcome: 'nothing',
      message: `${group.title} has no schedule`,
    });
    groupRef = group.parentRef;
    step = 'parent';
  }
  const owner = isGroup ? self : space.snapshot.entities.get(first);
  return {
    trail,
    reason: none('no-schedule', self, first, owner?.title ?? first),
  };
}

function ownAnnotation(
  group: DirectoryEntity,
  space: SearchSpace,
  step: 'owner' | 'parent',
  trail: TrailStep[],
): string | undefined {
  const steps: TrailStep[] = [];
  const found = byAnnotation(group, space, steps);
  const [result] = steps;
  if (result.outcome !== 'nothing') {
    trail.push({ ...result, step });
  }
  return found && 'scheduleRef' in found ? found.scheduleRef : undefined;
}

function none(
  code: CoverageReason['code'],
  about: DirectoryEntity,
  other?: string,
  /** Its title, where it has one. */
  otherTitle: string | undefined = other,
): CoverageReason {
  const named = `${about.entity.kind.toLocaleLowerCase('en-US')} ${
    about.title
  }`;
  switch (code) {
    case 'ambiguous':
      return {
        code,
        message: `${about.title} has several schedules and does not say which one answers`,
        fix: `Set the annotation ${ON_CALL_SCHEDULE_ANNOTATION} on ${about.ref} to one of them`,
      };
    case 'no-owner':
      return {
        code,
        message: `The ${named} has no owner`,
        fix: `Set spec.owner of ${about.ref} to a group`,
      };
    case 'owner-not-group':
      return {
        code,
        message: `The ${named} is owned by ${other}, who is not a group`,
        fix: `Set spec.owner of ${about.ref} to a group, or name a schedule with ${ON_CALL_SCHEDULE_ANNOTATION}`,
      };
    case 'owner-unknown':
      return {
        code,
        message: `The catalog has no ${other}`,
        fix: `Register the group, or correct who refers to it`,
      };
    default:
      return {
        code: 'no-schedule',
        message: `Neither ${
          otherTitle ?? about.title
        } nor a group above it has an on-call schedule`,
        fix: `Add an OnCallSchedule owned by ${
          other ?? about.ref
        }, or name one with ${ON_CALL_SCHEDULE_ANNOTATION}`,
      };
  }
}

function shortName(ref: string): string {
  return ref.replace(/^oncallschedule:(default\/)?/, '');
}
