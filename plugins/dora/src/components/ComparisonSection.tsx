import { MetricsResponse } from '@pavedroad/plugin-dora-common';
import { CsvValue, Section } from '@pavedroad/portal-ui';
import { useNotedRows } from '../plot/PlotCaption';
import { Against, scopeName, windowWords } from '../words/against';
import {
  METRIC_NAMES,
  METRIC_TITLES,
  sideOf,
  verdictWords,
} from '../words/figures';
import { CsvButton } from './CsvButton';
import { ScrollRegion } from './ScrollRegion';
import { useIsNarrow } from './useIsNarrow';
import { useScopeTitle } from './useScopeTitle';
import styles from './delivery.module.css';

/** Two periods or two scopes side by side, with a verdict in words for each metric. */
export function ComparisonSection(props: {
  response: MetricsResponse;
  against: Against;
}) {
  const { response, against } = props;
  const narrow = useIsNarrow();
  const noted = useNotedRows();
  const { window, comparison, scope } = response;
  const hereTitle = useScopeTitle(scope.entityRef);
  const thereTitle = useScopeTitle(comparison.scope?.entityRef);
  const here = against.isScope
    ? scopeName(scope.entityRef, hereTitle)
    : windowWords(window, window.timeZone);
  const there = against.isScope
    ? scopeName(comparison.scope?.entityRef, thereTitle)
    : windowWords(comparison.window, window.timeZone);
  const rows = METRIC_NAMES.map(name => ({
    name,
    title: METRIC_TITLES[name],
    here: sideOf(name, response.metrics).text ?? 'no data',
    there: sideOf(name, comparison.metrics).text ?? 'no data',
    verdict: verdictWords(name, response, against),
  }));
  const changed = METRIC_NAMES.filter(
    name => comparison.verdicts[name] === 'changed',
  );
  return (
    <Section
      title={`Compared with ${against.isScope ? there : against.name}`}
      subtitle={against.isScope ? undefined : `${here}, against ${there}`}
      actions={
        <CsvButton
          name="comparison"
          of="comparison"
          rows={() => noted(comparisonRows(response))}
        />
      }
    >
      <p className={styles.answer}>{summary(changed, against.isScope)}</p>
      {narrow ? (
        <ul className={styles.cards}>
          {rows.map(row => (
            <li key={row.name}>
              <strong>{row.title}</strong>
              <dl className={styles.list}>
                <dt>{here}</dt>
                <dd>{row.here}</dd>
                <dt>{there}</dt>
                <dd>{row.there}</dd>
              </dl>
              {row.verdict}
            </li>
          ))}
        </ul>
      ) : (
        <ScrollRegion className={styles.scroll} label="Comparison, table">
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col">{here}</th>
                <th scope="col">{there}</th>
                <th scope="col">Verdict</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(row => (
                <tr key={row.name}>
                  <th scope="row">{row.title}</th>
                  <td>{row.here}</td>
                  <td>{row.there}</td>
                  <td>{row.verdict}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      )}
    </Section>
  );
}

/** What differs beyond chance, in one sentence. */
function summary(
  changed: readonly (typeof METRIC_NAMES)[number][],
  isScope: boolean,
): string {
  if (changed.length === 0) {
    return isScope
      ? 'Nothing differs beyond chance.'
      : 'Nothing changed beyond chance.';
  }
  const names = changed.map(name => METRIC_TITLES[name].toLowerCase());
  const last = names.pop();
  const list = names.length > 0 ? `${names.join(', ')} and ${last}` : last;
  return `${isScope ? 'Different' : 'Changed'} beyond chance: ${list}.`;
}

/** The five figures of both sides as rows of a file: seconds, deployments per day and shares of 1. */
export function comparisonRows(
  response: MetricsResponse,
): Record<string, CsvValue>[] {
  const { scope, window, comparison } = response;
  return METRIC_NAMES.map(name => ({
    metric: name,
    scope: scope.entityRef,
    from: window.from,
    to: window.to,
    value: sideOf(name, response.metrics).value,
    other_scope: comparison.scope?.entityRef ?? scope.entityRef,
    other_from: comparison.window.from,
    other_to: comparison.window.to,
    other_value: sideOf(name, comparison.metrics).value,
    verdict: comparison.verdicts[name],
  }));
}
