import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
import { useEntity } from '@backstage/plugin-catalog-react';

import { ScheduleTimeline } from './ScheduleTimeline';

/** The next two weeks of the schedule of the page. */
export function ScheduleShiftsCard() {
  const { entity } = useEntity();
  return (
    <ScheduleTimeline
      scheduleRef={stringifyEntityRef(entity)}
      title={entity.metadata.title ?? entity.metadata.name}
      levelNames={levelNamesOf(entity)}
    />
  );
}

/** What the levels of a schedule are called, first called first. Pure. */
export function levelNamesOf(entity: Entity): string[] {
  const levels = entity.spec?.levels;
  return Array.isArray(levels)
    ? levels.map((level, index) => {
        const name =
          typeof level === 'object' && level !== null && 'name' in level
            ? level.name
            : undefined;
        return typeof name === 'string' ? name : `Level ${index + 1}`;
      })
    : [];
}
