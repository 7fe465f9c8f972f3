import { Link } from '@backstage/ui';
import { StageSummary } from '@pavedroad/plugin-dora-common';
import {
  formatDurationSeconds,
  formatPercent,
  Section,
} from '@pavedroad/portal-ui';
import { useViewState } from '../state/useViewState';
import { bottleneck, STAGE_WORDS } from '../words/figures';
import { stageRows } from '../words/stages';
import { unbroken } from '../words/unbroken';
import { CsvButton } from './CsvButton';
import styles from './delivery.module.css';

/** Where lead time goes: the bottleneck in words, the shares as a bar, and each stage with its median. */
export function StageBreakdown({
  stages,
}: {
  stages: readonly StageSummary[];
}) {
  const { hrefOf } = useViewState();
  const known = stages.filter(stage => stage.changes > 0);
  const sentence = bottleneck(stages);
  return (
    <Section
      title="Where lead time goes"
      actions={
        known.length === 0 ? undefined : (
          <CsvButton
            name="lead-time-stages"
            of="stages of lead time"
            rows={() => stageRows(stages)}
          />
        )
      }
    >
      <p className={styles.answer}>
        {(sentence && unbroken(sentence)) ??
          (known.length === 0
            ? 'No changes in this period.'
            : 'Only the time from commit to deployment is known.')}
      </p>
      {known.length === 0 ? undefined : (
        <>
          {sentence ? (
            <div className={styles.stageBar} aria-hidden="true">
              {stages.map((stage, i) =>
                stage.shareOfTotal > 0 ? (
                  <span
                    key={stage.name}
                    className={styles[`stage${i}`]}
                    style={{ flexGrow: stage.shareOfTotal }}
                  />
                ) : undefined,
              )}
            </div>
          ) : (
            <p className={styles.comparison}>
              Connect pull requests and builds to see where it passes.
            </p>
          )}
          <div className={styles.scroll}>
            <table className={styles.table}>
              <thead>
                <tr>
                  <th scope="col">Stage</th>
                  <th scope="col">Share</th>
                  <th scope="col">Median</th>
                </tr>
              </thead>
              <tbody>
                {stages.map((stage, i) => (
                  <tr key={stage.name}>
                    <th scope="row">
                      <span
                        className={`${styles.swatch} ${styles[`stage${i}`]}`}
                        aria-hidden="true"
                      />
                      {STAGE_WORDS[stage.name].title}
                    </th>
                    {stage.changes === 0 ? (
                      <td colSpan={2} className={styles.muted}>
                        not known; part of the next
                      </td>
                    ) : (
                      <>
                        <td>{formatPercent(stage.shareOfTotal)}</td>
                        <td>{formatDurationSeconds(stage.p50Seconds ?? 0)}</td>
                      </>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      <div className={styles.cardFoot}>
        <Link href={hrefOf({ tab: 'lead-time' })}>
          Stage by stage, and how lead times are distributed
        </Link>
      </div>
    </Section>
  );
}
