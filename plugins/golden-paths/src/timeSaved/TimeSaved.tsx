import { useApi } from '@backstage/frontend-plugin-api';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { Text } from '@backstage/ui';
import { useAsyncData } from '@pavedroad/portal-ui';
import { timeSavedOf } from './timeSavedOf';

/** How much work a template saves, who says so, and why; nothing where the template does not say. */
export function TimeSaved(props: { templateRef: string; past?: boolean }) {
  const { templateRef, past } = props;
  const catalogApi = useApi(catalogApiRef);
  const { data } = useAsyncData(
    `golden-paths/time-saved/${templateRef}`,
    async () => {
      const { items } = await catalogApi.getEntitiesByRefs({
        entityRefs: [templateRef],
        fields: ['metadata.annotations'],
      });
      return items[0] ? timeSavedOf(items[0]) : undefined;
    },
  );
  if (!data) {
    return null;
  }
  return (
    <Text variant="body-medium">
      {past ? 'This saved' : 'Saves'} {data.words} of work, as the platform team
      estimates{data.how ? `: ${data.how}` : ''}.
    </Text>
  );
}
