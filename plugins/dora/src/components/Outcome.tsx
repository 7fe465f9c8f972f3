import { Text } from '@backstage/ui';
import { DeploymentListItem } from '@pavedroad/plugin-dora-common';
import { StatusBadge } from '@pavedroad/portal-ui';

/** What became of a deployment, in words. */
export function Outcome({ item }: { item: DeploymentListItem }) {
  if (item.outcome === 'attempt_failed') {
    return <StatusBadge level="warning">Not deployed</StatusBadge>;
  }
  if (item.outcome === 'failed') {
    return <StatusBadge level="bad">Failed in use</StatusBadge>;
  }
  return item.failureData ? (
    <StatusBadge level="good">No failure</StatusBadge>
  ) : (
    <Text color="secondary">Not known</Text>
  );
}
