import { EntityCardBlueprint } from '@backstage/plugin-catalog-react/alpha';

/** Set on everything that belongs to the sample organisation. */
export const SAMPLE_DATA_ANNOTATION = 'pavedroad.dev/sample-data';

/** Says on the page of every sample entity that it is one, so that nobody takes it for their own. */
export const sampleDataCard = EntityCardBlueprint.make({
  name: 'sample-data',
  params: {
    type: 'info',
    filter: entity =>
      entity.metadata.annotations?.[SAMPLE_DATA_ANNOTATION] === 'true',
    loader: async () => {
      const { SampleDataNotice } = await import('./SampleDataNotice');
      return <SampleDataNotice />;
    },
  },
});
