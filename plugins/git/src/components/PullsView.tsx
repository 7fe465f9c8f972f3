import { useApi } from '@backstage/frontend-plugin-api';
import { Link, ToggleButton, ToggleButtonGroup } from '@backstage/ui';
import type { PullRequest, PullState } from '@pavedroad/plugin-git-common';
import {
  DateTime,
  EmptyState,
  ErrorState,
  FilterBar,
  LoadingSkeleton,
  Section,
  StatusBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { useSearchParams } from 'react-router-dom';
import { gitHostApiRef } from '../api';
import { shortName } from '../code/links';
import { useRepository } from './repositoryContext';
import styles from './styles.module.css';

const STATES: { id: PullState; label: string }[] = [
  { id: 'open', label: 'Open' },
  { id: 'merged', label: 'Merged' },
  { id: 'closed', label: 'Closed' },
];

/** Pull requests of a repository by state. */
export function PullsView() {
  const { repository, base } = useRepository();
  const api = useApi(gitHostApiRef);
  const [params, setParams] = useSearchParams();
  const state =
    STATES.find(({ id }) => id === params.get('state'))?.id ?? 'open';
  const { data, error, reload } = useAsyncData(
    `git-pulls ${repository.slug} ${state}`,
    async () => ({
      state,
      page: await api.listPulls(repository.slug, { state, limit: 100 }),
    }),
  );
  const page = data?.state === state ? data.page : undefined;
  return (
    <>
      <FilterBar label="Filter pull requests">
        <ToggleButtonGroup
          aria-label="State"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[state]}
          onSelectionChange={keys =>
            setParams({ state: String([...keys][0]) }, { replace: true })
          }
        >
          {STATES.map(({ id, label }) => (
            <ToggleButton key={id} id={id}>
              {label}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      </FilterBar>
      <Section
        title={`${STATES.find(({ id }) => id === state)?.label} pull requests`}
      >
        {error ? (
          <ErrorState
            action="The pull requests could not be loaded"
            error={error}
            onRetry={reload}
          />
        ) : undefined}
        {!page && !error ? (
          <LoadingSkeleton
            rows={4}
            rowHeight={36}
            label="Loading pull requests"
          />
        ) : undefined}
        {page?.items.length === 0 ? (
          <EmptyState
            title={`No ${state} pull requests`}
            description="Template upgrades open them, and so can any program with an access token."
          />
        ) : undefined}
        <ul className={styles.list}>
          {page?.items.map(pull => (
            <li key={pull.number} className={styles.row}>
              <div className={styles.rowMain}>
                <Link href={`${base}/pulls/${pull.number}`} weight="bold">
                  {pull.title}
                </Link>
                <span className={styles.secondary}>
                  #{pull.number} by {shortName(pull.createdBy)},{' '}
                  <DateTime value={pull.createdAt} relative />, {pull.source}{' '}
                  into {pull.target}
                </span>
              </div>
              <PullBadge pull={pull} />
            </li>
          ))}
        </ul>
        {page?.nextCursor ? (
          <p className={styles.secondary}>The 100 newest are shown.</p>
        ) : undefined}
      </Section>
    </>
  );
}

/** The state of a pull request in a word. */
export function PullBadge(props: { pull: PullRequest }) {
  const { pull } = props;
  if (pull.state === 'merged') {
    return <StatusBadge level="good">Merged</StatusBadge>;
  }
  if (pull.state === 'closed') {
    return <StatusBadge level="bad">Closed</StatusBadge>;
  }
  return pull.draft ? (
    <StatusBadge level="warning">Draft</StatusBadge>
  ) : (
    <StatusBadge level="info">Open</StatusBadge>
  );
}
