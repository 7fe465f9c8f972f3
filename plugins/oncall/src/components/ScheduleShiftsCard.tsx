import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
import { useEntity } from '@backstage/plugin-catalog-react';
import { Flex } from '@backstage/ui';

import { ChangesProvider } from './changes/ChangesProvider';
import { HandoverPanel } from './handover/HandoverPanel';
import { ScheduleTimeline } from './ScheduleTimeline';

/** The next two weeks of the schedule of the page, and what passes from shift to shift. */
export function ScheduleShiftsCard() {
  const { entity } = useEntity();
  const scheduleRef = stringifyEntityRef(entity);
  const title = entity.metadata.title ?? entity.metadata.name;
  return (
    <ChangesProvider>
      <Flex direction="column" gap="4">
        <ScheduleTimeline
          scheduleRef={scheduleRef}
          title={title}
          levelNames={levelNamesOf(entity)}
        />
        <HandoverPanel
          key={scheduleRef}
          scheduleRef={scheduleRef}
          title={title}
        />
      </Flex>
    </ChangesProvider>
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
