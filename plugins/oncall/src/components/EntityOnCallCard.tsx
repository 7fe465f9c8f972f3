import { stringifyEntityRef } from '@backstage/catalog-model';
import { useApi } from '@backstage/frontend-plugin-api';
import { EntityRefLink, useEntity } from '@backstage/plugin-catalog-react';
import { Flex, Text } from '@backstage/ui';
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
import { GapNotice } from './GapNotice';
import { LevelList } from './LevelList';
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
      {answer ? <Answer answer={answer} /> : undefined}
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

function Answer(props: { answer: EntityNow }) {
  const { coverage, levels, reason, schedule, trail } = props.answer;
  return (
    <Flex direction="column" gap="4">
      {reason ? <GapNotice coverage={coverage} reason={reason} /> : undefined}
      {schedule?.stale ? (
        <StatusBadge level="warning">
          The provider fails; this answer is{' '}
          {formatDurationSeconds(schedule.ageSeconds ?? 0)} old
        </StatusBadge>
      ) : undefined}
      {schedule && levels.length > 0 ? (
        <LevelList levels={levels} timeZone={schedule.timeZone} />
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
