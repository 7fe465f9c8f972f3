import {
  identityApiRef,
  useApi,
  useRouteRef,
} from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import {
  ErrorState,
  LoadingSkeleton,
  SampleDataBadge,
  useAsyncData,
  viewerTimeZone,
} from '@pavedroad/portal-ui';
import { doraApiRef } from '../api/DoraApi';
import { deliveryRouteRef } from '../routes';
import { readViewState, windowOf } from '../state/viewState';
import { figureWords } from '../words/figures';
import styles from './delivery.module.css';

/** What a glance needs: how fast, how often, how well. */
const SHOWN = [
  'changeLeadTime',
  'deploymentFrequency',
  'changeFailRate',
] as const;

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

  if (error) {
    return (
      <ErrorState
        action="Delivery could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  if (!data) {
    return <LoadingSkeleton rows={3} label="Loading delivery" />;
  }
  const { entityRef } = data.scope;
  return (
    <Flex direction="column" gap="3">
      <Flex align="center" gap="2">
        <Text as="p" color="secondary">
          {entityRef
            ? `${groupWords(entityRef)}, last 90 days`
            : 'Everything, last 90 days'}
        </Text>
        {data.sampleData ? <SampleDataBadge /> : undefined}
      </Flex>
      <ul className={styles.glance}>
        {SHOWN.map(name => (
          <li key={name}>{figureWords(name, data).answer}</li>
        ))}
      </ul>
      <Link
        href={`${page?.() ?? '/delivery'}${
          entityRef ? `?scope=${encodeURIComponent(entityRef)}` : ''
        }`}
      >
        All figures
      </Link>
    </Flex>
  );
}
