import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import { useEntity } from '@backstage/plugin-catalog-react';
import { Link } from '@backstage/ui';
import {
  parseRepositorySlug,
  REPOSITORY_ANNOTATION,
  stringifyRepositorySlug,
} from '@pavedroad/plugin-git-common';
import {
  DateTime,
  EmptyState,
  ErrorState,
  formatPlural,
  LoadingSkeleton,
  Section,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { gitHostApiRef } from '../api';
import { rootRouteRef } from '../routes';
import { CopyBox } from './CopyBox';
import styles from './styles.module.css';

/** The repository of the entity of the page: where it is, how to clone it, what happened last, what waits. */
export function EntityRepositoryCard() {
  const { entity } = useEntity();
  const annotation = entity.metadata.annotations?.[REPOSITORY_ANNOTATION] ?? '';
  const slug = parseRepositorySlug(annotation);
  return (
    <Section title="Repository">
      {slug ? (
        <Repository key={annotation} slug={stringifyRepositorySlug(slug)} />
      ) : (
        <EmptyState
          title="The repository's name cannot be read"
          description={`The annotation ${REPOSITORY_ANNOTATION} must be <owner>/<name>, and is '${annotation}'.`}
        />
      )}
    </Section>
  );
}

function Repository(props: { slug: string }) {
  const { slug } = props;
  const api = useApi(gitHostApiRef);
  const root = useRouteRef(rootRouteRef)?.() ?? '/git';
  const base = `${root}/${slug}`;
  const { data, error, reload } = useAsyncData(`git-card ${slug}`, async () => {
    const repository = await api.getRepository(slug);
    const commits = repository.empty
      ? []
      : (await api.listCommits(slug, { limit: 3 })).items;
    return { repository, commits };
  });
  if (error) {
    return (
      <ErrorState
        action={`The repository ${slug} could not be loaded`}
        error={error}
        onRetry={reload}
      />
    );
  }
  if (!data) {
    return <LoadingSkeleton rows={4} label="Loading the repository" />;
  }
  const { repository, commits } = data;
  return (
    <div className={styles.stack}>
      <div className={styles.rowSide}>
        <Link href={base} weight="bold">
          {slug}
        </Link>
        <Link href={`${base}/pulls`}>
          {formatPlural(
            repository.openPulls,
            'open pull request',
            'open pull requests',
          )}
        </Link>
      </div>
      <CopyBox text={repository.cloneUrl} what="clone address" />
      {commits.length === 0 ? (
        <p className={styles.secondary} style={{ margin: 0 }}>
          No commits yet.
        </p>
      ) : (
        <ul className={styles.list} aria-label="Last commits">
          {commits.map(commit => (
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
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
