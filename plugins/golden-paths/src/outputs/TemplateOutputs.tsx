import { useApi } from '@backstage/frontend-plugin-api';
import {
  scaffolderApiRef,
  type ScaffolderTaskOutput,
} from '@backstage/plugin-scaffolder-react';
import { DefaultTemplateOutputs } from '@backstage/plugin-scaffolder-react/alpha';
import { Box } from '@backstage/ui';
import { useAsyncData } from '@pavedroad/portal-ui';
import { useParams } from 'react-router-dom';
import { TimeSaved } from '../timeSaved/TimeSaved';
import { withIconsOfHosts } from './linkIcons';
import styles from './outputs.module.css';

/** How much work the template of a task saved; nothing for tasks of unknown templates. */
function TimeSavedByTask({ taskId }: { taskId: string }) {
  const scaffolderApi = useApi(scaffolderApiRef);
  const { data: templateRef } = useAsyncData(
    `golden-paths/template-of/${taskId}`,
    async () =>
      (await scaffolderApi.getTask(taskId)).spec.templateInfo?.entityRef,
  );
  return templateRef ? (
    <Box mb="4">
      <TimeSaved templateRef={templateRef} past />
    </Box>
  ) : null;
}

/** What came out of a template and what to do next, and how much work it saved, on the page of a task. */
export function TemplateOutputs({ output }: { output?: ScaffolderTaskOutput }) {
  const { taskId } = useParams();
  // Nothing is saved before it is done.
  return output ? (
    <>
      {taskId && <TimeSavedByTask taskId={taskId} />}
      <div className={styles.outputs}>
        <DefaultTemplateOutputs output={withIconsOfHosts(output)} />
      </div>
    </>
  ) : null;
}
