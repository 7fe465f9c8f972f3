import { ReactNode, useEffect, useState } from 'react';
import { Button, ButtonLink, Flex, Link, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  DeploymentAttribution,
  IncidentDetailResponse,
} from '@pavedroad/plugin-dora-common';
import {
  DateTime,
  ErrorState,
  formatDurationSeconds,
  LoadingSkeleton,
  SampleDataBadge,
  Section,
  StatusBadge,
  useAsyncData,
  WebLink,
} from '@pavedroad/portal-ui';
import { RiArrowLeftLine } from '@remixicon/react';
import { doraApiRef } from '../api/DoraApi';
import { fileName } from '../plot/exportPlot';
import { useViewState } from '../state/useViewState';
import { incidentParameter } from '../state/viewState';
import { attributionCsvRows } from '../words/attributions';
import { overruledBecause } from '../words/corrections';
import { webAddress } from '../words/deployment';
import { incidentEffects, incidentName } from '../words/incidents';
import { confidenceWords, METHOD_WORDS } from '../words/notes';
import { ReassignDialog } from './corrections/ReassignDialog';
import { useCorrections } from './corrections/useCorrections';
import { WhoMay } from './corrections/WhoMay';
import { OnCallThenSection } from './detail/OnCallThenSection';
import { CsvButton } from './CsvButton';
import { EntityLink } from './EntityName';
import { rememberRow } from './returnToRow';
import { UrgentNotes } from './UrgentNotes';
import corrections from './corrections/corrections.module.css';
import styles from './detail/detail.module.css';

/** One incident: its course, what it is put down to and how that is known, and who was on call at its beginning and end. */
export function IncidentDetail(props: {
  serviceRef: string;
  id: string;
  timeZone: string;
}) {
  const { serviceRef, id, timeZone } = props;
  const api = useApi(doraApiRef);
  const { state, hrefOf } = useViewState();
  const correcting = useCorrections();
  const [open, setOpen] = useState(false);
  const row = incidentParameter({ serviceRef, id });
  const { data, error, isLoading, reload } = useAsyncData(
    `dora/incident ${row}`,
    () => api.getIncident(serviceRef, id),
    { refreshSeconds: 15 },
  );
  // What was asked for before stays until the answer is there.
  const detail =
    data?.id === id && data.serviceRef === serviceRef ? data : undefined;
  useEffect(() => rememberRow(row), [row]);
  return (
    <Flex direction="column" gap="4" align="stretch">
      <div className={styles.head}>
        <ButtonLink
          variant="secondary"
          iconStart={<RiArrowLeftLine aria-hidden />}
          href={hrefOf({ incident: undefined })}
        >
          Back to delivery
        </ButtonLink>
      </div>
      {error ? (
        <ErrorState
          action="The incident could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {!detail && !error ? (
        <LoadingSkeleton
          rows={8}
          rowHeight={32}
          label={isLoading ? 'Loading the incident' : 'Loading'}
        />
      ) : undefined}
      {correcting.notice}
      {detail ? (
        <>
          <UrgentNotes notes={detail.dataQuality} timeZone={timeZone} />
          <Summary detail={detail} timeZone={timeZone} />
          <CauseSection
            detail={detail}
            timeZone={timeZone}
            hrefOf={deployment => hrefOf({ deployment })}
            correct={() => setOpen(true)}
          />
          <OnCallThenSection detail={detail} timeZone={timeZone} />
          {open ? (
            <ReassignDialog
              task={{
                serviceRef,
                environment: state.environment,
                cause: { kind: 'incident', id },
                what: `Incident: ${incidentName(detail)}`,
                at: detail.openedAt,
                currentId: detail.attribution?.deploymentId,
                noneNow: detail.attribution?.noneToBlame,
                effects: blamed => incidentEffects(detail, blamed),
              }}
              timeZone={timeZone}
              onDone={correcting.finish}
              onClose={() => setOpen(false)}
            />
          ) : undefined}
        </>
      ) : undefined}
    </Flex>
  );
}

