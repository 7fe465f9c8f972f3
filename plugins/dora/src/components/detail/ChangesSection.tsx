import { ReactNode } from 'react';
import { Button } from '@backstage/ui';
import {
  DeploymentChange,
  DeploymentDetailResponse,
} from '@pavedroad/plugin-dora-common';
import {
  CsvValue,
  DateTime,
  downloadText,
  EmptyState,
  formatDurationSeconds,
  formatPlural,
  Section,
  toCsv,
  WebLink,
} from '@pavedroad/portal-ui';
import { shortRevision, webAddress } from '../../words/deployment';
import { STAGE_WORDS } from '../../words/figures';
import { EXCLUSION_WORDS, GAP_WORDS } from '../../words/notes';
import { RepositoryLinks } from '../../words/repositoryLinks';
import { ScrollRegion } from '../ScrollRegion';
import { useIsNarrow } from '../useIsNarrow';
import shared from '../delivery.module.css';
import styles from './detail.module.css';

/** The changes of a deployment as rows of a file: durations in seconds, moments in ISO 8601. */
export function changesCsv(changes: readonly DeploymentChange[]): string {
  return toCsv(
    changes.map(change => ({
      commit: change.commit,
      subject: change.subject,
      author: change.authorName,
      pull_request: change.pullRequest,
      committed_at: change.committedAt,
      lead_seconds: change.leadSeconds,
      ...Object.fromEntries(
        change.stages.map(({ name, seconds }): [string, CsvValue] => [
          `${name}_seconds`,
          seconds,
        ]),
      ),
      moments_moved: change.clamped,
      bot: change.bot,
      left_out: change.excluded,
    })),
  );
}

