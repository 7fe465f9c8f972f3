import { useState } from 'react';
import { Button, Flex, Link, Text } from '@backstage/ui';
import {
  DeploymentAttribution,
  DeploymentDetailResponse,
} from '@pavedroad/plugin-dora-common';
import { DateTime, Section, StatusBadge, WebLink } from '@pavedroad/portal-ui';
import {
  CauseGroup,
  groupByCause,
  overruledBecause,
  reassignmentEffects,
} from '../../words/corrections';
import { attributionCsvRows } from '../../words/attributions';
import { causeWords, shortRevision, webAddress } from '../../words/deployment';
import { confidenceWords, METHOD_WORDS } from '../../words/notes';
import { CsvButton } from '../CsvButton';
import { BlameDialog } from '../corrections/BlameDialog';
import { Reassignment, ReassignDialog } from '../corrections/ReassignDialog';
import { CorrectionDone } from '../corrections/useCorrections';
import { WhoMay } from '../corrections/WhoMay';
import { WithdrawDialog } from '../corrections/WithdrawDialog';
import styles from '../corrections/corrections.module.css';

type Task =
  | { kind: 'blame' }
  | { kind: 'reassign'; group: CauseGroup }
  | { kind: 'withdraw'; attribution: DeploymentAttribution };

/** What is put down to a deployment, how that is known, and the ways to correct it. */
export function FailuresSection(props: {
  detail: DeploymentDetailResponse;
  environment: string;
  timeZone: string;
  hrefOf: (deploymentId: string) => string;
  finish: (done: CorrectionDone) => Promise<void>;
}) {
  const { detail, environment, timeZone, hrefOf, finish } = props;
  const [task, setTask] = useState<Task>();
  const groups = groupByCause(detail.attributions);
  const may = detail.permissions?.attribute ?? false;
  const close = () => setTask(undefined);
  return (
    <Section
      title="Failures"
      actions={
        <Flex gap="3" style={{ flexWrap: 'wrap' }}>
          {may && detail.kind === 'change' ? (
            <Button
              variant="secondary"
              onPress={() => setTask({ kind: 'blame' })}
            >
              Put a failure down to it
            </Button>
          ) : undefined}
          {groups.length > 0 ? (
            <CsvButton
              name={`failures-${shortRevision(detail.revision)}`}
              of="failures"
              rows={() =>
                attributionCsvRows(groups.flatMap(inOrder), {
                  ...detail,
                  deployment: detail.id,
                })
              }
            />
          ) : undefined}
        </Flex>
      }
    >
      <Flex direction="column" gap="4">
        {groups.length === 0 ? (
          <Text as="p" style={{ margin: 0 }}>
            {nothing(detail)}
          </Text>
        ) : (
          <ul className={styles.groups}>
            {groups.map(group => (
              <li key={`${group.cause.kind} ${group.cause.id}`}>
                <Cause
                  group={group}
                  timeZone={timeZone}
                  hrefOf={hrefOf}
                  start={may ? setTask : undefined}
                />
              </li>
            ))}
          </ul>
        )}
        {may || detail.outcome === 'attempt_failed' ? undefined : (
          <WhoMay serviceRef={detail.serviceRef} />
        )}
      </Flex>
      {task?.kind === 'blame' ? (
        <BlameDialog
          detail={detail}
          environment={environment}
          timeZone={timeZone}
          onDone={finish}
          onClose={close}
        />
      ) : undefined}
      {task?.kind === 'withdraw' ? (
        <WithdrawDialog
          detail={detail}
          attribution={task.attribution}
          onDone={finish}
          onClose={close}
        />
      ) : undefined}
      {task?.kind === 'reassign' ? (
        <ReassignDialog
          task={reassignment(detail, task.group, environment)}
          timeZone={timeZone}
          onDone={finish}
          onClose={close}
        />
      ) : undefined}
    </Section>
  );
}

function nothing(detail: DeploymentDetailResponse): string {
  if (detail.outcome === 'attempt_failed') {
    return 'An attempt that reached nobody can fail nobody.';
  }
  if (detail.kind !== 'change') {
    return 'Only deployments that bring a change of revision are blamed for failures.';
  }
  return detail.failureData
    ? 'No failure is put down to it.'
    : 'Failures were not reported at the time, so it is not known whether it failed.';
}

function reassignment(
  detail: DeploymentDetailResponse,
  { cause, incident, live }: CauseGroup,
  environment: string,
): Reassignment {
  const kind = cause.kind as Reassignment['cause']['kind'];
  return {
    serviceRef: detail.serviceRef,
    environment,
    cause: { ...cause, kind },
    what: causeWords({ cause, incident }),
    at: incident?.openedAt ?? live?.recordedAt ?? detail.finishedAt,
    currentId: live ? live.deploymentId : detail.id,
    noneNow: live?.blames === 'none',
    effects: blamed => reassignmentEffects(detail.attributions, cause, blamed),
  };
}

