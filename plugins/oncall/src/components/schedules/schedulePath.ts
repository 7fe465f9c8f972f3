import { parseEntityRef } from '@backstage/catalog-model';

/** The address of the form of a schedule, below the on-call page. */
export function schedulePath(root: string, scheduleRef: string): string {
  const { namespace, name } = parseEntityRef(scheduleRef);
  return `${root}/schedules/${namespace}/${name}`;
}
