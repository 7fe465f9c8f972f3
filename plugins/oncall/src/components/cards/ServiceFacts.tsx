import type { Entity } from '@backstage/catalog-model';
import { stringifyEntityRef } from '@backstage/catalog-model';
import {
  discoveryApiRef,
  fetchApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import { ResponseError } from '@backstage/errors';
import { EntityRefLink } from '@backstage/plugin-catalog-react';
import {
  DateTime,
  formatPlural,
  isWebAddress,
  StatusBadge,
  useAsyncData,
  WebLink,
} from '@pavedroad/portal-ui';

import { useDeliveryLinks } from '../useDeliveryLinks';
import { runbooksOf } from './runbooks';
import styles from './cards.module.css';

const DAY = 86_400_000;

/** What the delivery metrics answer, as far as this card shows it. */
type Deployments = {
  items: {
    id: string;
    serviceRef: string;
    finishedAt: string;
    outcome: string;
    revision?: string;
  }[];
};
type Incidents = {
  items: { id: string; serviceRef: string; title?: string; url?: string }[];
  nextCursor?: string;
};

/**
 * What somebody who is called looks for next: the incidents that are open and the last deployment, of a system or a group those of all its
 * services; and a runbook that is missing.
 */
export function ServiceFacts({ entity }: { entity: Entity }) {
  const discovery = useApi(discoveryApiRef);
  const { fetch } = useApi(fetchApiRef);
  const entityRef = stringifyEntityRef(entity);
  const kind = entity.kind.toLocaleLowerCase('en-US');
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
      {kind !== 'group' && runbooksOf(entity).length === 0 ? (
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
              <OpenIncidents facts={facts} named={kind !== 'component'} />
            </dd>
          </div>
          <div>
            <dt>Last deployment</dt>
            <dd>
              <LastDeployment facts={facts} named={kind !== 'component'} />
            </dd>
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

type PartProps = {
  /** Undefined while they are loading. */
  facts: Facts | undefined;
  /** Whether the service is told: on the page of a service it is the page's own. */
  named: boolean;
};

function LastDeployment({ facts, named }: PartProps) {
  const links = useDeliveryLinks();
  if (!facts) {
    return <>Loading</>;
  }
  const { last } = facts;
  if (!last) {
    return <>None in 180 days</>;
  }
  const version = last.revision?.slice(0, 8);
  const href = links?.deployment(last.id);
  return (
    <>
      {named ? <Service serviceRef={last.serviceRef} /> : undefined}
      <DateTime value={last.finishedAt} relative />
      {last.outcome === 'failed' ? (
        <StatusBadge level="bad">Failed</StatusBadge>
      ) : undefined}
      {href ? (
        <WebLink href={href}>
          {version ? <code>{version}</code> : 'Details'}
        </WebLink>
      ) : undefined}
      {!href && version ? <code>{version}</code> : undefined}
    </>
  );
}

function OpenIncidents({ facts, named }: PartProps) {
  const links = useDeliveryLinks();
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
      {items.map(({ id, serviceRef, title = id, url }) => {
        const href =
          links?.incident(serviceRef, id) ??
          (isWebAddress(url) ? url : undefined);
        return (
          <span key={`${serviceRef} ${id}`} className={styles.fact}>
            {named ? <Service serviceRef={serviceRef} /> : undefined}
            {href ? <WebLink href={href}>{title}</WebLink> : title}
          </span>
        );
      })}
    </>
  );
}

function Service({ serviceRef }: { serviceRef: string }) {
  return (
    <EntityRefLink
      entityRef={serviceRef}
      defaultKind="component"
      hideIcon
      disableTooltip
    />
  );
}
