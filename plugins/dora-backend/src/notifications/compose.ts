import { NotificationPayload } from '@backstage/plugin-notifications-common';
import {
  changeInWords,
  changesKnown,
  countInWords,
  deliveryViewPath,
  DeploymentFact,
  FailureAttribution,
  figureInWords,
  figureOf,
  IncidentFact,
  isLargerWorse,
  METRIC_NAMES_IN_WORDS,
  METRIC_ORDER,
  MetricName,
  Metrics,
  MetricsResponse,
} from '@pavedroad/plugin-dora-common';
import { DateTime } from 'luxon';
import { Judgement } from './judge';

/** Topics by which people mute; their names are shown in the settings of notifications. */
export const TOPICS = {
  weekly_digest: 'Weekly delivery digest',
  change_beyond_chance: 'Delivery changed beyond chance',
  failed_deployment: 'Failed deployment',
} as const;

const METHODS: Record<FailureAttribution['method'], string> = {
  explicit: 'it was named explicitly',
  rollback: 'a rollback took it back',
  revert_or_hotfix: 'a revert or hotfix repaired it',
  revision: 'the incident names its revision',
  time_proximity: 'the incident began soon after it',
};

/** Where a report stands: what it is about and since when. */
export interface ReportContext {
  /** Name of the scope for people. */
  scopeName: string;
  /** Local date the report is due on, `YYYY-MM-DD`. */
  date: string;
  /** Names the occasion: what is sent twice under one name is shown once. */
  occasion: string;
}

/**
 * The digest of a week in words: what changed for the worse first, then what changed for the better, then the rest.
 *
 * @returns undefined when there is nothing to tell: no data, or nothing deployed in the week and the weeks before
 */
export function composeDigest(
  response: MetricsResponse,
  { scopeName, date, occasion }: ReportContext,
): NotificationPayload | undefined {
  const { metrics, comparison } = response;
  const deployments =
    (metrics.deploymentFrequency.deployments ?? 0) +
    (comparison.metrics.deploymentFrequency.deployments ?? 0);
  if (deployments === 0) {
    return undefined;
  }
  const figures = METRIC_ORDER.map(name => figureLine(name, response)).sort(
    (a, b) => a.rank - b.rank || b.size - a.size,
  );
  const worse = figures.filter(({ rank }) => rank === 0);
  const better = figures.filter(({ rank }) => rank === 1);
  const news =
    [
      worse.length > 0 && `${listWords(worse)} got worse`,
      better.length > 0 && `${listWords(better)} got better`,
    ]
      .filter(Boolean)
      .join('; ') || 'nothing changed beyond chance';
  const monday = DateTime.fromISO(date).minus({ days: 7 });
  return {
    title: `${scopeName}, week of ${monday
      .setLocale('en-GB')
      .toFormat('d LLLL')}: ${news}`,
    description: [
      ...figures.map(({ line }) => line),
      `Weeks in ${response.window.timeZone} time, compared with the four weeks before, each figure at 95 %: one such comparison in twenty says changed by chance alone.`,
      ...(response.sampleData ? ['Sample data.'] : []),
    ].join('\n'),
    link: linkTo(response),
    severity: worse.length > 0 ? 'normal' : 'low',
    topic: TOPICS.weekly_digest,
    scope: occasion,
  };
}

interface FigureLine {
  name: MetricName;
  line: string;
  /** 0 worse, 1 better, 2 unchanged, 3 not to be compared, 4 without data. */
  rank: number;
  /** Of the change, for the order of those of one rank. */
  size: number;
}

function figureLine(name: MetricName, response: MetricsResponse): FigureLine {
  const { metrics, comparison } = response;
  const title = METRIC_NAMES_IN_WORDS[name];
  const verdict = comparison.verdicts[name];
  const figure = figureInWords(name, metrics);
  const change = changeInWords(name, response);
  const now = figureOf(name, metrics);
  const before = figureOf(name, comparison.metrics);
  if (
    verdict === 'changed' &&
    change !== undefined &&
    now !== undefined &&
    before !== undefined
  ) {
    const isWorse = now > before === isLargerWorse(name);
    return {
      name,
      line: `${title} ${change}: ${
        isWorse ? 'worse' : 'better'
      }, beyond chance.`,
      rank: isWorse ? 0 : 1,
      size: Math.abs(Math.log(now / before)),
    };
  }
  if (figure === undefined) {
    return {
      name,
      line: `${title}: ${
        (name === 'failedDeploymentRecoveryTime' && recoveryWords(metrics)) ||
        'no data'
      }.`,
      rank: 4,
      size: 0,
    };
  }
  return verdict === 'insufficient_data'
    ? {
        name,
        line: `${title}: ${figure}; not enough data to compare.`,
        rank: 3,
        size: 0,
      }
    : {
        name,
        line: `${title}: ${figure}; no evidence of a change.`,
        rank: 2,
        size: 0,
      };
}

