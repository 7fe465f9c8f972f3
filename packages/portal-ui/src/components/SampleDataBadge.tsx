import { StatusBadge } from './StatusBadge';

/** Marks what comes from the sample organisation, so that nobody takes it for their own. */
export function SampleDataBadge() {
  return <StatusBadge level="info">Sample data</StatusBadge>;
}
