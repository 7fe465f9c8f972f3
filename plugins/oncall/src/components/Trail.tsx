import { EntityRefLink } from '@backstage/plugin-catalog-react';
import type { TrailStep } from '@pavedroad/plugin-oncall-common';

import styles from './styles.module.css';

const STEPS: Record<TrailStep['step'], string> = {
  schedule: 'Schedule',
  annotation: 'Own annotation',
  provider: 'Provider annotation',
  owner: 'Owner',
  parent: 'Parent group',
};

/** How an answer was found, step by step; folded until it is wanted. */
export function Trail(props: { trail: TrailStep[]; open?: boolean }) {
  return (
    <details className={styles.details} open={props.open}>
      <summary>How this was found</summary>
      <ol className={styles.trail}>
        {props.trail.map((step, index) => (
          <li
            key={index}
            className={step.outcome === 'found' ? styles.found : undefined}
          >
            {STEPS[step.step]}
            {step.step === 'owner' || step.step === 'parent' ? (
              <>
                {' '}
                <EntityRefLink
                  entityRef={step.entityRef}
                  hideIcon
                  disableTooltip
                />
              </>
            ) : undefined}
            : {step.message}
            {step.scheduleRef && step.outcome === 'found' ? (
              <>
                {' ('}
                <EntityRefLink
                  entityRef={step.scheduleRef}
                  defaultKind="oncallschedule"
                  hideIcon
                  disableTooltip
                />
                )
              </>
            ) : undefined}
          </li>
        ))}
      </ol>
    </details>
  );
}
