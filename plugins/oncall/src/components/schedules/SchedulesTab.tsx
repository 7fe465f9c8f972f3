import { stringifyEntityRef } from '@backstage/catalog-model';
import { EmptyState } from '@pavedroad/portal-ui';
import { Route, Routes, useParams } from 'react-router-dom';

import { ScheduleEditor } from './ScheduleEditor';
import { ScheduleList } from './ScheduleList';

/** Schedules as code: all of them, and a form that proposes a new one or a change as a pull request. */
export function SchedulesTab() {
  return (
    <Routes>
      <Route path="/" element={<ScheduleList />} />
      <Route path="new" element={<ScheduleEditor />} />
      <Route path=":namespace/:name" element={<Change />} />
      <Route
        path="*"
        element={
          <EmptyState
            title="There is no such page"
            description="Choose Schedules above for all schedules."
          />
        }
      />
    </Routes>
  );
}

function Change() {
  const { namespace = 'default', name = '' } = useParams();
  const ref = stringifyEntityRef({ kind: 'oncallschedule', namespace, name });
  return <ScheduleEditor key={ref} scheduleRef={ref} />;
}
