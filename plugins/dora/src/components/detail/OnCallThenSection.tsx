import { Link } from '@backstage/ui';
import { useRouteRef } from '@backstage/frontend-plugin-api';
import {
  IncidentDetailResponse,
  OnCallMoment,
} from '@pavedroad/plugin-dora-common';
import { DateTime, Section, viewerTimeZone } from '@pavedroad/portal-ui';
import { DateTime as Luxon } from 'luxon';
import { onCallRouteRef } from '../../routes';
import { EntityLink } from '../EntityName';
import { Levels } from './Levels';
import styles from './detail.module.css';

/** Who was on call when an incident was opened and when it was resolved, and how the portal knows. */
export function OnCallThenSection(props: {
  detail: IncidentDetailResponse;
  timeZone: string;
}) {
  const { detail, timeZone } = props;
  const { opened, resolved } = detail.onCall;
  return (
    <Section title="On call then">
      <dl className={styles.facts}>
        <dt>Opened</dt>
        <dd>
          <Moment moment={opened} timeZone={timeZone} />
        </dd>
        <dt>Resolved</dt>
        <dd>
          {resolved ? (
            <Moment moment={resolved} timeZone={timeZone} />
          ) : (
            'It is not resolved yet'
          )}
        </dd>
      </dl>
    </Section>
  );
}

function Moment(props: { moment: OnCallMoment; timeZone: string }) {
  const { moment, timeZone } = props;
  const { at, coverage, reason, levels, schedule, trail } = moment;
  return (
    <div className={styles.moment}>
      <div className={styles.quiet}>
        <DateTime value={at} zone={timeZone} />
      </div>
      <Levels levels={coverage === 'unknown' ? undefined : levels} />
      {coverage !== 'full' && reason ? (
        <div className={styles.quiet}>{reason}</div>
      ) : undefined}
      {schedule ? (
        <div className={styles.quiet}>
          On <EntityLink entityRef={schedule.ref} title={schedule.title} />
          {schedule.assumed
            ? ', as the portal first knew it: it knows no earlier version'
            : ''}
        </div>
      ) : undefined}
      <HistoryLink at={at} scheduleRef={schedule?.ref} />
      {trail.length > 0 ? (
        <details className={styles.trail}>
          <summary>How this was found</summary>
          <ol>
            {trail.map((step, i) => (
              // Steps are in order, and the same entity can be looked at twice.
              <li key={i}>
                <EntityLink entityRef={step.entityRef} />: {step.message}
              </li>
            ))}
          </ol>
        </details>
      ) : undefined}
    </div>
  );
}

/** Leads to that day of the on-call timeline, where the portal has one; its days are the reader’s. */
function HistoryLink(props: { at: string; scheduleRef?: string }) {
  const { at, scheduleRef } = props;
  const onCall = useRouteRef(onCallRouteRef);
  if (!onCall || !scheduleRef) {
    return null;
  }
  const date = Luxon.fromISO(at, { zone: viewerTimeZone() }).toISODate() ?? '';
  const search = new URLSearchParams({
    span: 'day',
    date,
    schedule: scheduleRef,
  });
  return (
    <div>
      <Link href={`${onCall()}/timeline?${search}`}>
        That day in the on-call history
      </Link>
    </div>
  );
}
