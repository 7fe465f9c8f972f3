import { Box, Flex, Text } from '@backstage/ui';
import type { PreviewFile } from '@pavedroad/plugin-golden-paths-common';
import { CodeTokens, highlight } from '@pavedroad/portal-ui';
import { type ReactNode, useId, useMemo, useState } from 'react';
import { fileTree, type Folder, formatBytes } from './fileTree';
import { lineDiff } from './lineDiff';
import styles from './preview.module.css';

/** Folders are open from the start where there are no more files than this. */
const OPEN_AT_MOST = 15;

/** What becomes of a file, in words. */
const OWNERSHIP = {
  managed: 'kept up by the platform; edits of yours are shown as drift',
  merged: 'shared: upgrades merge with your edits',
  seed: 'yours from the start; upgrades never touch it',
};

const LEFT_OUT = {
  binary: 'This is no text.',
  'too-large': 'This is too long to show here.',
};

const SIGNS = { same: '  ', added: '+ ', removed: '− ', gap: '⋯ ' };

function FolderItems(props: {
  folder: Folder;
  open: boolean;
  chosen: string | undefined;
  onChoose: (path: string) => void;
}) {
  const { folder, open, chosen, onChoose } = props;
  return (
    <ul>
      {folder.folders.map(below => (
        <li key={below.path}>
          <details open={open}>
            <summary>
              {below.name}/{' '}
              <span className={styles.aside}>
                {below.count} {below.count === 1 ? 'file' : 'files'}
              </span>
            </summary>
            <FolderItems {...props} folder={below} />
          </details>
        </li>
      ))}
      {folder.files.map(file => (
        <li key={file.path}>
          <button
            type="button"
            className={styles.file}
            aria-pressed={file.path === chosen}
            onClick={() => onChoose(file.path)}
          >
            {file.path.slice(file.path.lastIndexOf('/') + 1)}{' '}
            <span className={styles.aside}>
              {file.change ?? formatBytes(file.bytes)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Diff(props: { before: string; after: string }) {
  const { before, after } = props;
  const lines = useMemo(() => lineDiff(before, after), [before, after]);
  return (
    <div className={styles.diff}>
      {lines.map(({ kind, text }, at) => (
        <div
          // Lines have no identity of their own; the list is made anew with each text.
          key={`${at}`}
          className={kind === 'same' ? undefined : styles[kind]}
        >
          {SIGNS[kind]}
          {text}
        </div>
      ))}
    </div>
  );
}

/** A text with line numbers, which are not copied along with it. */
function Lines(props: { path: string; text: string }) {
  const { path, text } = props;
  const lines = useMemo(() => highlight(path, text), [path, text]);
  return (
    <div className={`${styles.diff} ${styles.numbered}`}>
      {lines.map((tokens, at) => (
        <div key={`${at}`} data-line={at + 1}>
          <CodeTokens tokens={tokens} />
        </div>
      ))}
    </div>
  );
}

function contentsOf(file: PreviewFile): ReactNode {
  if (file.change === 'changed' || file.change === 'deleted') {
    if (file.before !== undefined && (file.contents ?? '') !== file.before) {
      return <Diff before={file.before} after={file.contents ?? ''} />;
    }
  }
  if (file.contents === undefined) {
    return undefined;
  }
  return <Lines path={file.path} text={file.contents} />;
}

/** Files in folders, and the contents of the one that is chosen. */
export function FileBrowser(props: { files: readonly PreviewFile[] }) {
  const { files } = props;
  const tree = useMemo(() => fileTree(files), [files]);
  const [path, setPath] = useState<string>();
  const headingId = useId();
  // With other answers a file may be gone; the first one of a change is what one wants to see.
  const chosen =
    files.find(file => file.path === path) ??
    files.find(file => file.path === 'README.md') ??
    files.find(file => file.change === 'changed') ??
    files[0];
  const contents = chosen ? contentsOf(chosen) : undefined;
  return (
    <div className={styles.browser}>
      <nav className={styles.tree} aria-label="Files">
        <FolderItems
          folder={tree}
          open={files.length <= OPEN_AT_MOST}
          chosen={chosen?.path}
          onChoose={setPath}
        />
      </nav>
      {chosen ? (
        <section className={styles.contents} aria-labelledby={headingId}>
          <Flex direction="column" gap="2">
            <Flex direction="column" gap="0">
              <Text
                as="h3"
                id={headingId}
                variant="body-medium"
                weight="bold"
                style={{ margin: 0, overflowWrap: 'anywhere' }}
              >
                {chosen.path}
              </Text>
              <Text variant="body-small" color="secondary">
                {[
                  chosen.change,
                  chosen.change === 'deleted'
                    ? undefined
                    : formatBytes(chosen.bytes),
                  chosen.executable ? 'executable' : undefined,
                  chosen.ownership ? OWNERSHIP[chosen.ownership] : undefined,
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </Text>
            </Flex>
            {contents ? (
              // Takes focus, so that a keyboard can scroll it.
              <Box
                className={styles.code}
                tabIndex={0}
                role="region"
                aria-label={`Content of ${chosen.path}`}
              >
                {contents}
              </Box>
            ) : (
              <Text variant="body-small">
                {chosen.leftOut ? LEFT_OUT[chosen.leftOut] : 'It is empty.'}
              </Text>
            )}
          </Flex>
        </section>
      ) : undefined}
    </div>
  );
}
