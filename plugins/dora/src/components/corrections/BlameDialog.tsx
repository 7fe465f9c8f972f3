import { useState } from 'react';
import { Radio, RadioGroup, Select, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  DeploymentDetailResponse,
  IncidentListItem,
} from '@pavedroad/plugin-dora-common';
import {
  EmptyState,
  ErrorState,
  formatDateTime,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { DateTime } from 'luxon';
import { doraApiRef } from '../../api/DoraApi';
import { METHOD_WORDS } from '../../words/notes';
import { correctionNotice } from '../../words/corrections';
import { CorrectionDialog } from './CorrectionDialog';
import { CorrectionDone } from './useCorrections';

/** Incidents are looked for from a little before the deployment (clocks differ) until so long after it. */
const INCIDENT_DAYS = { before: 1, after: 30 };
const MOST_INCIDENTS = 100;
export const UNDO_REASON = 'Undone right after it was made';

/** Puts a failure down to a deployment: an incident of the service, or one that is only described. */
export function BlameDialog(props: {
  detail: DeploymentDetailResponse;
  /** The environment or tier that the page is about. */
  environment: string;
  timeZone: string;
  onDone: (done: CorrectionDone) => Promise<void>;
  onClose: () => void;
}) {
  const { detail, timeZone, onDone, onClose } = props;
  const api = useApi(doraApiRef);
  const finished = DateTime.fromISO(detail.finishedAt, { zone: 'UTC' });
  const query = {
    entityRef: detail.serviceRef,
    from: finished.minus({ days: INCIDENT_DAYS.before }).toISO()!,
    to: finished.plus({ days: INCIDENT_DAYS.after }).toISO()!,
    timeZone: 'UTC',
    environment: props.environment,
    limit: MOST_INCIDENTS,
  };
  const { data, error, isLoading, reload } = useAsyncData(
    `dora/incidents ${JSON.stringify(query)}`,
    () => api.getIncidents(query),
  );
  const own = new Set([detail.id, ...detail.attempts.map(a => a.id)]);
  const incidents = (data?.items ?? []).filter(
    ({ attribution }) =>
      !attribution?.deploymentId || !own.has(attribution.deploymentId),
  );
  const [how, setHow] = useState<'incident' | 'described'>('incident');
  const [chosen, setChosen] = useState<string>();
  const incident = incidents.find(({ id }) => id === chosen);

  const submit = async (reason: string) => {
    const correction = await api.attribute(detail.id, {
      ...(how === 'incident' && {
        cause: { kind: 'incident' as const, id: chosen! },
      }),
      reason,
    });
    const [id] = correction.attributionIds;
    await onDone(
      correction.recorded
        ? correctionNotice(
            correction.pending,
            'The failure is put down to this deployment.',
            async () => {
              await api.withdraw(detail.id, id, UNDO_REASON);
              return 'Undone. The failure is put down to what it was before.';
            },
          )
        : { message: 'It was so already; nothing was changed.' },
    );
  };

  return (
    <CorrectionDialog
      title="Put a failure down to this deployment"
      confirm="Put it down to this deployment"
      ready={how === 'described' || incident !== undefined}
      effects={effects(how, incident, timeZone)}
      onConfirm={submit}
      onClose={onClose}
    >
      <RadioGroup
        label="What failed"
        value={how}
        onChange={value => setHow(value as typeof how)}
      >
        <Radio value="incident">An incident that is known</Radio>
        <Radio value="described">Something no incident was opened for</Radio>
      </RadioGroup>
      {how === 'incident' ? (
        <>
          {error ? (
            <ErrorState
              action="Incidents could not be loaded"
              error={error}
              onRetry={reload}
            />
          ) : undefined}
          {isLoading ? (
            <Text as="p" role="status">
              Loading incidents of the service
            </Text>
          ) : undefined}
          {data && incidents.length === 0 ? (
            <EmptyState
              title="No other incident"
              description={`None opened from ${
                INCIDENT_DAYS.before === 1 ? 'a day' : 'some days'
              } before the deployment until ${
                INCIDENT_DAYS.after
              } days after. Describe what failed instead.`}
            />
          ) : undefined}
          {incidents.length > 0 ? (
            <Select
              label="Incident"
              placeholder="Choose one"
              search={{ placeholder: 'Find by title' }}
              options={incidents.map(item => ({
                id: item.id,
                label: `${formatDateTime(item.openedAt, timeZone)}: ${
                  item.title ?? item.localId ?? item.id
                }`,
              }))}
              selectedKey={chosen ?? null}
              onSelectionChange={key => setChosen(String(key))}
            />
          ) : undefined}
        </>
      ) : undefined}
    </CorrectionDialog>
  );
}

function effects(
  how: 'incident' | 'described',
  incident: IncidentListItem | undefined,
  timeZone: string,
): string[] {
  const anew =
    'Fail rate, recovery and rework of the days it touches are counted anew at once.';
  if (how === 'described') {
    return [
      'This deployment will count as failed.',
      'Without an incident, recovery is measured to the first rollback or fix that did not itself fail.',
      anew,
    ];
  }
  if (!incident) {
    return [];
  }
  const { attribution } = incident;
  const before = attribution?.deploymentFinishedAt
    ? `Until now it was put down to the deployment of ${formatDateTime(
        attribution.deploymentFinishedAt,
        timeZone,
      )} (${METHOD_WORDS[attribution.method].toLocaleLowerCase(
        'en',
      )}), which will no longer count as failed because of it.`
    : attribution?.noneToBlame &&
      'Until now it was said that no deployment is to blame for it.';
  return [
    'This deployment will count as failed.',
    ...(before ? [before] : []),
    incident.resolvedAt
      ? 'Recovery is measured to when its last incident was resolved.'
      : 'The incident is still open, so the deployment counts as not recovered until it is resolved.',
    anew,
  ];
}