/** What a deployment brought, and how long each change took, stage by stage. */
export function ChangesSection(props: {
  detail: DeploymentDetailResponse;
  links?: RepositoryLinks;
  timeZone: string;
}) {
  const { detail, links, timeZone } = props;
  const { changeRows } = detail;
  const narrow = useIsNarrow();
  if (changeRows.length === 0) {
    return (
      <Section title="Changes">
        <EmptyState title="No changes" description={whyNone(detail)} />
      </Section>
    );
  }
  // Bars share one scale, so that their lengths can be compared.
  const longest = Math.max(...changeRows.map(change => change.leadSeconds), 1);
  const when = (change: DeploymentChange) => (
    <DateTime value={change.committedAt} zone={timeZone} />
  );
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
      actions={
        <Button
          variant="secondary"
          onPress={() =>
            downloadText(
              `changes-${shortRevision(detail.revision)}.csv`,
              'text/csv',
              changesCsv(changeRows),
            )
          }
        >
          Download CSV
        </Button>
      }
    >
      <Legend changes={changeRows} />
      {narrow ? (
        <ul className={shared.cards}>
          {changeRows.map(change => (
            <li key={change.commit}>
              <ChangeName change={change} links={links} />
              <div className={shared.muted}>
                Committed {when(change)}
                {change.authorName ? ` by ${change.authorName}` : ''}
              </div>
              <div>Lead time: {formatDurationSeconds(change.leadSeconds)}</div>
              <Waterfall change={change} longest={longest} />
            </li>
          ))}
        </ul>
      ) : (
        <ScrollRegion className={shared.scroll} label="Changes, table">
          <table className={shared.table}>
            <thead>
              <tr>
                <th scope="col">Change</th>
                <th scope="col">Committed</th>
                <th scope="col">Author</th>
                <th scope="col">Lead time</th>
                <th scope="col">Where it went</th>
              </tr>
            </thead>
            <tbody>
              {changeRows.map(change => (
                <tr key={change.commit}>
                  <th scope="row">
                    <ChangeName change={change} links={links} />
                  </th>
                  <td>{when(change)}</td>
                  <td>{change.authorName}</td>
                  <td>{formatDurationSeconds(change.leadSeconds)}</td>
                  <td>
                    <Waterfall change={change} longest={longest} />
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

function whyNone(detail: DeploymentDetailResponse): string {
  if (detail.outcome === 'attempt_failed') {
    return 'It did not reach the environment, so it delivered nothing.';
  }
  return detail.historyGap
    ? `Which changes it brought cannot be told. ${GAP_WORDS[detail.historyGap]}`
    : 'Everything in it had been deployed before.';
}

function ChangeName(props: {
  change: DeploymentChange;
  links?: RepositoryLinks;
}) {
  const { change, links } = props;
  const { commit, pullRequest } = change;
  const address =
    webAddress(change.url) ??
    (/^[0-9a-f]{7,64}$/.test(commit) ? links?.commit(commit) : undefined);
  return (
    <span className={styles.name}>
      <span className={shared.mono}>
        <MaybeLink href={address}>{shortRevision(commit)}</MaybeLink>
      </span>
      {change.subject ? ` ${change.subject}` : ''}
      {pullRequest === undefined ? (
        ''
      ) : (
        <>
          {' '}
          <MaybeLink href={links?.pullRequest(pullRequest)}>
            {`(#${pullRequest})`}
          </MaybeLink>
        </>
      )}
    </span>
  );
}

function MaybeLink(props: { href: string | undefined; children: ReactNode }) {
  return props.href ? (
    <WebLink href={props.href}>{props.children}</WebLink>
  ) : (
    <>{props.children}</>
  );
}

const knownStages = (change: DeploymentChange) =>
  change.stages
    .map((stage, position) => ({ ...stage, position }))
    .filter(
      (stage): stage is typeof stage & { seconds: number } =>
        stage.seconds !== undefined,
    );

/** Colours of the stages that occur. */
function Legend({ changes }: { changes: readonly DeploymentChange[] }) {
  const staged = changes.map(knownStages).filter(stages => stages.length > 1);
  const shown = new Map(
    staged.flat().map(({ name, position }) => [position, name]),
  );
  if (shown.size === 0) {
    return null;
  }
  return (
    <ul className={styles.legend} aria-label="Stages">
      {[...shown]
        .sort(([a], [b]) => a - b)
        .map(([position, name]) => (
          <li key={name}>
            <span
              className={`${shared.swatch} ${shared[`stage${position}`]}`}
              aria-hidden="true"
            />
            {STAGE_WORDS[name].title}
          </li>
        ))}
    </ul>
  );
}

/** Where the time of one change went: a bar, the longest stage in words, and all stages on demand. */
function Waterfall(props: { change: DeploymentChange; longest: number }) {
  const { change, longest } = props;
  const stages = knownStages(change);
  const width = `${Math.max((change.leadSeconds / longest) * 100, 1)}%`;
  const [most] = [...stages].sort((a, b) => b.seconds - a.seconds);
  return (
    <div className={styles.waterfall}>
      <div className={styles.bar} style={{ width }} aria-hidden="true">
        {stages.length > 1 ? (
          stages.map(({ name, position, seconds }) => (
            <span
              key={name}
              className={shared[`stage${position}`]}
              style={{ flexGrow: seconds }}
            />
          ))
        ) : (
          <span className={styles.whole} style={{ flexGrow: 1 }} />
        )}
      </div>
      {stages.length > 1 ? (
        <details className={styles.stages}>
          <summary>
            Longest: {STAGE_WORDS[most.name].title},{' '}
            {formatDurationSeconds(most.seconds)}
          </summary>
          <ul>
            {stages.map(({ name, seconds }) => (
              <li key={name}>
                {STAGE_WORDS[name].title}: {formatDurationSeconds(seconds)}
              </li>
            ))}
          </ul>
        </details>
      ) : (
        <span className={shared.muted}>Commit to deployment only</span>
      )}
      {change.clamped ? (
        <div className={shared.muted}>
          The source has moments out of order; they were moved.
        </div>
      ) : undefined}
      {change.excluded ? (
        <div className={shared.muted}>{EXCLUSION_WORDS[change.excluded]}.</div>
      ) : undefined}
    </div>
  );
}
