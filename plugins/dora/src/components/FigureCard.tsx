import { useMemo } from 'react';
import { Link } from '@backstage/ui';
import { MetricName, MetricsResponse } from '@pavedroad/plugin-dora-common';
import { Section, StatusBadge } from '@pavedroad/portal-ui';
import { otherSeries, PlotMarks, plotSeries } from '../plot/series';
import { TrendPlot } from '../plot/TrendPlot';
import { useViewState } from '../state/useViewState';
import { ViewChange } from '../state/viewState';
import { Against } from '../words/against';
import { figureWords } from '../words/figures';
import { unbroken } from '../words/unbroken';
import { DefinitionDialog } from './DefinitionDialog';
import styles from './delivery.module.css';

/** Which rows of the list stand behind a number. */
const BEHIND: Record<MetricName, { filter: ViewChange; words: string }> = {
  changeLeadTime: { filter: {}, words: 'Deployments that brought the changes' },
  deploymentFrequency: {
    filter: { kind: 'change' },
    words: 'Deployments that were counted',
  },
  changeFailRate: {
    filter: { kind: 'change', outcome: 'failed', failureData: 'true' },
    words: 'Deployments that failed',
  },
  failedDeploymentRecoveryTime: {
    filter: { kind: 'change', outcome: 'failed', failureData: 'true' },
    words: 'Deployments that had to be recovered',
  },
  deploymentReworkRate: {
    filter: { failureData: 'true', rework: 'true' },
    words: 'Deployments that were repairs',
  },
};

/** A number's rows are its own, whatever was filtered before. */
const NO_FILTER: ViewChange = {
  outcome: undefined,
  kind: undefined,
  failureData: undefined,
  rework: undefined,
  attempts: undefined,
};

/** What a figure is held against, and what is drawn beside it. */
export interface Beside {
  against: Against;
  /** The other side with its series, once it is loaded. */
  other?: MetricsResponse;
  marks?: PlotMarks;
}

/** One metric: its answer in words, what it rests on, how it compares, its course, and the way to the rows behind it. */
export function FigureCard(props: {
  name: MetricName;
  response: MetricsResponse;
  beside: Beside;
}) {
  const { name, response, beside } = props;
  const { against, other, marks } = beside;
  const { hrefOf } = useViewState();
  const words = figureWords(name, response, against);
  const series = useMemo(() => plotSeries(name, response), [name, response]);
  const drawn = useMemo(
    () => other && otherSeries(name, response, other, against.label),
    [name, response, other, against.label],
  );
  const { filter, words: behind } = BEHIND[name];
  return (
    <Section
      title={words.title}
      actions={
        words.status === 'insufficient_data' ? (
          <StatusBadge level="info">Few values</StatusBadge>
        ) : undefined
      }
    >
      <p className={styles.answer}>{unbroken(words.answer)}</p>
      {words.facts.length > 0 ? (
        <ul className={styles.facts}>
          {words.facts.map(fact => (
            <li key={fact}>{unbroken(fact)}</li>
          ))}
        </ul>
      ) : undefined}
      <p className={styles.comparison}>{unbroken(words.comparison)}</p>
      {series.points.some(p => p.value !== undefined) ? (
        <TrendPlot series={series} other={drawn} marks={marks} />
      ) : undefined}
      <div className={styles.cardFoot}>
        {words.status === 'no_data' && response.dataQuality.length > 0 ? (
          <Link href={hrefOf({ tab: 'data-quality' }, '#what-to-connect')}>
            What to connect
          </Link>
        ) : undefined}
        {words.status === 'no_data' ? undefined : (
          <Link
            href={hrefOf(
              { ...NO_FILTER, ...filter, tab: 'deployments' },
              '#deployments',
            )}
          >
            {behind}
          </Link>
        )}
        <DefinitionDialog name={name} response={response} />
      </div>
    </Section>
  );
}
