import { useApi } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import {
  DateTime,
  ErrorState,
  LoadingSkeleton,
  Section,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { useParams } from 'react-router-dom';
import { gitHostApiRef } from '../api';
import { DiffView } from './DiffView';
import { filePage, useRepository } from './repositoryContext';
import styles from './styles.module.css';

/** One commit: who, when, why, and what it changed. */
export function CommitView() {
  const { commit = '' } = useParams();
  return <OneCommit key={commit} id={commit} />;
}

function OneCommit(props: { id: string }) {
  const { repository, base } = useRepository();
  const api = useApi(gitHostApiRef);
  const { data, error, reload } = useAsyncData(
    `git-commit ${repository.slug} ${props.id}`,
    () => api.getCommit(repository.slug, props.id),
  );
  if (error) {
    return (
      <ErrorState
        action="The commit could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  if (!data) {
    return (
      <LoadingSkeleton rows={8} rowHeight={28} label="Loading the commit" />
    );
  }
  return (
    <>
      <Section
        title={data.subject || '(no message)'}
        subtitle={
          <>
            {data.authorName}, <DateTime value={data.committedAt} relative />
          </>
        }
        actions={
          <Link href={filePage(base, 'tree', data.id, '')}>
            Files at this commit
          </Link>
        }
      >
        <div className={styles.stack}>
          {data.body ? (
            <pre className={styles.message}>{data.body}</pre>
          ) : undefined}
          <div className={styles.rowSide}>
            <span>
              Commit <code className={styles.mono}>{data.id}</code>
            </span>
            {data.parents.map(parent => (
              <span key={parent}>
                Parent{' '}
                <Link href={`${base}/commits/${parent}`}>
                  <code className={styles.mono}>{parent.slice(0, 10)}</code>
                </Link>
              </span>
            ))}
          </div>
        </div>
      </Section>
      <Section
        title="Changes"
        subtitle={
          data.parents.length > 1
            ? 'Against the first parent, as this is a merge'
            : undefined
        }
      >
        <DiffView
          files={data.files}
          diff={data.diff}
          truncated={data.diffTruncated}
        />
      </Section>
    </>
  );
}