function Summary(props: { detail: IncidentDetailResponse; timeZone: string }) {
  const { detail, timeZone } = props;
  const { status, reopened, durationSeconds, localId } = detail;
  const facts: [string, ReactNode][] = [
    ['Service', <EntityLink entityRef={detail.serviceRef} />],
    ['Opened', <DateTime value={detail.openedAt} zone={timeZone} relative />],
    [
      'Resolved',
      detail.resolvedAt ? (
        <DateTime value={detail.resolvedAt} zone={timeZone} relative />
      ) : (
        'Not yet'
      ),
    ],
    ['Environment', detail.environment ?? detail.tier],
    ...(localId && localId !== incidentName(detail)
      ? [['Called', localId] as [string, ReactNode]]
      : []),
    ...(webAddress(detail.url)
      ? [
          [
            'Elsewhere',
            <WebLink href={detail.url}>Open where it is kept</WebLink>,
          ] as [string, ReactNode],
        ]
      : []),
  ];
  return (
    <Section
      title={incidentName(detail)}
      actions={detail.sampleData ? <SampleDataBadge /> : undefined}
    >
      <div className={styles.became}>
        {status === 'open' ? (
          <StatusBadge level="warning">
            {reopened ? 'Open again' : 'Open'}
          </StatusBadge>
        ) : (
          <StatusBadge level="good">Resolved</StatusBadge>
        )}
        <span>
          {durationSeconds === undefined
            ? 'It is not over.'
            : `It took ${formatDurationSeconds(durationSeconds)}${
                reopened ? ', and was reopened meanwhile' : ''
              }.`}
        </span>
      </div>
      <dl className={styles.facts}>
        {facts.map(([name, value]) => (
          <div key={name} className={styles.fact}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

/** What it is put down to, and what was said or worked out beside that. */
function CauseSection(props: {
  detail: IncidentDetailResponse;
  timeZone: string;
  hrefOf: (deploymentId: string) => string;
  correct: () => void;
}) {
  const { detail, timeZone, hrefOf, correct } = props;
  const { attributions } = detail;
  const may = detail.permissions?.attribute ?? false;
  const live = attributions.find(({ state }) => state === 'live');
  return (
    <Section
      title="Put down to"
      actions={
        <Flex gap="3" style={{ flexWrap: 'wrap' }}>
          {may ? (
            <Button variant="secondary" onPress={correct}>
              {live ? 'Correct' : 'Say what caused it'}
            </Button>
          ) : undefined}
          {attributions.length > 0 ? (
            <CsvButton
              name={`put-down-to-${fileName(detail.id)}`}
              of="put down to"
              rows={() =>
                attributionCsvRows(attributions, {
                  ...detail,
                  incident: detail.id,
                })
              }
            />
          ) : undefined}
        </Flex>
      }
    >
      <Flex direction="column" gap="4">
        {live ? undefined : (
          <Text as="p" style={{ margin: 0 }}>
            Nothing: no deployment is known to have caused it, so it counts
            against none.
          </Text>
        )}
        {attributions.length > 0 ? (
          <ul className={corrections.said}>
            {attributions.map(attribution => (
              <li key={attribution.id} data-state={attribution.state}>
                <Said
                  attribution={attribution}
                  live={live}
                  finishedAt={
                    attribution.deploymentId ===
                    detail.attribution?.deploymentId
                      ? detail.attribution?.deploymentFinishedAt
                      : undefined
                  }
                  timeZone={timeZone}
                  hrefOf={hrefOf}
                />
              </li>
            ))}
          </ul>
        ) : undefined}
        {may ? undefined : <WhoMay serviceRef={detail.serviceRef} />}
      </Flex>
    </Section>
  );
}

function Said(props: {
  attribution: DeploymentAttribution;
  live?: DeploymentAttribution;
  /** Of the deployment it blames, where it is known. */
  finishedAt?: string;
  timeZone: string;
  hrefOf: (deploymentId: string) => string;
}) {
  const { attribution, live, finishedAt, timeZone, hrefOf } = props;
  const { author, blames, deploymentId, withdrawn } = attribution;
  const deployment = finishedAt ? (
    <>
      Deployment of <DateTime value={finishedAt} zone={timeZone} />
    </>
  ) : (
    'A deployment'
  );
  return (
    <>
      <Text as="div" weight="bold">
        {blames === 'none' ? 'No deployment is to blame' : undefined}
        {blames !== 'none' && deploymentId ? (
          <Link href={hrefOf(deploymentId)}>{deployment}</Link>
        ) : undefined}
        {blames !== 'none' && !deploymentId
          ? 'A deployment that is not kept'
          : undefined}
      </Text>
      <div className={corrections.quiet}>
        {METHOD_WORDS[attribution.method]}.{' '}
        {confidenceWords(attribution.confidence)}. {attribution.evidence}
      </div>
      <div className={corrections.quiet}>
        {author.kind === 'person'
          ? `Said by ${author.displayName ?? author.name}, `
          : `Worked out from ${
              author.name === 'event' ? 'events' : `events of ${author.name}`
            }, `}
        <DateTime value={attribution.recordedAt} zone={timeZone} />
      </div>
      {attribution.state === 'superseded' ? (
        <div className={corrections.quiet}>
          {overruledBecause(attribution, live)}. It returns when that is taken
          back.
        </div>
      ) : undefined}
      {withdrawn ? (
        <div className={corrections.quiet}>
          Taken back by {withdrawn.byDisplayName ?? withdrawn.by},{' '}
          <DateTime value={withdrawn.at} zone={timeZone} />
          {withdrawn.reason ? `: ${withdrawn.reason}` : ''}
        </div>
      ) : undefined}
    </>
  );
}
