import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import {
  Button,
  ButtonLink,
  Container,
  Link,
  SearchField,
  Select,
} from '@backstage/ui';
import type { Repository } from '@pavedroad/plugin-git-common';
import {
  DateTime,
  EmptyState,
  ErrorState,
  FilterBar,
  formatPlural,
  LoadingSkeleton,
  PageHeader,
  Section,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { useDeferredValue, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { gitHostApiRef } from '../api';
import { rootRouteRef } from '../routes';
import styles from './styles.module.css';

const PAGE = 50;
const ALL = 'all';

/** All repositories: search, by owner, a page at a time. */
export function RepositoriesPage() {
  const api = useApi(gitHostApiRef);
  const root = useRouteRef(rootRouteRef)?.() ?? '/git';
  const [params, setParams] = useSearchParams();
  const query = params.get('q') ?? '';
  const owner = params.get('owner') ?? undefined;
  const asked = useDeferredValue(query);
  const [limit, setLimit] = useState(PAGE);

  const { data, error, reload } = useAsyncData(
    `git-repositories ${asked} ${owner ?? ''} ${limit}`,
    () => api.listRepositories({ query: asked || undefined, owner, limit }),
  );
  // Owners for the filter come from the whole list, not from what is filtered.
  const { data: everything } = useAsyncData('git-owners', () =>
    api.listRepositories({ limit: 200 }),
  );
  const owners = [
    ...new Set([
      ...(everything?.items ?? []).map(repository => repository.owner),
      ...(owner ? [owner] : []),
    ]),
  ].sort();

  const set = (name: string, value: string | undefined) => {
    setLimit(PAGE);
    setParams(
      previous => {
        const next = new URLSearchParams(previous);
        if (value) {
          next.set(name, value);
        } else {
          next.delete(name);
        }
        return next;
      },
      { replace: true },
    );
  };

  return (
    <>
      <PageHeader
        title="Repositories"
        subtitle="Code on the portal's own git host"
        actions={
          <ButtonLink href={`${root}/tokens`} variant="secondary">
            Access tokens
          </ButtonLink>
        }
      />
      <Container>
        <div className={styles.stack}>
          <FilterBar label="Filter repositories">
            <SearchField
              aria-label="Search repositories"
              placeholder="Name or description"
              value={query}
              onChange={value => set('q', value)}
            />
            <Select
              className={styles.select}
              label="Owner"
              options={[
                { value: ALL, label: 'All owners' },
                ...owners.map(value => ({ value, label: value })),
              ]}
              selectedKey={owner ?? ALL}
              onSelectionChange={key =>
                set(
                  'owner',
                  key === ALL || key === null ? undefined : String(key),
                )
              }
            />
          </FilterBar>
          {error ? (
            <ErrorState
              action="The repositories could not be loaded"
              error={error}
              onRetry={reload}
            />
          ) : undefined}
          {!data && !error ? (
            <LoadingSkeleton
              rows={6}
              rowHeight={40}
              label="Loading repositories"
            />
          ) : undefined}
          {data ? (
            <Section
              title={
                data.nextCursor
                  ? `First ${data.items.length} repositories`
                  : formatPlural(
                      data.items.length,
                      'repository',
                      'repositories',
                    )
              }
            >
              {data.items.length === 0 ? (
                <Nothing filtered={Boolean(asked || owner)} />
              ) : (
                <ul className={styles.list}>
                  {data.items.map(repository => (
                    <Row
                      key={repository.id}
                      repository={repository}
                      root={root}
                    />
                  ))}
                </ul>
              )}
              {data.nextCursor && limit < 200 ? (
                <Button variant="secondary" onPress={() => setLimit(200)}>
                  Show more
                </Button>
              ) : undefined}
              {data.nextCursor && limit >= 200 ? (
                <p className={styles.secondary}>
                  There are more. Search by name to find one.
                </p>
              ) : undefined}
            </Section>
          ) : undefined}
        </div>
      </Container>
    </>
  );
}

function Row(props: { repository: Repository; root: string }) {
  const { repository, root } = props;
  return (
    <li className={styles.row}>
      <div className={styles.rowMain}>
        <Link href={`${root}/${repository.slug}`} weight="bold">
          {repository.slug}
        </Link>
        {repository.description ? (
          <span className={styles.secondary}>{repository.description}</span>
        ) : undefined}
      </div>
      <div className={styles.rowSide}>
        <span>
          Updated <DateTime value={repository.updatedAt} relative />
        </span>
      </div>
    </li>
  );
}

function Nothing(props: { filtered: boolean }) {
  return props.filtered ? (
    <EmptyState
      title="No repository matches"
      description="Try another word, or all owners."
    />
  ) : (
    <EmptyState
      title="No repositories yet"
      description="A service made from a template gets its repository here. You can also create one through the interface and push to it."
      action={<ButtonLink href="/create">Start from a template</ButtonLink>}
    />
  );
}
