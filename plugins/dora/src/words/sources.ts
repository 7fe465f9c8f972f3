import {
  DataQualityCode,
  DataQualityNote,
  DeliverySourceItem,
} from '@pavedroad/plugin-dora-common';
import { CsvValue, StatusLevel } from '@pavedroad/portal-ui';
import { UnmappedTarget } from '../api/DoraApi';

type Provided = DeliverySourceItem['provides'][number];

export const PROVIDED_WORDS: Record<Provided, string> = {
  deployments: 'deployments',
  commits: 'commits',
  pull_requests: 'pull requests',
  builds: 'builds',
  incidents: 'incidents',
};

/** What a source must provide to mend what is missing. */
const MENDED_BY: Partial<Record<DataQualityCode, Provided>> = {
  no_deployments: 'deployments',
  release_tags_only: 'deployments',
  no_incident_source: 'incidents',
  no_commit_history: 'commits',
  unknown_history: 'commits',
  no_pull_requests: 'pull_requests',
  no_builds: 'builds',
};

/** What is missing of one service, in a word. */
export const MISSING_WORDS: Record<DataQualityCode, string> = {
  facts_failed: 'numbers out of date',
  facts_pending: 'events being counted',
  beyond_retention: 'older history',
  no_deployments: 'deployments',
  no_incident_source: 'incidents',
  release_tags_only: 'deployments other than releases',
  no_commit_history: 'commits',
  unknown_history: 'complete history',
  no_pull_requests: 'pull requests',
  no_builds: 'builds',
  clamped_stage_times: 'consistent stage times',
  unattributed_incidents: 'what caused some incidents',
  nothing_deployed_there: 'deployments to the environment asked for',
  unmapped_events: 'services for some events',
};

/** Sources that would mend a note, those that are set up first. */
export function sourcesFor(
  code: DataQualityCode,
  sources: readonly DeliverySourceItem[],
): DeliverySourceItem[] {
  const needed = MENDED_BY[code];
  return needed === undefined
    ? []
    : sources
        .filter(({ provides }) => provides.includes(needed))
        .sort(
          (a, b) =>
            Number(b.configured) - Number(a.configured) ||
            a.title.localeCompare(b.title),
        );
}

/** Notes turned about: what is missing of each service, by its name. */
export function missingByService(
  notes: readonly DataQualityNote[],
): { entityRef: string; codes: DataQualityCode[] }[] {
  const byService = new Map<string, DataQualityCode[]>();
  for (const { code, services } of notes) {
    for (const ref of services) {
      byService.set(ref, [...(byService.get(ref) ?? []), code]);
    }
  }
  return [...byService]
    .map(([entityRef, codes]) => ({ entityRef, codes }))
    .sort((a, b) => a.entityRef.localeCompare(b.entityRef));
}

/** How a source is doing. */
export function sourceStatus({
  configured,
  webhookPath,
  lastReceivedAt,
  last7Days,
}: Pick<
  DeliverySourceItem,
  'configured' | 'webhookPath' | 'lastReceivedAt' | 'last7Days'
>): {
  level: StatusLevel;
  words: string;
} {
  if (!configured) {
    return { level: 'info', words: 'Not set up' };
  }
  if (last7Days.rejected > last7Days.received) {
    return { level: 'bad', words: 'Refused' };
  }
  if (lastReceivedAt) {
    return { level: 'good', words: 'Receiving' };
  }
  // Only what sends by itself is missed when nothing comes.
  return webhookPath
    ? { level: 'warning', words: 'Nothing in 7 days' }
    : { level: 'info', words: 'Ready' };
}

/** Where the portal shows a page of its own documentation. */
export function docsAddress(page: string): string {
  return `/docs/default/component/portal/${page.replace(/\.md$/, '/')}`;
}

/** What events call it. */
export function targetName({ hint }: UnmappedTarget): string {
  const name =
    hint.entityRef ?? hint.name ?? hint.repository ?? hint.aliases?.[0];
  return [name ?? 'unnamed', hint.path].filter(Boolean).join(', ');
}

/** Why it leads nowhere, and what to do. */
export function targetAdvice({ hint, reason }: UnmappedTarget): string {
  if (reason === 'ambiguous_repository') {
    return `Several components claim the repository ${
      hint.repository ?? ''
    }. Give each its folder in the annotation pavedroad.dev/source-path.`.replace(
      ' .',
      '.',
    );
  }
  if (reason === 'ambiguous_alias') {
    return `Several components carry the annotation ${
      hint.aliases?.[0] ?? 'that names it'
    }. Leave it on one of them.`;
  }
  if (hint.entityRef) {
    return 'No component of this name is in the catalog. Register it, or correct the name in the event.';
  }
  if (hint.repository) {
    return `Annotate the component whose code it is with its repository (pavedroad.dev/repository: ${hint.repository}), or register one.`;
  }
  if (hint.aliases?.[0]) {
    const [annotation, ...value] = hint.aliases[0].split(':');
    return `Annotate the component it means with ${annotation}: ${value.join(
      ':',
    )}.`;
  }
  return 'Name the component in the event, or add a rule to dora.serviceRules.';
}

/** A source as a row of a file. */
export function sourceCsvRow(
  source: DeliverySourceItem,
): Record<string, CsvValue> {
  const { last7Days, backfill } = source;
  return {
    source: source.id,
    title: source.title,
    provides: source.provides.join(' '),
    configured: source.configured,
    last_received_at: source.lastReceivedAt,
    received_in_7_days: last7Days.received,
    rejected_in_7_days: last7Days.rejected,
    repositories_begun: backfill?.repositories,
    repositories_read: backfill?.complete,
    repositories_with_problems: backfill?.problems.length,
    needs: source.access.join('; '),
  };
}
