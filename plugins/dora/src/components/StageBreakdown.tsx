import { Link } from '@backstage/ui';
import { StageSummary } from '@pavedroad/plugin-dora-common';
import { Section } from '@pavedroad/portal-ui';
import { Waterfall } from '../plot/Waterfall';
import { useViewState } from '../state/useViewState';
import { bottleneck } from '../words/figures';
import { unbroken } from '../words/unbroken';
import styles from './delivery.module.css';

/** Where lead time goes: the bottleneck in words, and the stages one after the other. */
export function StageBreakdown({
  stages,
}: {
  stages: readonly StageSummary[];
}) {
  const { hrefOf } = useViewState();
  const known = stages.filter(stage => stage.changes > 0);
  const sentence = bottleneck(stages);
  return (
    <Section title="Where lead time goes">
      <p className={styles.answer}>
        {(sentence && unbroken(sentence)) ??
          (known.length === 0
            ? 'No changes in this period.'
            : 'Only the time from commit to deployment is known.')}
      </p>
      {known.length === 0 || sentence ? undefined : (
        <p className={styles.comparison}>
          Connect pull requests and builds to see where it passes.
        </p>
      )}
      {known.length === 0 ? undefined : <Waterfall stages={stages} />}
      <div className={styles.cardFoot}>
        <Link href={hrefOf({ tab: 'lead-time' })}>
          Stage by stage, and how lead times are distributed
        </Link>
      </div>
    </Section>
  );
}
