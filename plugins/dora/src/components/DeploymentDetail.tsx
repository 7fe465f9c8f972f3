import { Button, Flex, Link, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  DeploymentAttribution,
  DeploymentChange,
  DeploymentDetailResponse,
} from '@pavedroad/plugin-dora-common';
import {
  DateTime,
  EmptyState,
  ErrorState,
  formatDurationSeconds,
  formatPlural,
  LoadingSkeleton,
  SampleDataBadge,
  Section,
  StatusBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { RiArrowLeftLine } from '@remixicon/react';
import { doraApiRef } from '../api/DoraApi';
import { STAGE_WORDS } from '../words/figures';
import {
  confidenceWords,
  EXCLUSION_WORDS,
  GAP_WORDS,
  METHOD_WORDS,
} from '../words/notes';
import { kindWords, Outcome, shortRevision } from './DeploymentsSection';
import { ScrollRegion } from './ScrollRegion';
import { useIsNarrow } from './useIsNarrow';
import styles from './delivery.module.css';

const REWORK_WORDS = {
  rollback: 'it took back a deployment',
  hotfix: 'it is a hotfix',
  revert: 'it reverts a change',
  incident_fix: 'it fixes an incident',
};

/** One deployment: what it brought, how long each change took, what failed and how that is known. */
export function DeploymentDetail(props: {
  id: string;
  timeZone: string;
  onBack: () => void;
}) {
  const { id, timeZone, onBack } = props;
  const api = useApi(doraApiRef);
  const detail = useAsyncData(
    `dora/deployment ${id}`,
    () => api.getDeployment(id),
    { refreshSeconds: 15 },
  );
  return (
    <Flex direction="column" gap="4" align="stretch">
      <div>
        <Button
          variant="secondary"
          iconStart={<RiArrowLeftLine aria-hidden />}
          onPress={onBack}
        >
          Back to delivery
        </Button>
      </div>
      {detail.error ? (
        <ErrorState
          action="The deployment could not be loaded"
          error={detail.error}
          onRetry={detail.reload}
        />
      ) : undefined}
      {!detail.data && detail.isLoading ? (
        <LoadingSkeleton
          rows={8}
          rowHeight={32}
          label="Loading the deployment"
        />
      ) : undefined}
      {detail.data ? (
        <>
          <Summary detail={detail.data} timeZone={timeZone} />
          <Attributions detail={detail.data} timeZone={timeZone} />
          <Changes detail={detail.data} timeZone={timeZone} />
        </>
      ) : undefined}
    </Flex>
  );
}

function Summary(props: {
  detail: DeploymentDetailResponse;
  timeZone: string;
}) {
  const { detail, timeZone } = props;
  const at = (value: string) => (
    <DateTime value={value} zone={timeZone} relative />
  );
  const regions = detail.environments.length > 1;
  return (
    <Section
      title={`Deployment of ${detail.serviceRef.replace(/^.*\//, '')}`}
      actions={detail.sampleData ? <SampleDataBadge /> : undefined}
    >
      <dl className={styles.list}>
        <dt>Finished</dt>
        <dd>{at(detail.finishedAt)}</dd>
        {regions && detail.finishedEverywhereAt ? (
          <>
            <dt>Finished everywhere</dt>
            <dd>{at(detail.finishedEverywhereAt)}</dd>
          </>
        ) : undefined}
        <dt>{regions ? 'Environments' : 'Environment'}</dt>
        <dd>{detail.environments.join(', ')}</dd>
        <dt>Outcome</dt>
        <dd>
          <Outcome item={detail} />
        </dd>
        {detail.outcome === 'failed' ? (
          <>
            <dt>Recovered</dt>
            <dd>
              {detail.recoverySeconds === undefined
                ? 'Not yet'
                : `After ${formatDurationSeconds(detail.recoverySeconds)}`}
              {detail.recoveryClamped
                ? '; the source says service was restored before the deployment finished'
                : ''}
            </dd>
          </>
        ) : undefined}
        <dt>Kind</dt>
        <dd>
          {kindWords(detail)}
          {detail.first ? '; the first of the service' : ''}
          {detail.reworkReason
            ? `; unplanned repair: ${REWORK_WORDS[detail.reworkReason]}`
            : ''}
        </dd>
        <dt>Revision</dt>
        <dd className={styles.mono}>{detail.revision ?? 'unknown'}</dd>
        <dt>Known from</dt>
        <dd>
          {detail.origin === 'release_tag'
            ? 'A release in git'
            : `An event${detail.source ? ` from ${detail.source}` : ''}`}
        </dd>
        {detail.url && /^https?:/.test(detail.url) ? (
          <>
            <dt>Link</dt>
            <dd>
              <Link href={detail.url}>Open where it ran</Link>
            </dd>
          </>
        ) : undefined}
        {detail.onCall && detail.onCall.length > 0 ? (
          <>
            <dt>On call then</dt>
            <dd>
              {detail.onCall
                .map(
                  ({ level, userRefs }) =>
                    `Level ${level}: ${userRefs
                      .map(ref => ref.replace(/^.*\//, ''))
                      .join(', ')}`,
                )
                .join('; ')}
            </dd>
          </>
        ) : undefined}
      </dl>
    </Section>
  );
}

function Attributions(props: {
  detail: DeploymentDetailResponse;
  timeZone: string;
}) {
  const { detail, timeZone } = props;
  if (detail.attributions.length === 0) {
    return (
      <Section title="Failures">
        <Text as="p">
          {detail.failureData
            ? 'No failure is attributed to it.'
            : 'Failures were not reported at the time, so it is not known whether it failed.'}
        </Text>
      </Section>
    );
  }
  return (
    <Section title="Failures">
      <ul className={styles.notes}>
        {detail.attributions.map(attribution => (
          <li key={attribution.id}>
            <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
              <Text weight="bold">{causeWords(attribution)}</Text>
              <StatusBadge
                level={attribution.state === 'live' ? 'bad' : 'info'}
              >
                {
                  {
                    live: 'Counts',
                    superseded: 'Superseded by a stronger one',
                    withdrawn: 'Taken back',
                  }[attribution.state]
                }
              </StatusBadge>
            </Flex>
            <Text as="div" color="secondary">
              {METHOD_WORDS[attribution.method]}.{' '}
              {confidenceWords(attribution.confidence)}. {attribution.evidence}
            </Text>
            <Text as="div" color="secondary">
              {attribution.author.kind === 'person'
                ? `Said by ${attribution.author.name}, `
                : 'Recorded '}
              <DateTime value={attribution.recordedAt} zone={timeZone} />
              {attribution.withdrawn
                ? `; taken back by ${attribution.withdrawn.by}${
                    attribution.withdrawn.reason
                      ? `: ${attribution.withdrawn.reason}`
                      : ''
                  }`
                : ''}
            </Text>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function causeWords({ cause, incident }: DeploymentAttribution): string {
  switch (cause.kind) {
    case 'incident':
      return `Incident: ${incident?.title ?? cause.id}`;
    case 'rollback':
      return 'Rolled back';
    case 'fix':
      return 'Repaired by a later deployment';
    default:
      return 'Reported by a person';
  }
}

function Changes(props: {
  detail: DeploymentDetailResponse;
  timeZone: string;
}) {
  const { detail, timeZone } = props;
  const { changeRows } = detail;
  const narrow = useIsNarrow();
  if (changeRows.length === 0) {
    return (
      <Section title="Changes">
        <EmptyState
          title="No changes"
          description={
            detail.historyGap
              ? `Which changes it brought cannot be told. ${
                  GAP_WORDS[detail.historyGap]
                }`
              : 'Everything in it had been deployed before.'
          }
        />
      </Section>
    );
  }
  return (
    <Section
      title="Changes"
      subtitle={
        changeRows.length < detail.changes
          ? `The first ${changeRows.length} of ${formatPlural(
              detail.changes,
              'change',
            )}`
          : formatPlural(detail.changes, 'change')
      }
    >
      {narrow ? (
        <ul className={styles.cards}>
          {changeRows.map(change => (
            <li key={change.commit}>
              <ChangeName change={change} />
              <div className={styles.muted}>
                Committed{' '}
                <DateTime value={change.committedAt} zone={timeZone} />
              </div>
              <div>Lead time: {formatDurationSeconds(change.leadSeconds)}</div>
              <ChangeStages change={change} />
            </li>
          ))}
        </ul>
      ) : (
        <ScrollRegion className={styles.scroll} label="Changes, table">
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Change</th>
                <th scope="col">Committed</th>
                <th scope="col">Lead time</th>
                <th scope="col">Stages</th>
              </tr>
            </thead>
            <tbody>
              {changeRows.map(change => (
                <tr key={change.commit}>
                  <th scope="row">
                    <ChangeName change={change} />
                  </th>
                  <td>
                    <DateTime value={change.committedAt} zone={timeZone} />
                  </td>
                  <td>{formatDurationSeconds(change.leadSeconds)}</td>
                  <td>
                    <ChangeStages change={change} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      )}
    </Section>
  );
}

function ChangeName({ change }: { change: DeploymentChange }) {
  return (
    <>
      <span className={styles.mono}>{shortRevision(change.commit)}</span>
      {change.subject ? ` ${change.subject}` : ''}
      {change.pullRequest === undefined ? '' : ` (#${change.pullRequest})`}
    </>
  );
}

function ChangeStages({ change }: { change: DeploymentChange }) {
  const known = change.stages.filter(stage => stage.seconds !== undefined);
  return (
    <Flex direction="column" gap="1">
      {known.length > 1
        ? known.map(stage => (
            <span key={stage.name}>
              {STAGE_WORDS[stage.name].title}:{' '}
              {formatDurationSeconds(stage.seconds!)}
            </span>
          ))
        : undefined}
      {known.length <= 1 ? (
        <span className={styles.muted}>Commit to deployment only</span>
      ) : undefined}
      {change.clamped ? (
        <span className={styles.muted}>
          The source has moments out of order; they were moved.
        </span>
      ) : undefined}
      {change.excluded ? (
        <span className={styles.muted}>
          {EXCLUSION_WORDS[change.excluded]}.
        </span>
      ) : undefined}
    </Flex>
  );
}
