import { ReactNode, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { Button } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { useEntityPresentation } from '@backstage/plugin-catalog-react';
import {
  DeploymentChange,
  DeploymentDetailResponse,
  urgentNotes,
} from '@pavedroad/plugin-dora-common';
import {
  DateTime,
  EmptyState,
  ErrorState,
  formatCount,
  formatDateTime,
  formatDurationSeconds,
  formatPlural,
  Section,
  WebLink,
} from '@pavedroad/portal-ui';
import { doraApiRef } from '../../api/DoraApi';
import { ChangesPicture, picturedChanges } from '../../plot/ChangesPicture';
import { usePlotFiles } from '../../plot/usePlotFiles';
import { MAX_ROWS } from '../../state/listState';
import { shortRevision, webAddress } from '../../words/deployment';
import { STAGE_WORDS } from '../../words/figures';
import { EXCLUSION_WORDS, GAP_WORDS, noteTitle } from '../../words/notes';
import { RepositoryLinks } from '../../words/repositoryLinks';
import { knownStages } from '../../words/stages';
import { ScrollRegion } from '../ScrollRegion';
import { useIsNarrow } from '../useIsNarrow';
import shared from '../delivery.module.css';
import styles from './detail.module.css';

/** As many as one answer of the API holds. */
const MORE = 200;

/** What was read beyond the first changes of a deployment. */
interface Beyond {
  items: DeploymentChange[];
  cursor?: string;
  /** The commit that reading goes on at: the first of the last page, whose button is gone. */
  goOnAt?: string;
}

/** Gives the focus to what has just come; the same function each time, or every render would. */
const takeFocus = (row: HTMLElement | null) => row?.focus();

/**
 * What a deployment brought, and how long each change took, stage by stage. Remembers what was read of it: another deployment is
 * another section, by its key.
 */
export function ChangesSection(props: {
  detail: DeploymentDetailResponse;
  links?: RepositoryLinks;
  timeZone: string;
}) {
  const { detail, links, timeZone } = props;
  const api = useApi(doraApiRef);
  const narrow = useIsNarrow();
  const [beyond, setBeyond] = useState<Beyond>();
  const [reading, setReading] = useState<{ busy: boolean; error?: unknown }>({
    busy: false,
  });
  const changeRows = inOrder(detail.changeRows, beyond?.items);
  const cursor = beyond ? beyond.cursor : detail.nextChangesCursor;
  const pictured = picturedChanges(changeRows);
  const { primaryTitle: service } = useEntityPresentation(detail.serviceRef, {
    defaultKind: 'component',
  });
  const picture = useRef<SVGSVGElement>(null);
  const [drawing, setDrawing] = useState(false);
  const files = usePlotFiles({
    title: `Changes of ${shortRevision(detail.revision)}`,
    lines: [
      service,
      detail.finishedAt && formatDateTime(detail.finishedAt, timeZone),
      picturedWords(pictured.length, changeRows.length, detail.changes),
      ...urgentNotes(detail.dataQuality).map(note => noteTitle(note, timeZone)),
      `Delivery metrics, definition version ${detail.definition.version}`,
    ].filter(Boolean),
    picture: () => {
      flushSync(() => setDrawing(true));
      return picture.current;
    },
    csv: () => api.getDeploymentChangesCsv(detail.id),
  });
  const readOn = async () => {
    setReading({ busy: true });
    try {
      const page = await api.getDeploymentChanges(detail.id, {
        cursor,
        limit: MORE,
      });
      const items = [...(beyond?.items ?? []), ...page.items];
      const rows = inOrder(detail.changeRows, items);
      const last = !page.nextCursor || rows.length >= MAX_ROWS;
      setBeyond({
        items,
        cursor: page.nextCursor,
        ...(last && { goOnAt: rows[changeRows.length]?.commit }),
      });
      setReading({ busy: false });
    } catch (error) {
      setReading({ busy: false, error });
    }
  };
  if (changeRows.length === 0) {
    return (
      <Section title="Changes">
        <EmptyState title="No changes" description={whyNone(detail)} />
      </Section>
    );
  }
  // Bars share one scale, so that their lengths can be compared.
  const longest = Math.max(...changeRows.map(change => change.leadSeconds), 1);
  const goOn = (change: DeploymentChange) =>
    change.commit === beyond?.goOnAt
      ? { ref: takeFocus, tabIndex: -1 }
      : undefined;
  const when = (change: DeploymentChange) => (
    <DateTime value={change.committedAt} zone={timeZone} />
  );
  return (
    <Section
      title="Changes"
      subtitle={
        changeRows.length < detail.changes
          ? `The first ${formatCount(changeRows.length)} of ${formatPlural(
              detail.changes,
              'change',
            )}`
          : formatPlural(detail.changes, 'change')
      }
      actions={files.menu}
    >
      {files.error}
      {drawing ? (
        <ChangesPicture svgRef={picture} changes={pictured} />
      ) : undefined}
      <Legend changes={changeRows} />
      {narrow ? (
        <ul className={shared.cards}>
          {changeRows.map(change => (
            <li key={change.commit} {...goOn(change)}>
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
                <tr key={change.commit} {...goOn(change)}>
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
      {reading.error ? (
        <ErrorState
          action="More changes could not be loaded"
          error={reading.error}
          onRetry={readOn}
        />
      ) : undefined}
      {cursor && changeRows.length < MAX_ROWS ? (
        <div className={styles.more}>
          <Button variant="secondary" isPending={reading.busy} onPress={readOn}>
            {`Show ${MORE} more`}
          </Button>
        </div>
      ) : undefined}
      {cursor && changeRows.length >= MAX_ROWS ? (
        <p className={styles.more}>
          These are the first {formatCount(changeRows.length)}. Download the
          numbers (CSV) to have all of them.
        </p>
      ) : undefined}
    </Section>
  );
}

/** Which of its changes a picture shows. */
function picturedWords(pictured: number, shown: number, all: number): string {
  const of = shown < all ? ` of the first ${formatCount(shown)}` : '';
  if (pictured < shown) {
    return `The ${formatCount(
      pictured,
    )} that took longest${of}, of ${formatPlural(all, 'change')}`;
  }
  return shown < all
    ? `The first ${formatCount(shown)} of ${formatPlural(all, 'change')}`
    : formatPlural(all, 'change');
}

/** The first changes and those read later; one that facts derived meanwhile moved over counts once. */
function inOrder(
  first: readonly DeploymentChange[],
  later: readonly DeploymentChange[] = [],
): DeploymentChange[] {
  const known = new Set(first.map(({ commit }) => commit));
  return [...first, ...later.filter(({ commit }) => !known.has(commit))];
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
      {change.clamped && change.leadSeconds >= 0 ? (
        <div className={shared.muted}>
          A moment is before the one it follows, as when a commit comes after
          its pull request was opened, and counts at that one; or is after the
          deployment had finished, and counts at its finish.
        </div>
      ) : undefined}
      {change.excluded ? (
        <div className={shared.muted}>{EXCLUSION_WORDS[change.excluded]}.</div>
      ) : undefined}
    </div>
  );
}
