import { Alert } from '@backstage/ui';

/** What the page of a sample entity says about it. */
export function SampleDataNotice() {
  return (
    <Alert
      status="info"
      icon
      title="Sample data"
      description="This belongs to Fernhill, the sample organisation. It is not yours, and nothing depends on it."
    />
  );
}