/** What counts, then what was overruled or taken back. */
function inOrder({ live, others }: CauseGroup): DeploymentAttribution[] {
  return live ? [live, ...others] : others;
}

/** What was worked out and does not count needs no taking back. */
const canTakeBack = ({ state, author }: DeploymentAttribution) =>
  state === 'live' || (state === 'superseded' && author.kind === 'person');

function Cause(props: {
  group: CauseGroup;
  timeZone: string;
  hrefOf: (deploymentId: string) => string;
  start?: (task: Task) => void;
}) {
  const { group, timeZone, hrefOf, start } = props;
  const { live, incident } = group;
  return (
    <>
      <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
        <Text as="h3" weight="bold" style={{ margin: 0, fontSize: 'inherit' }}>
          {webAddress(incident?.url) ? (
            <WebLink href={incident!.url}>{causeWords(group)}</WebLink>
          ) : (
            causeWords(group)
          )}
        </Text>
        <Standing live={live} />
      </Flex>
      {incident ? (
        <div className={styles.quiet}>
          Opened <DateTime value={incident.openedAt} zone={timeZone} />;{' '}
          {incident.resolvedAt ? (
            <>
              resolved <DateTime value={incident.resolvedAt} zone={timeZone} />
            </>
          ) : (
            'still open'
          )}
        </div>
      ) : undefined}
      <ul className={styles.said}>
        {inOrder(group).map(attribution => (
          <li key={attribution.id} data-state={attribution.state}>
            <Said
              attribution={attribution}
              live={live}
              timeZone={timeZone}
              hrefOf={hrefOf}
            />
            {start && canTakeBack(attribution) ? (
              <div className={styles.buttons}>
                <Button
                  size="small"
                  variant="secondary"
                  onPress={() => start({ kind: 'withdraw', attribution })}
                >
                  Take back
                </Button>
                {attribution === live && group.cause.kind !== 'report' ? (
                  <Button
                    size="small"
                    variant="secondary"
                    onPress={() => start({ kind: 'reassign', group })}
                  >
                    Something else caused it
                  </Button>
                ) : undefined}
              </div>
            ) : undefined}
          </li>
        ))}
      </ul>
    </>
  );
}

function Standing({ live }: { live: DeploymentAttribution | undefined }) {
  if (!live) {
    return <StatusBadge level="info">Put down to nothing</StatusBadge>;
  }
  switch (live.blames ?? 'this') {
    case 'this':
      return <StatusBadge level="bad">Counts against it</StatusBadge>;
    case 'another':
      return (
        <StatusBadge level="info">Put down to another deployment</StatusBadge>
      );
    default:
      return <StatusBadge level="info">No deployment is to blame</StatusBadge>;
  }
}

/** One attribution: method, confidence, evidence, author, and why it counts or does not. */
function Said(props: {
  attribution: DeploymentAttribution;
  live: DeploymentAttribution | undefined;
  timeZone: string;
  hrefOf: (deploymentId: string) => string;
}) {
  const { attribution, live, timeZone, hrefOf } = props;
  const { author, withdrawn, blames = 'this', deploymentId } = attribution;
  const other =
    blames === 'another' ? (
      <>
        Blames{' '}
        {deploymentId ? (
          <Link href={hrefOf(deploymentId)}>another deployment</Link>
        ) : (
          'another deployment'
        )}
        .{' '}
      </>
    ) : undefined;
  return (
    <>
      <Text as="div" weight="bold">
        {METHOD_WORDS[attribution.method]}
      </Text>
      <div className={styles.quiet}>
        {other}
        {blames === 'none' ? 'Blames no deployment. ' : ''}
        {confidenceWords(attribution.confidence)}. {attribution.evidence}
      </div>
      <div className={styles.quiet}>
        {author.kind === 'person'
          ? `Said by ${author.displayName ?? author.name}, `
          : `Worked out from ${
              author.name === 'event' ? 'events' : `events of ${author.name}`
            }, `}
        <DateTime value={attribution.recordedAt} zone={timeZone} />
      </div>
      {attribution.state === 'superseded' ? (
        <div className={styles.quiet}>
          {overruledBecause(attribution, live)}. It returns when that is taken
          back.
        </div>
      ) : undefined}
      {withdrawn ? (
        <div className={styles.quiet}>
          Taken back by {withdrawn.byDisplayName ?? withdrawn.by},{' '}
          <DateTime value={withdrawn.at} zone={timeZone} />
          {withdrawn.reason ? `: ${withdrawn.reason}` : ''}
        </div>
      ) : undefined}
    </>
  );
}
