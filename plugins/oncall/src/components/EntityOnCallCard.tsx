import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import { EntityRefLink, useEntity } from '@backstage/plugin-catalog-react';
import { ButtonLink, Flex, Link, Text } from '@backstage/ui';
import type { EntityNow } from '@pavedroad/plugin-oncall-common';
import {
  ErrorState,
  LoadingSkeleton,
  SampleDataBadge,
  Section,
  StatusBadge,
  formatDateTime,
  formatDurationSeconds,
  useAsyncData,
} from '@pavedroad/portal-ui';

import { onCallApiRef } from '../api';
import { rootRouteRef } from '../routes';
import { MemberCoverage, OwnSchedules } from './cards/OwnSchedules';
import { runbooksOf } from './cards/runbooks';
import { ServiceFacts } from './cards/ServiceFacts';
import { GapNotice } from './GapNotice';
import { LevelList } from './LevelList';
import { OpenPagesOf } from './now/OpenPages';
import { PageButton } from './now/PageButton';
import { AskOwner } from './schedules/AskOwner';
import { schedulePath } from './schedules/schedulePath';
import styles from './styles.module.css';
import { Trail } from './Trail';

/** Who is on call for the entity of the page: all levels, until when, who is next, and how the answer was found. */
export function EntityOnCallCard() {
  const { entity } = useEntity();
  const entityRef = stringifyEntityRef(entity);
  const api = useApi(onCallApiRef);
  const { data, error, reload } = useAsyncData(
    `oncall-now-${entityRef}`,
    () => api.entityNow(entityRef),
    { refreshSeconds: 60 },
  );
  // The newest answer of another entity stays in memory for a moment when the page changes.
  const answer = data?.entityRef === entityRef ? data : undefined;
  return (
    <Section
      title="On call"
      actions={answer?.schedule?.sampleData ? <SampleDataBadge /> : undefined}
      subtitle={answer?.schedule ? <Source answer={answer} /> : undefined}
    >
      {error ? (
        <ErrorState
          action="Who is on call could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {!answer && !error ? (
        <LoadingSkeleton rows={4} label="Loading who is on call" />
      ) : undefined}
      {answer ? <Answer answer={answer} entity={entity} /> : undefined}
    </Section>
  );
}

function Source(props: { answer: EntityNow }) {
  const { schedule } = props.answer;
  if (!schedule) {
    return undefined;
  }
  return (
    <>
      {schedule.provider === 'native' ? (
        <EntityRefLink
          entityRef={schedule.ref}
          defaultKind="oncallschedule"
          title={schedule.title}
          hideIcon
          disableTooltip
        />
      ) : (
        schedule.title
      )}
      {`, ${schedule.timeZone}`}
    </>
  );
}

function Answer(props: { answer: EntityNow; entity: Entity }) {
  const { entity } = props;
  const { coverage, levels, reason, schedule, trail } = props.answer;
  const root = useRouteRef(rootRouteRef)?.();
  const kind = entity.kind.toLocaleLowerCase('en-US');
  const first = levels.findIndex(level => level.people.length > 0);
  const people = levels[first]?.people ?? [];
  // Who to call, how, and what to do then stand together and first: on a telephone at night nobody scrolls for them.
  const called = levels.slice(Math.max(0, first), Math.max(0, first) + 1);
  const further = levels.filter(level => !called.includes(level));
  const canPage = people.length > 0 && kind !== 'group';
  const runbooks = runbooksOf(entity);
  return (
    <Flex direction="column" gap="4">
      {reason ? <GapNotice coverage={coverage} reason={reason} /> : undefined}
      {schedule?.stale ? (
        <StatusBadge level="warning">
          The provider fails; this answer is{' '}
          {formatDurationSeconds(schedule.ageSeconds ?? 0)} old
        </StatusBadge>
      ) : undefined}
      {schedule && called.length > 0 ? (
        <LevelList
          levels={called}
          passedOver={levels.slice(0, Math.max(0, first))}
          timeZone={schedule.timeZone}
          somebody={people.length > 0}
        />
      ) : undefined}
      {canPage || runbooks.length > 0 ? (
        <div className={styles.rowActions}>
          {canPage ? (
            <PageButton
              {...(kind === 'oncallschedule'
                ? { scheduleRef: props.answer.entityRef }
                : { entityRef: props.answer.entityRef })}
              title={entity.metadata.title ?? entity.metadata.name}
              people={people}
            />
          ) : undefined}
          {runbooks.map(({ url, title }) => (
            <ButtonLink
              key={url}
              size="small"
              variant="secondary"
              href={url}
              target="_blank"
              rel="noopener"
            >
              {title}
            </ButtonLink>
          ))}
        </div>
      ) : undefined}
      {schedule ? <OpenPagesOf scheduleRef={schedule.ref} /> : undefined}
      {schedule && further.length > 0 ? (
        <LevelList
          levels={further}
          timeZone={schedule.timeZone}
          label="Other levels"
          later
          somebody={people.length > 0}
        />
      ) : undefined}
      {kind !== 'oncallschedule' ? <ServiceFacts entity={entity} /> : undefined}
      {kind === 'system' ? <MemberCoverage entity={entity} /> : undefined}
      {kind === 'group' ? <OwnSchedules entity={entity} /> : undefined}
      {kind === 'oncallschedule' && root !== undefined ? (
        <div>
          {props.answer.canChange ? (
            <Link href={schedulePath(root, props.answer.entityRef)}>
              Change this schedule
            </Link>
          ) : undefined}
          {!props.answer.canChange && schedule ? (
            <Text as="div" variant="body-medium">
              <AskOwner schedule={schedule} /> to have this schedule changed
            </Text>
          ) : undefined}
        </div>
      ) : undefined}
      <Trail trail={trail} open={coverage === 'none'} />
      {schedule?.version ? (
        <Text as="div" variant="body-small" color="secondary">
          Version {schedule.version.number} of the schedule, taken up{' '}
          {formatDateTime(schedule.version.takenUpAt)}
        </Text>
      ) : undefined}
    </Flex>
  );
}
