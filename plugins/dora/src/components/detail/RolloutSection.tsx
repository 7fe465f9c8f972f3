import {
  dataQualityText,
  DeploymentAttribution,
  DeploymentDetailResponse,
  environmentName,
} from '@pavedroad/plugin-dora-common';
import {
  DateTime,
  formatDurationSeconds,
  formatPlural,
  Section,
  StatusBadge,
  WebLink,
} from '@pavedroad/portal-ui';
import {
  causeWords,
  failuresOf,
  shortRevision,
  webAddress,
} from '../../words/deployment';
import { CsvButton } from '../CsvButton';
import { useIsNarrow } from '../useIsNarrow';
import shared from '../delivery.module.css';

const STATUS_WORDS = {
  succeeded: 'Deployed',
  failed: 'Not deployed',
  unfinished: 'Not finished',
};

type Member = DeploymentDetailResponse['attempts'][number];

/**
 * Whether it was told of that environment that it failed there. A person puts a failure down to the rollout, and says nothing of where in
 * it; so does an incident that names no member: the latest of them is blamed for all.
 */
function isToldOf(
  { author, cause, incident }: DeploymentAttribution,
  environment: string,
): boolean {
  if (author.kind === 'person') {
    return false;
  }
  return (
    cause.kind !== 'incident' ||
    (incident?.environment !== undefined &&
      environmentName(incident.environment) === environmentName(environment))
  );
}

/** The environments of a rollout in the order they were reached, and how long it took to reach all. */
export function RolloutSection(props: {
  detail: DeploymentDetailResponse;
  timeZone: string;
}) {
  const { detail, timeZone } = props;
  const narrow = useIsNarrow();
  if (detail.attempts.length < 2) {
    return null;
  }
  const failures = failuresOf(detail.attributions);
  const failuresAt = ({ id, environment }: Member) =>
    failures.filter(
      failure => failure.blamed === id && isToldOf(failure, environment),
    );
  const first = Date.parse(detail.finishedAt);
  const after = (instant: string) => (Date.parse(instant) - first) / 1000;
  const members = detail.attempts.map(attempt => ({
    attempt,
    name: webAddress(attempt.url) ? (
      <WebLink href={attempt.url}>{attempt.environment}</WebLink>
    ) : (
      attempt.environment
    ),
    finished: attempt.finishedAt ? (
      <DateTime value={attempt.finishedAt} zone={timeZone} />
    ) : undefined,
    later:
      attempt.finishedAt && after(attempt.finishedAt) > 0
        ? formatDurationSeconds(after(attempt.finishedAt))
        : undefined,
    outcome: (
      <MemberOutcome status={attempt.status} failures={failuresAt(attempt)} />
    ),
  }));
  return (
    <Section
      title="Rollout"
      subtitle={`${formatPlural(detail.environments.length, 'environment')}${
        detail.finishedEverywhereAt
          ? `, all of them after ${formatDurationSeconds(
              after(detail.finishedEverywhereAt),
            )}`
          : ''
      }. Counted once, at its first finish${
        failures.length > 0 ? ', and failed as a whole' : ''
      }.`}
      actions={
        <CsvButton
          name={`rollout-${shortRevision(detail.revision)}`}
          of="rollout"
          rows={() =>
            detail.attempts.map(attempt => ({
              environment: attempt.environment,
              finished_at: attempt.finishedAt,
              after_first_seconds:
                attempt.finishedAt && after(attempt.finishedAt),
              outcome: attempt.status,
              failures: failuresAt(attempt).map(causeWords).join('; '),
              data_quality: dataQualityText(detail.dataQuality),
            }))
          }
        />
      }
    >
      {narrow ? (
        <ul className={shared.cards}>
          {members.map(({ attempt, name, finished, later, outcome }) => (
            <li key={attempt.id}>
              <div>{name}</div>
              <div className={shared.muted}>
                {finished}
                {later ? `, ${later} after the first` : ''}
              </div>
              <div>{outcome}</div>
            </li>
          ))}
        </ul>
      ) : (
        <div className={shared.scroll}>
          <table className={shared.table}>
            <thead>
              <tr>
                <th scope="col">Environment</th>
                <th scope="col">Finished</th>
                <th scope="col">After the first</th>
                <th scope="col">Outcome</th>
              </tr>
            </thead>
            <tbody>
              {members.map(({ attempt, name, finished, later, outcome }) => (
                <tr key={attempt.id}>
                  <th scope="row">{name}</th>
                  <td>{finished}</td>
                  <td>{later}</td>
                  <td>{outcome}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

/** What became of one environment: whether it was reached, else what failed there. */
function MemberOutcome(props: {
  status: keyof typeof STATUS_WORDS;
  failures: DeploymentAttribution[];
}) {
  const { status, failures } = props;
  if (failures.length === 0) {
    return <>{STATUS_WORDS[status]}</>;
  }
  return (
    <>
      <StatusBadge level="bad">Failed in use</StatusBadge>
      {failures.map(failure => (
        <div key={failure.id} className={shared.muted}>
          {causeWords(failure)}
        </div>
      ))}
    </>
  );
}