/** Why there is no recovery time, where that is known. */
function recoveryWords({
  failedDeploymentRecoveryTime: { recovered, unrecovered },
}: Metrics): string | undefined {
  if (recovered === undefined || unrecovered === undefined) {
    return undefined;
  }
  return unrecovered === 0
    ? 'no deployment failed'
    : `${countInWords(unrecovered, 'failed deployment')} not recovered yet`;
}

/**
 * Metrics that changed, in words.
 *
 * @param news - which of them, and which way; at least one
 */
export function composeChange(
  response: MetricsResponse,
  news: { name: MetricName; judgement: Judgement }[],
  { scopeName, occasion }: ReportContext,
): NotificationPayload {
  const isWorse = ({ name, judgement }: (typeof news)[number]) =>
    (judgement.direction === 'up') === isLargerWorse(name);
  const ordered = [...news].sort(
    (a, b) => Number(isWorse(b)) - Number(isWorse(a)),
  );
  const words = ordered.map(entry => {
    const verb = entry.judgement.direction === 'up' ? 'rose' : 'fell';
    return `${METRIC_NAMES_IN_WORDS[entry.name].toLocaleLowerCase(
      'en',
    )} ${verb}`;
  });
  return {
    title: `${scopeName}: ${words.join(', ')} beyond chance`,
    description: [
      ...ordered.map(
        entry =>
          `${METRIC_NAMES_IN_WORDS[entry.name]} ${changeInWords(
            entry.name,
            response,
          )}: ${isWorse(entry) ? 'worse' : 'better'}.`,
      ),
      'The last 28 days against the 28 before. Five figures are watched, so each is tested at 99 %: together they are wrong about one time in twenty.',
      ...(response.sampleData ? ['Sample data.'] : []),
    ].join('\n'),
    link: linkTo(response),
    severity: ordered.some(isWorse) ? 'normal' : 'low',
    topic: TOPICS.change_beyond_chance,
    scope: occasion,
  };
}

/** What a first deployment brought is all there was before it; what one without known history brought is not known, and not nothing. */
function broughtInWords(deployment: DeploymentFact): string {
  if (deployment.first) {
    return 'the first deployment';
  }
  return changesKnown(deployment)
    ? countInWords(deployment.changes, 'change')
    : 'changes not known';
}

/** A deployment that a failure is put down to, in words. */
export function composeFailure(
  failure: {
    serviceRef: string;
    serviceName: string;
    deployment: DeploymentFact;
    /** The live attribution that was recorded first. */
    attribution: FailureAttribution;
    incident?: IncidentFact;
  },
  occasion: string,
): NotificationPayload {
  const { deployment, attribution, incident } = failure;
  const search = new URLSearchParams({
    scope: failure.serviceRef,
    deployment: deployment.id,
  });
  const finished = DateTime.fromMillis(deployment.finishedAt, {
    zone: 'utc',
  }).toFormat("d LLLL yyyy, HH:mm 'UTC'");
  const revision = deployment.revision?.slice(0, 12);
  return {
    title: `${
      failure.serviceName
    }: a deployment to ${deployment.environments.join(', ')} failed`,
    description: [
      ...(incident?.title ? [`Incident: ${incident.title}.`] : []),
      capital(
        [
          revision && `Revision ${revision}`,
          broughtInWords(deployment),
          `finished ${finished}.`,
        ]
          .filter(Boolean)
          .join(', '),
      ),
      `Put down to it because ${
        METHODS[attribution.method]
      } (confidence ${Math.round(
        attribution.confidence * 100,
      )} %). Owners can correct that on its page.`,
    ].join('\n'),
    link: `/delivery?${search}`,
    severity: 'high',
    topic: TOPICS.failed_deployment,
    scope: occasion,
  };
}

/** The view that shows the numbers of an answer, and what they are compared with. */
function linkTo({ scope, window, comparison, definition }: MetricsResponse) {
  return deliveryViewPath({
    entityRef: scope.entityRef,
    window,
    compare: comparison.window,
    environment: definition.environment,
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function listWords(figures: FigureLine[]): string {
  return figures
    .map(({ name }) => METRIC_NAMES_IN_WORDS[name].toLocaleLowerCase('en'))
    .join(', ');
}
