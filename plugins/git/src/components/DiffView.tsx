import { Box, Button } from '@backstage/ui';
import type { FileChange } from '@pavedroad/plugin-git-common';
import { formatPlural } from '@pavedroad/portal-ui';
import { useMemo, useState } from 'react';
import { DiffFile, DiffLine, parseDiff } from '../code/parseDiff';
import styles from './styles.module.css';

/** Files with more lines, and all files after so many, are closed at first. */
const OPEN_LINES = 400;
const OPEN_FILES = 20;
const MAX_LINES = 3000;

const SIGN: Record<DiffLine['kind'], string> = {
  added: '+',
  removed: '−',
  context: '',
  note: '',
};
const SPOKEN: Record<DiffLine['kind'], string> = {
  added: 'added ',
  removed: 'removed ',
  context: '',
  note: '',
};

/** What changed: a sentence, then every file with its lines. */
export function DiffView(props: {
  files: FileChange[];
  diff: string;
  truncated: boolean;
}) {
  const { files, diff, truncated } = props;
  const parsed = useMemo(
    () => new Map(parseDiff(diff).map(file => [file.path, file])),
    [diff],
  );
  const sum = (pick: (file: FileChange) => number | undefined) =>
    files.reduce((total, file) => total + (pick(file) ?? 0), 0);
  return (
    <div className={styles.stack}>
      <p style={{ margin: 0 }}>
        {formatPlural(files.length, 'file', 'files')} changed,{' '}
        {formatPlural(
          sum(file => file.additions),
          'line',
          'lines',
        )}{' '}
        added,{' '}
        {formatPlural(
          sum(file => file.deletions),
          'line',
          'lines',
        )}{' '}
        removed.
      </p>
      {files.map((file, index) => (
        <FileDiff
          key={file.path}
          change={file}
          diff={parsed.get(file.path)}
          open={
            index < OPEN_FILES &&
            (file.additions ?? 0) + (file.deletions ?? 0) <= OPEN_LINES
          }
        />
      ))}
      {truncated ? (
        <p className={styles.secondary}>
          The difference is too large to show all of it. Clone the repository to
          see the rest.
        </p>
      ) : undefined}
    </div>
  );
}

function FileDiff(props: {
  change: FileChange;
  diff: DiffFile | undefined;
  open: boolean;
}) {
  const { change, diff } = props;
  const [open, setOpen] = useState(props.open);
  const [all, setAll] = useState(false);
  const counts =
    change.additions === undefined
      ? 'binary'
      : `+${change.additions} −${change.deletions ?? 0}`;
  return (
    <details
      className={styles.file}
      open={open}
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span className={styles.mono}>
          {change.previousPath ? `${change.previousPath} → ` : ''}
          {change.path}
        </span>
        <span className={styles.number}>
          {change.status.replace('_', ' ')}, {counts}
        </span>
      </summary>
      {open ? (
        <Hunks
          change={change}
          diff={diff}
          all={all}
          onAll={() => setAll(true)}
        />
      ) : undefined}
    </details>
  );
}

function Hunks(props: {
  change: FileChange;
  diff: DiffFile | undefined;
  all: boolean;
  onAll: () => void;
}) {
  const { change, diff, all, onAll } = props;
  if (!diff || diff.binary || diff.hunks.length === 0) {
    return (
      <p
        className={styles.secondary}
        style={{ padding: '0 var(--bui-space-3)' }}
      >
        {change.additions === undefined
          ? 'This is not a text file.'
          : 'There are no lines to show.'}
      </p>
    );
  }
  let left = all ? Infinity : MAX_LINES;
  const total = diff.hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
  return (
    <Box
      className={styles.diff}
      tabIndex={0}
      role="region"
      aria-label={`Changes of ${change.path}`}
    >
      <table>
        <caption className={styles.hidden}>
          Line before, line after, and the line with + for added and − for
          removed
        </caption>
        {diff.hunks.map((hunk, index) => {
          const lines = hunk.lines.slice(0, Math.max(0, left));
          left -= hunk.lines.length;
          return lines.length === 0 ? undefined : (
            <tbody key={index}>
              <tr className={styles.hunk}>
                <th colSpan={4} scope="rowgroup">
                  {hunk.heading}
                </th>
              </tr>
              {lines.map((line, position) => (
                <Line key={position} line={line} />
              ))}
            </tbody>
          );
        })}
      </table>
      {!all && total > MAX_LINES ? (
        <Button variant="secondary" onPress={onAll}>
          {`Show all ${total} lines`}
        </Button>
      ) : undefined}
    </Box>
  );
}

function Line(props: { line: DiffLine }) {
  const { line } = props;
  const classes: Partial<Record<DiffLine['kind'], string>> = {
    added: styles.added,
    removed: styles.removed,
  };
  return (
    <tr className={classes[line.kind]}>
      <td className={styles.lineNumber}>{line.before}</td>
      <td className={styles.lineNumber}>{line.after}</td>
      <td className={styles.sign}>
        <span aria-hidden="true">{SIGN[line.kind]}</span>
        <span className={styles.hidden}>{SPOKEN[line.kind]}</span>
      </td>
      <td className={line.kind === 'note' ? styles.secondary : undefined}>
        {line.text}
      </td>
    </tr>
  );
}
