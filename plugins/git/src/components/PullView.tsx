import { useApi } from '@backstage/frontend-plugin-api';
import { Alert, Button, Checkbox } from '@backstage/ui';
import type {
  Mergeability,
  PullRequestDetail,
} from '@pavedroad/plugin-git-common';
import {
  DateTime,
  ErrorState,
  LoadingSkeleton,
  Section,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { useState } from 'react';
import { useParams } from 'react-router-dom';
import { gitHostApiRef } from '../api';
import { resolveLink, shortName } from '../code/links';
import { CommitList } from './CommitsView';
import { ConfirmDialog } from './ConfirmDialog';
import { DiffView } from './DiffView';
import { MarkdownText } from './MarkdownText';
import { PullBadge } from './PullsView';
import { useRepository } from './repositoryContext';
import styles from './styles.module.css';

/** One pull request: what it is for, whether it can be merged, and what it changes. */
export function PullView() {
  const { number = '' } = useParams();
  return <OnePull key={number} number={Number(number)} />;
}

function OnePull(props: { number: number }) {
  const { number } = props;
  const { repository, base, reload: reloadRepository } = useRepository();
  const api = useApi(gitHostApiRef);
  const { slug } = repository;
  const { data, error, reload } = useAsyncData(
    `git-pull ${slug} ${number}`,
    () => api.getPull(slug, number),
  );
  const changes = useAsyncData(
    data
      ? `git-pull-diff ${slug} ${number} ${data.headCommit} ${data.state}`
      : undefined,
    () => api.getPullComparison(slug, number),
  );
  const changed = () => {
    reload();
    reloadRepository();
  };
  if (error) {
    return (
      <ErrorState
        action="The pull request could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  if (!data) {
    return (
      <LoadingSkeleton
        rows={8}
        rowHeight={28}
        label="Loading the pull request"
      />
    );
  }
  return (
    <>
      <Section
        title={`${data.title} #${data.number}`}
        subtitle={
          <>
            {shortName(data.createdBy)} wants to merge{' '}
            <code>{data.source}</code> into <code>{data.target}</code>, opened{' '}
            <DateTime value={data.createdAt} relative />
          </>
        }
        actions={<PullBadge pull={data} />}
      >
        <div className={styles.stack}>
          {data.body ? (
            <MarkdownText
              text={data.body}
              linkUri={href =>
                resolveLink(href, { base, ref: data.source, directory: '' })
              }
              imageUri={source => (/^https:\/\//i.test(source) ? source : '')}
            />
          ) : (
            <p className={styles.secondary} style={{ margin: 0 }}>
              No description.
            </p>
          )}
          <Outcome pull={data} />
          <Actions pull={data} onChanged={changed} />
        </div>
      </Section>
      <Section title="Commits">
        {changes.data ? (
          <CommitList commits={changes.data.commits} />
        ) : (
          <LoadingSkeleton rows={2} />
        )}
      </Section>
      <Section title="Changes">
        {changes.error ? (
          <ErrorState
            action="The changes could not be loaded"
            error={changes.error}
            onRetry={changes.reload}
          />
        ) : undefined}
        {changes.data ? (
          <DiffView
            files={changes.data.files}
            diff={changes.data.diff}
            truncated={changes.data.diffTruncated}
          />
        ) : undefined}
        {!changes.data && !changes.error ? (
          <LoadingSkeleton rows={6} label="Loading changes" />
        ) : undefined}
      </Section>
    </>
  );
}

const WORDS: Record<
  Exclude<Mergeability['status'], 'not_open'>,
  { status: 'success' | 'warning' | 'info'; title: string; next: string }
> = {
  mergeable: {
    status: 'success',
    title: 'It can be merged',
    next: 'Nothing on the target branch stands against it.',
  },
  draft: {
    status: 'info',
    title: 'It is a draft',
    next: 'Mark it ready before it can be merged.',
  },
  conflicts: {
    status: 'warning',
    title: 'It conflicts with the target branch',
    next: 'Merge the target branch into the source branch, settle these files, and push:',
  },
  nothing_to_merge: {
    status: 'info',
    title: 'There is nothing to merge',
    next: 'The target branch already has every commit. Close it.',
  },
  source_missing: {
    status: 'warning',
    title: 'The source branch is gone',
    next: 'Push it again to merge it, or close the pull request.',
  },
  target_missing: {
    status: 'warning',
    title: 'The target branch is gone',
    next: 'Push it again, or close the pull request.',
  },
};

function Outcome(props: { pull: PullRequestDetail }) {
  const { pull } = props;
  const { base } = useRepository();
  if (pull.state === 'merged') {
    return (
      <p style={{ margin: 0 }}>
        Merged by {shortName(pull.mergedBy ?? 'unknown')},{' '}
        {pull.mergedAt ? (
          <DateTime value={pull.mergedAt} relative />
        ) : undefined}
        {pull.mergeCommit ? (
          <>
            {', as '}
            <a
              href={`${base}/commits/${pull.mergeCommit}`}
              className={styles.mono}
            >
              {pull.mergeCommit.slice(0, 10)}
            </a>
          </>
        ) : undefined}
        .
      </p>
    );
  }
  if (pull.state === 'closed') {
    return (
      <p style={{ margin: 0 }}>
        Closed without merging by {shortName(pull.closedBy ?? 'unknown')},{' '}
        {pull.closedAt ? (
          <DateTime value={pull.closedAt} relative />
        ) : undefined}
        .
      </p>
    );
  }
  const { status, conflicts } = pull.mergeability;
  if (status === 'not_open') {
    return undefined;
  }
  const words = WORDS[status];
  return (
    <Alert
      status={words.status}
      icon
      title={words.title}
      description={
        <>
          {words.next}
          {conflicts.length > 0 ? (
            <ul>
              {conflicts.map(path => (
                <li key={path} className={styles.mono}>
                  {path}
                </li>
              ))}
            </ul>
          ) : undefined}
        </>
      }
    />
  );
}

function Actions(props: { pull: PullRequestDetail; onChanged: () => void }) {
  const { pull, onChanged } = props;
  const { repository } = useRepository();
  const api = useApi(gitHostApiRef);
  const [dialog, setDialog] = useState<'merge' | 'close'>();
  const [deleteSource, setDeleteSource] = useState(true);
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const { slug } = repository;
  const { viewer, state } = pull;

  const run = async (work: () => Promise<unknown>) => {
    setPending(true);
    setError(undefined);
    try {
      await work();
      onChanged();
    } catch (caught) {
      setError(caught);
    } finally {
      setPending(false);
    }
  };

  if (state === 'merged') {
    return undefined;
  }
  if (!viewer.canOpenPull && !viewer.canMerge) {
    return (
      <p className={styles.secondary} style={{ margin: 0 }}>
        Only members of {repository.owner} and administrators can merge or close
        it.
      </p>
    );
  }
  return (
    <>
      {error ? (
        <ErrorState action="It did not work" error={error} />
      ) : undefined}
      <div className={styles.rowSide}>
        {state === 'open' && viewer.canMerge ? (
          <Button
            variant="primary"
            isDisabled={pull.mergeability.status !== 'mergeable' || isPending}
            onPress={() => setDialog('merge')}
          >
            Merge
          </Button>
        ) : undefined}
        {state === 'open' && pull.draft && viewer.canOpenPull ? (
          <Button
            variant="secondary"
            isPending={isPending}
            onPress={() =>
              run(() => api.updatePull(slug, pull.number, { draft: false }))
            }
          >
            Mark ready
          </Button>
        ) : undefined}
        {state === 'open' && viewer.canOpenPull ? (
          <Button
            variant="secondary"
            isDisabled={isPending}
            onPress={() => setDialog('close')}
          >
            Close
          </Button>
        ) : undefined}
        {state === 'closed' && viewer.canOpenPull ? (
          <Button
            variant="secondary"
            isPending={isPending}
            onPress={() => run(() => api.reopenPull(slug, pull.number))}
          >
            Reopen
          </Button>
        ) : undefined}
      </div>
      <ConfirmDialog
        isOpen={dialog === 'merge'}
        title={`Merge pull request #${pull.number}?`}
        confirm="Merge"
        onClose={() => setDialog(undefined)}
        onConfirm={async () => {
          // What was looked at is what is merged.
          await api.mergePull(slug, pull.number, {
            headCommit: pull.headCommit,
            deleteSource,
          });
          onChanged();
        }}
      >
        <div className={styles.stack}>
          <span>
            A merge commit brings {pull.source} into {pull.target}. What listens
            to this branch, such as its pipeline, starts at once.
          </span>
          <Checkbox isSelected={deleteSource} onChange={setDeleteSource}>
            {`Delete the branch ${pull.source} afterwards`}
          </Checkbox>
        </div>
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={dialog === 'close'}
        title={`Close pull request #${pull.number}?`}
        confirm="Close pull request"
        onClose={() => setDialog(undefined)}
        onConfirm={async () => {
          await api.closePull(slug, pull.number);
          onChanged();
        }}
      >
        Nothing is merged and no branch is deleted. It can be reopened.
      </ConfirmDialog>
    </>
  );
}
