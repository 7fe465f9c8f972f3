import {
  ATTRIBUTION_METHODS,
  DeploymentAttribution,
} from '@pavedroad/plugin-dora-common';
import { METHOD_WORDS } from './notes';

/** Attributions of one cause, the one that counts first. */
export interface CauseGroup {
  cause: DeploymentAttribution['cause'];
  incident?: DeploymentAttribution['incident'];
  /** Absent when everything that was said about it has been taken back. */
  live?: DeploymentAttribution;
  /** Overruled or taken back, strongest first. */
  others: DeploymentAttribution[];
}

const keyOf = ({ cause }: DeploymentAttribution) => `${cause.kind} ${cause.id}`;

const blamesThis = ({ blames }: DeploymentAttribution) =>
  (blames ?? 'this') === 'this';

/** Strength, then a person before an event, then the latest, then id: as the definitions decide. */
export function byStrength(
  a: DeploymentAttribution,
  b: DeploymentAttribution,
): number {
  const strength = ({ method }: DeploymentAttribution) =>
    ATTRIBUTION_METHODS.indexOf(method);
  const person = ({ author }: DeploymentAttribution) =>
    author.kind === 'person' ? 0 : 1;
  return (
    strength(a) - strength(b) ||
    person(a) - person(b) ||
    Date.parse(b.recordedAt) - Date.parse(a.recordedAt) ||
    (a.id < b.id ? -1 : 1)
  );
}

/** One group per cause; those that count against this deployment first. */
export function groupByCause(
  attributions: readonly DeploymentAttribution[],
): CauseGroup[] {
  const groups = new Map<string, DeploymentAttribution[]>();
  for (const attribution of attributions) {
    const key = keyOf(attribution);
    groups.set(key, [...(groups.get(key) ?? []), attribution]);
  }
  const rank = ({ live }: CauseGroup) => {
    if (!live) {
      return 2;
    }
    return blamesThis(live) ? 0 : 1;
  };
  return [...groups.values()]
    .map(all => ({
      cause: all[0].cause,
      incident: all.find(({ incident }) => incident)?.incident,
      live: all.find(({ state }) => state === 'live'),
      others: all.filter(({ state }) => state !== 'live').sort(byStrength),
    }))
    .sort((a, b) => rank(a) - rank(b));
}

/** What would count for a cause without one of its attributions; `undefined`: nothing. */
export function liveWithout(
  attributions: readonly DeploymentAttribution[],
  taken: DeploymentAttribution,
): DeploymentAttribution | undefined {
  return attributions
    .filter(
      other =>
        keyOf(other) === keyOf(taken) &&
        other.id !== taken.id &&
        other.state !== 'withdrawn',
    )
    .sort(byStrength)[0];
}

/** Why an attribution does not count, in words. */
export function overruledBecause(
  overruled: DeploymentAttribution,
  live: DeploymentAttribution | undefined,
): string {
  if (!live) {
    return 'Does not count';
  }
  if (live.method !== overruled.method) {
    return `Overruled: “${METHOD_WORDS[live.method]}” is stronger than “${
      METHOD_WORDS[overruled.method]
    }”`;
  }
  return live.author.kind === 'person' && overruled.author.kind !== 'person'
    ? 'Overruled: what a person says goes before what an event says'
    : 'Overruled by what was said later';
}

/** Whom an attribution blames, in words. */
export function blameWords(attribution: DeploymentAttribution): string {
  switch (attribution.blames ?? 'this') {
    case 'this':
      return 'this deployment';
    case 'another':
      return 'another deployment';
    default:
      return 'no deployment';
  }
}

/** Whether a deployment counts as failed once `changed` holds for a cause instead of what holds now. */
function failsAfter(
  attributions: readonly DeploymentAttribution[],
  about: DeploymentAttribution['cause'],
  blamed: DeploymentAttribution['blames'] | undefined,
): boolean {
  return (
    blamed === 'this' ||
    attributions.some(
      other =>
        other.state === 'live' &&
        blamesThis(other) &&
        !(other.cause.kind === about.kind && other.cause.id === about.id),
    )
  );
}

function failureSentence(before: boolean, after: boolean): string {
  if (before === after) {
    return after
      ? 'This deployment still counts as failed.'
      : 'Whether this deployment counts as failed does not change.';
  }
  return after
    ? 'This deployment will count as failed.'
    : 'This deployment will no longer count as failed.';
}

const followers = (cause: DeploymentAttribution['cause']) =>
  cause.kind === 'rollback' || cause.kind === 'fix'
    ? [
        'Incidents that were open when it finished follow it, unless something stronger is known of them.',
      ]
    : [];

/** What taking an attribution back will do, before it is done. */
export function withdrawalEffects(
  attributions: readonly DeploymentAttribution[],
  taken: DeploymentAttribution,
): string[] {
  const back =
    taken.author.kind === 'person'
      ? []
      : [
          'It was worked out from events, and will not come back by itself. A person can still name the deployment.',
        ];
  if (taken.state !== 'live') {
    return [
      'It does not count today, so no number changes. It will not return when something stronger is taken back.',
      ...back,
    ];
  }
  const next = liveWithout(attributions, taken);
  const before = attributions.some(a => a.state === 'live' && blamesThis(a));
  return [
    next
      ? `What is known next counts again: “${
          METHOD_WORDS[next.method]
        }”, which puts it down to ${blameWords(next)}.`
      : 'Nothing else is known about the cause, so it will be put down to no deployment.',
    failureSentence(
      before,
      failsAfter(attributions, taken.cause, next?.blames),
    ),
    ...followers(taken.cause),
    ...back,
  ];
}

/** What saying that no deployment, or another one, is to blame for a cause will do. */
export function reassignmentEffects(
  attributions: readonly DeploymentAttribution[],
  cause: DeploymentAttribution['cause'],
  blamed: 'another' | 'none',
): string[] {
  const before = attributions.some(a => a.state === 'live' && blamesThis(a));
  return [
    blamed === 'none'
      ? 'It will be put down to no deployment, whatever events say.'
      : 'The chosen deployment will count as failed.',
    failureSentence(before, failsAfter(attributions, cause, blamed)),
    ...followers(cause),
    'Fail rate, recovery and rework of the days it touches are counted anew at once.',
  ];
}

/** What somebody is told who corrected something; not every correction shows at once, and what does not cannot be undone yet. */
export function correctionNotice<T>(
  pending: boolean | undefined,
  message: string,
  undo: T,
): { message: string; undo?: T } {
  return pending
    ? {
        message:
          'It is recorded. The portal is reading all events anew after an update: the numbers, and this page, show it when that is done.',
      }
    : { message, undo };
}
