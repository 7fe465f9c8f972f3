import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import { Container } from '@backstage/ui';
import {
  ErrorState,
  LoadingSkeleton,
  PageHeader,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { Outlet, useLocation, useParams } from 'react-router-dom';
import { gitHostApiRef } from '../api';
import { rootRouteRef } from '../routes';
import type { RepositoryContext } from './repositoryContext';
import styles from './styles.module.css';

/** Head and tabs of one repository, around the view that is open. */
export function RepositoryPage() {
  const { owner = '', name = '' } = useParams();
  const slug = `${owner}/${name}`;
  // A fresh start per repository, so that nothing of another one shows.
  return <OneRepository key={slug} slug={slug} />;
}

function OneRepository(props: { slug: string }) {
  const { slug } = props;
  const api = useApi(gitHostApiRef);
  const root = useRouteRef(rootRouteRef)?.() ?? '/git';
  const base = `${root}/${slug}`;
  const { data, error, reload } = useAsyncData(`git-repository ${slug}`, () =>
    api.getRepository(slug),
  );
  const { pathname } = useLocation();
  const rest = pathname.slice(pathname.indexOf(base) + base.length);
  const active = /^\/(commits|branches|pulls)/.exec(rest)?.[1] ?? 'files';
  const context: RepositoryContext | undefined = data && {
    repository: data,
    base,
    reload,
  };
  return (
    <>
      <PageHeader
        title={slug}
        subtitle={data?.description || undefined}
        activeTabId={active}
        tabs={
          data
            ? [
                { id: 'files', label: 'Files', href: base },
                { id: 'commits', label: 'Commits', href: `${base}/commits` },
                { id: 'branches', label: 'Branches', href: `${base}/branches` },
                {
                  id: 'pulls',
                  label: data.openPulls
                    ? `Pull requests (${data.openPulls})`
                    : 'Pull requests',
                  href: `${base}/pulls`,
                },
              ]
            : undefined
        }
      />
      <Container>
        <div className={styles.stack}>
          {error ? (
            <ErrorState
              action={`The repository ${slug} could not be loaded`}
              error={error}
              onRetry={reload}
            />
          ) : undefined}
          {!data && !error ? (
            <LoadingSkeleton
              rows={6}
              rowHeight={32}
              label="Loading the repository"
            />
          ) : undefined}
          {context ? <Outlet context={context} /> : undefined}
        </div>
      </Container>
    </>
  );
}
