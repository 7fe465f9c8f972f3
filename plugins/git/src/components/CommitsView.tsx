import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Link } from '@backstage/ui';
import type { Commit } from '@pavedroad/plugin-git-common';
import {
  DateTime,
  EmptyState,
  ErrorState,
  FilterBar,
  LoadingSkeleton,
  Section,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { gitHostApiRef } from '../api';
import { RefSelect } from './RefSelect';
import { useRepository } from './repositoryContext';
import styles from './styles.module.css';

const PAGE = 50;

/** Commits of a branch, newest first. */
export function CommitsView() {
  const { repository } = useRepository();
  const [params, setParams] = useSearchParams();
  const ref = params.get('ref') ?? repository.defaultBranch;
  if (repository.empty) {
    return (
      <EmptyState
        title="No commits yet"
        description="Push a first commit; the Files tab says how."
      />
    );
  }
  return (
    <>
      <FilterBar label="Choose a branch">
        <RefSelect
          slug={repository.slug}
          value={ref}
          onChange={next => setParams({ ref: next })}
        />
      </FilterBar>
      <Section title={`Commits on ${ref}`}>
        <Page key={ref} refName={ref} cursor={undefined} />
      </Section>
    </>
  );
}

/** One page of commits, and the next one once it is asked for. */
function Page(props: { refName: string; cursor: string | undefined }) {
  const { refName, cursor } = props;
  const { repository } = useRepository();
  const api = useApi(gitHostApiRef);
  const [more, setMore] = useState(false);
  const { data, error, reload } = useAsyncData(
    `git-commits ${repository.slug} ${refName} ${cursor ?? ''}`,
    () =>
      api.listCommits(repository.slug, { ref: refName, limit: PAGE, cursor }),
  );
  if (error) {
    return (
      <ErrorState
        action="The commits could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  if (!data) {
    return <LoadingSkeleton rows={8} rowHeight={32} label="Loading commits" />;
  }
  return (
    <>
      <CommitList commits={data.items} />
      {data.nextCursor && more ? (
        <Page refName={refName} cursor={data.nextCursor} />
      ) : undefined}
      {data.nextCursor && !more ? (
        <Button variant="secondary" onPress={() => setMore(true)}>
          Show older commits
        </Button>
      ) : undefined}
    </>
  );
}

/** Commits one below the other. */
export function CommitList(props: { commits: Commit[] }) {
  const { base } = useRepository();
  return (
    <ul className={styles.list}>
      {props.commits.map(commit => (
        <li key={commit.id} className={styles.row}>
          <div className={styles.rowMain}>
            <Link href={`${base}/commits/${commit.id}`}>
              {commit.subject || '(no message)'}
            </Link>
            <span className={styles.secondary}>
              {commit.authorName},{' '}
              <DateTime value={commit.committedAt} relative />
            </span>
          </div>
          <code className={styles.mono}>{commit.id.slice(0, 10)}</code>
        </li>
      ))}
    </ul>
  );
}
