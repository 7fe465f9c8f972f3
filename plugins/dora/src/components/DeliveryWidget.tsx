import {
  identityApiRef,
  useApi,
  useRouteRef,
} from '@backstage/frontend-plugin-api';
import { useAsyncData, viewerTimeZone } from '@pavedroad/portal-ui';
import { doraApiRef } from '../api/DoraApi';
import { deliveryRouteRef } from '../routes';
import { readViewState, windowOf } from '../state/viewState';
import { Glance } from './Glance';

/** `group:default/engineering-platform` as "Engineering platform". */
function groupWords(ref: string): string {
  const name = ref.replace(/^group:(default\/)?/, '').replace(/-/g, ' ');
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** How the viewer's own group has delivered lately, in sentences; the whole organisation for somebody without one. */
export function DeliveryWidget() {
  const api = useApi(doraApiRef);
  const identityApi = useApi(identityApiRef);
  const page = useRouteRef(deliveryRouteRef);
  const { data, error, reload } = useAsyncData('dora/widget', async () => {
    const { ownershipEntityRefs } = await identityApi.getBackstageIdentity();
    const groups = ownershipEntityRefs.filter(ref => ref.startsWith('group:'));
    const state = readViewState(
      new URLSearchParams(),
      new Date(),
      viewerTimeZone(),
    );
    const ask = (entityRef: string | undefined) =>
      api.getMetrics({
        entityRef,
        ...windowOf(state),
        environment: state.environment,
        timeZone: state.timeZone,
        interval: state.interval,
      });
    const answers = await Promise.all(groups.map(ask));
    // The smallest group with services says most about the viewer's own work.
    const own = answers
      .filter(({ scope }) => scope.services > 0)
      .sort((a, b) => a.scope.services - b.scope.services)[0];
    return own ?? ask(undefined);
  });

  const entityRef = data?.scope.entityRef;
  return (
    <Glance
      response={data}
      error={error}
      reload={reload}
      title={entityRef ? groupWords(entityRef) : 'Everything'}
      href={`${page?.() ?? '/delivery'}${
        entityRef ? `?scope=${encodeURIComponent(entityRef)}` : ''
      }`}
    />
  );
}
