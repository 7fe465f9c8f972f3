import type { Entity } from '@backstage/catalog-model';
import { stringifyEntityRef } from '@backstage/catalog-model';
import {
  discoveryApiRef,
  fetchApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import { ResponseError } from '@backstage/errors';
import { Link } from '@backstage/ui';
import {
  DateTime,
  formatPlural,
  StatusBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';

import { runbooksOf } from './runbooks';
import styles from './cards.module.css';

const DAY = 86_400_000;

/** What the delivery metrics answer, as far as this card shows it. */
type Deployments = {
  items: {
    id: string;
    finishedAt: string;
    outcome: string;
    revision?: string;
  }[];
};
type Incidents = {
  items: { id: string; title?: string; url?: string; openedAt: string }[];
  nextCursor?: string;
};

/** What somebody who is called looks for next: the incidents that are open and the last deployment; and a runbook that is missing. */
export function ServiceFacts({ entity }: { entity: Entity }) {
  const discovery = useApi(discoveryApiRef);
  const { fetch } = useApi(fetchApiRef);
  const entityRef = stringifyEntityRef(entity);
  // Whole hours, so that the same question is asked for a while.
  const end = Math.ceil(Date.now() / 3_600_000) * 3_600_000;
  const { data, error } = useAsyncData(
    `oncall-facts-${entityRef}`,
    async () => {
      const base = await discovery.getBaseUrl('dora');
      const ask = async <T,>(
        path: string,
        query: Record<string, string>,
      ): Promise<T> => {
        const response = await fetch(
          `${base}${path}?${new URLSearchParams({
            entityRef,
            to: new Date(end).toISOString(),
            limit: '5',
            ...query,
          })}`,
        );
        if (!response.ok) {
          throw await ResponseError.fromResponse(response);
        }
        return await response.json();
      };
      const from = new Date(end - 180 * DAY).toISOString();
      const [deployments, incidents] = await Promise.all([
        ask<Deployments>('/deployments', { from }),
        ask<Incidents>('/incidents', { from, status: 'open' }),
      ]);
      return { entityRef, last: deployments.items[0], incidents };
    },
    { refreshSeconds: 120 },
  );
  const facts = data?.entityRef === entityRef ? data : undefined;
  return (
    <dl className={styles.facts}>
      {runbooksOf(entity).length === 0 ? (
        <div>
          <dt>Runbook</dt>
          <dd>
            None is linked: add a link of type “runbook” to its
            catalog-info.yaml
          </dd>
        </div>
      ) : undefined}
      {error ? (
        <div>
          <dt>Delivery</dt>
          <dd>Could not be asked for deployments and incidents</dd>
        </div>
      ) : (
        <>
          <div>
            <dt>Open incidents</dt>
            <dd>
              <OpenIncidents facts={facts} />
            </dd>
          </div>
          <div>
            <dt>Last deployment</dt>
            <dd>{facts ? <LastDeployment facts={facts} /> : 'Loading'}</dd>
          </div>
        </>
      )}
    </dl>
  );
}

type Facts = {
  last: Deployments['items'][number] | undefined;
  incidents: Incidents;
};

function LastDeployment({ facts }: { facts: Facts }) {
  const { last } = facts;
  return last ? (
    <>
      <DateTime value={last.finishedAt} relative />
      {last.outcome === 'failed' ? (
        <StatusBadge level="bad">Failed</StatusBadge>
      ) : undefined}
      {last.revision ? <code>{last.revision.slice(0, 8)}</code> : undefined}
    </>
  ) : (
    <>None in 180 days</>
  );
}

function OpenIncidents({ facts }: { facts: Facts | undefined }) {
  if (!facts) {
    return <>Loading</>;
  }
  const { items, nextCursor } = facts.incidents;
  if (items.length === 0) {
    return <>None</>;
  }
  return (
    <>
      <StatusBadge level="bad">
        {nextCursor
          ? `More than ${items.length}`
          : formatPlural(items.length, 'incident')}
      </StatusBadge>
      {items.map(({ id, title, url }) =>
        url ? (
          <Link key={id} href={url} target="_blank" rel="noopener">
            {title ?? id}
          </Link>
        ) : (
          <span key={id}>{title ?? id}</span>
        ),
      )}
    </>
  );
}
