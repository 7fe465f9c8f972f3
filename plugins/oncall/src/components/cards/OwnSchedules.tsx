import type { Entity } from '@backstage/catalog-model';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { useApi } from '@backstage/frontend-plugin-api';
import { EntityRefLink } from '@backstage/plugin-catalog-react';
import { Text } from '@backstage/ui';
import type { EverybodyNow } from '@pavedroad/plugin-oncall-common';
import { formatRate, StatusBadge, useAsyncData } from '@pavedroad/portal-ui';

import { onCallApiRef } from '../../api';
import shared from '../styles.module.css';
import styles from './cards.module.css';

/** The schedules a group owns, and whether somebody is on call on each. */
export function OwnSchedules({ entity }: { entity: Entity }) {
  const data = useEverybody();
  const ref = stringifyEntityRef(entity);
  const rows = (data?.schedules ?? [])
    .filter(({ schedule }) => schedule.ownerRef === ref)
    .sort((a, b) => a.schedule.title.localeCompare(b.schedule.title));
  return rows.length === 0 ? undefined : (
    <div>
      <Text as="div" variant="body-small" color="secondary">
        Schedules of this group
      </Text>
      <ul className={styles.rows} aria-label="Schedules of this group">
        {rows.map(({ schedule, coverage, services }) => (
          <li key={schedule.ref}>
            <EntityRefLink
              entityRef={schedule.ref}
              defaultKind="oncallschedule"
              title={schedule.title}
              hideIcon
              disableTooltip
            />
            <StatusBadge level={coverage === 'full' ? 'good' : 'bad'}>
              {coverage === 'full' ? 'Covered' : 'Somebody is missing'}
            </StatusBadge>
            <Text as="span" variant="body-small" color="secondary">
              answers for{' '}
              {services === 1 ? '1 service' : `${services} services`}
            </Text>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Which services of a system somebody is on call for, the worst first. */
export function MemberCoverage({ entity }: { entity: Entity }) {
  const data = useEverybody();
  const parts = new Set(
    (entity.relations ?? [])
      .filter(({ type }) => type === 'hasPart')
      .map(({ targetRef }) => targetRef),
  );
  const members = (data?.services ?? []).filter(({ entityRef }) =>
    parts.has(entityRef),
  );
  const missing = members.filter(({ coverage }) => coverage !== 'full');
  return members.length === 0 ? undefined : (
    <div>
      <Text as="div" variant="body-medium">
        {formatRate(members.length - missing.length, members.length)} of its
        services have somebody on call
      </Text>
      {missing.length > 0 ? (
        <ul
          className={`${shared.plain} ${styles.rows}`}
          aria-label="Without cover"
        >
          {missing.map(({ entityRef, title, coverage }) => (
            <li key={entityRef}>
              <EntityRefLink
                entityRef={entityRef}
                title={title}
                hideIcon
                disableTooltip
              />
              <StatusBadge level={coverage === 'none' ? 'bad' : 'warning'}>
                {coverage === 'none' ? 'No schedule' : 'Somebody is missing'}
              </StatusBadge>
            </li>
          ))}
        </ul>
      ) : undefined}
    </div>
  );
}

function useEverybody(): EverybodyNow | undefined {
  const api = useApi(onCallApiRef);
  const { data } = useAsyncData('oncall-everybody', () => api.everybodyNow());
  return data;
}
