import type { ScaffolderTaskOutput } from '@backstage/plugin-scaffolder-react';
import { DefaultTemplateOutputs } from '@backstage/plugin-scaffolder-react/alpha';
import { Box } from '@backstage/ui';
import { TimeSaved } from '../timeSaved/TimeSaved';
import { withIconsOfHosts } from './linkIcons';
import styles from './outputs.module.css';

/** What came out of a template and what to do next, and how much work it saved. */
export function TemplateOutputs(props: {
  templateRef: string;
  output?: ScaffolderTaskOutput;
}) {
  const { templateRef, output } = props;
  // Nothing is saved before it is done.
  return output ? (
    <>
      <Box mb="4">
        <TimeSaved templateRef={templateRef} past />
      </Box>
      <div className={styles.outputs}>
        <DefaultTemplateOutputs output={withIconsOfHosts(output)} />
      </div>
    </>
  ) : null;
}
