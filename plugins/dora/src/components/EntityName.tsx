import { Link } from '@backstage/ui';
import { useRouteRef } from '@backstage/frontend-plugin-api';
import {
  entityRouteParams,
  entityRouteRef,
  useEntityPresentation,
} from '@backstage/plugin-catalog-react';

/** The name a person knows an entity by: its title, not its ref. */
export function EntityName({ entityRef }: { entityRef: string }) {
  const { primaryTitle } = useEntityPresentation(entityRef, {
    // Its kind is known from where it stands; without a title, the name alone is shown.
    defaultKind: entityRef.includes(':')
      ? entityRef.slice(0, entityRef.indexOf(':'))
      : 'component',
  });
  return <>{primaryTitle}</>;
}

/** The same as a link to the entity's page, or to a tab of it. */
export function EntityLink(props: {
  entityRef: string;
  /** Name to show, where it is known already. */
  title?: string;
  /** Path below the entity's page, such as `/delivery`. */
  tab?: string;
}) {
  const { entityRef, title, tab = '' } = props;
  const route = useRouteRef(entityRouteRef);
  const name = title ?? <EntityName entityRef={entityRef} />;
  // Programs and names that sources send are no refs: they have no page.
  if (!route || !/^[^:/\s]+:[^/\s]+\/\S+$/.test(entityRef)) {
    return <>{name}</>;
  }
  return (
    <Link href={`${route(entityRouteParams(entityRef))}${tab}`}>{name}</Link>
  );
}
