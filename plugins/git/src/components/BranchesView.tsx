import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Link } from '@backstage/ui';
import type { Branch } from '@pavedroad/plugin-git-common';
import {
  DateTime,
  EmptyState,
  ErrorState,
  LoadingSkeleton,
  Section,
  StatusBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { useState } from 'react';
import { gitHostApiRef } from '../api';
import { ConfirmDialog } from './ConfirmDialog';
import { filePage, useRepository } from './repositoryContext';
import styles from './styles.module.css';

/** Branches, the most recently changed first. */
export function BranchesView() {
  const { repository, base } = useRepository();
  const api = useApi(gitHostApiRef);
  const [deleting, setDeleting] = useState<Branch>();
  const { data, error, reload } = useAsyncData(
    `git-branches ${repository.slug}`,
    () => api.listBranches(repository.slug),
  );
  if (error) {
    return (
      <ErrorState
        action="The branches could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  if (!data) {
    return <LoadingSkeleton rows={5} rowHeight={32} label="Loading branches" />;
  }
  return (
    <Section title="Branches">
      {data.length === 0 ? (
        <EmptyState
          title="No branches yet"
          description="Push a first commit; the Files tab says how."
        />
      ) : undefined}
      <ul className={styles.list}>
        {data.map(branch => (
          <li key={branch.name} className={styles.row}>
            <div className={styles.rowMain}>
              <span>
                <Link
                  href={filePage(base, 'tree', branch.name, '')}
                  weight="bold"
                >
                  {branch.name}
                </Link>{' '}
                {branch.isDefault ? (
                  <StatusBadge level="info">Default</StatusBadge>
                ) : undefined}
              </span>
              <span className={styles.secondary}>
                <Link
                  href={`${base}/commits/${branch.commit}`}
                  variant="body-small"
                >
                  {branch.subject}
                </Link>{' '}
                by {branch.authorName},{' '}
                <DateTime value={branch.committedAt} relative />
              </span>
            </div>
            {repository.viewer.canPush && !branch.isDefault ? (
              <Button
                size="small"
                variant="tertiary"
                aria-label={`Delete ${branch.name}`}
                onPress={() => setDeleting(branch)}
              >
                Delete
              </Button>
            ) : undefined}
          </li>
        ))}
      </ul>
      <ConfirmDialog
        isOpen={deleting !== undefined}
        title={`Delete the branch ${deleting?.name ?? ''}?`}
        confirm="Delete branch"
        destructive
        onClose={() => setDeleting(undefined)}
        onConfirm={async () => {
          if (deleting) {
            await api.deleteBranch(repository.slug, deleting.name);
            reload();
          }
        }}
      >
        Commits that are on no other branch can then no longer be reached by
        name. Its last commit is{' '}
        <code className={styles.mono}>{deleting?.commit.slice(0, 10)}</code>:
        push that to bring the branch back.
      </ConfirmDialog>
    </Section>
  );
}
