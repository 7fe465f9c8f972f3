import { Flex, Link, Select } from '@backstage/ui';
import {
  benchmarkValues,
  CLUSTER_BENCHMARKS,
  clusterLevels,
  ClusterYear,
  MetricName,
  MetricsResponse,
  QUICK_CHECK_BENCHMARKS,
  QUICK_CHECK_SOURCE,
  quickCheckPosition,
} from '@pavedroad/plugin-dora-common';
import {
  CsvValue,
  formatDurationSeconds,
  formatPercent,
  formatPlural,
  Section,
} from '@pavedroad/portal-ui';
import { useNotedRows } from '../plot/PlotCaption';
import { QuickCheckPlot } from '../plot/QuickCheckPlot';
import { useViewState } from '../state/useViewState';
import { BENCHMARK_EDITIONS, BenchmarkEdition } from '../state/viewState';
import { METRIC_NAMES, METRIC_TITLES, perTime } from '../words/figures';
import { CsvButton } from './CsvButton';
import { ScrollRegion } from './ScrollRegion';
import { useIsNarrow } from './useIsNarrow';
import styles from './delivery.module.css';
import own from './BenchmarksSection.module.css';

const LEVEL_WORDS = {
  elite: 'Elite',
  high: 'High',
  medium: 'Medium',
  low: 'Low',
} as const;

type Values = ReturnType<typeof benchmarkValues>;

/** Each metric beside what DORA published, by year and with its source: never one badge, never a ranking. */
export function BenchmarksSection({ response }: { response: MetricsResponse }) {
  const { state, change } = useViewState();
  const noted = useNotedRows();
  const edition = state.benchmarks;
  const { services, withoutDeployments = 0 } = response.scope;
  const values = benchmarkValues(response.metrics, response.scope);
  const known = services - withoutDeployments;
  return (
    <Section
      title="Beside the industry"
      subtitle="One metric at a time. DORA surveys people about one application or service; these are measurements."
      actions={
        <Flex gap="3" align="center" style={{ flexWrap: 'wrap' }}>
          <Select
            aria-label="Edition"
            className={styles.control}
            options={[
              { id: '2025', label: '2025, Quick Check' },
              { id: '2024', label: '2024, clusters' },
              { id: '2023', label: '2023, clusters' },
            ]}
            selectedKey={edition}
            onSelectionChange={key =>
              change({
                benchmarks:
                  key === BENCHMARK_EDITIONS[0]
                    ? undefined
                    : (key as BenchmarkEdition),
              })
            }
          />
          {edition === '2025' ? undefined : (
            <CsvButton
              name={`benchmarks-${edition}`}
              of={`benchmarks of ${edition}`}
              rows={() => noted(benchmarkRows(edition, values))}
            />
          )}
        </Flex>
      }
    >
      {edition === '2025' ? (
        <QuickCheck values={values} />
      ) : (
        <Clusters year={Number(edition) as ClusterYear} values={values} />
      )}
      {services > 1 && known > 0 ? (
        <p className={own.note}>
          Deployment frequency is that of one of the{' '}
          {formatPlural(known, 'service')} in scope{' '}
          {withoutDeployments > 0 ? 'whose deployments are known ' : ''}on
          average, since DORA asks about one.
          {withoutDeployments > 0
            ? ` Left out: ${formatPlural(
                withoutDeployments,
                'service',
              )} of which no deployment is known.`
            : ''}
        </p>
      ) : undefined}
    </Section>
  );
}

/** What the section shows, as plain numbers: seconds, deployments per day, shares of 1, positions from 0 to 10. */
function benchmarkRows(
  edition: BenchmarkEdition,
  values: Values,
): Record<string, CsvValue>[] {
  if (edition === '2025') {
    return QUICK_CHECK_BENCHMARKS.map(
      ({ metric, average, standardDeviation }) => {
        const value = values[metric]?.value;
        const at =
          value === undefined ? undefined : quickCheckPosition(metric, value);
        return {
          metric,
          value,
          position_from: at?.from,
          position_to: at?.to,
          average,
          standard_deviation: standardDeviation,
          source: QUICK_CHECK_SOURCE.url,
        };
      },
    );
  }
  return CLUSTER_BENCHMARKS.filter(({ year }) => String(year) === edition).map(
    benchmark => {
      const value = values[benchmark.metric]?.value;
      return {
        metric: benchmark.metric,
        value,
        levels:
          value === undefined
            ? undefined
            : clusterLevels(benchmark, value).join(' '),
        ...Object.fromEntries(
          benchmark.figures.map(({ level, text }) => [level, text]),
        ),
        source: benchmark.source.url,
      };
    },
  );
}

/** A measured value in words. */
function valueWords(name: MetricName, value: number): string {
  switch (name) {
    case 'changeLeadTime':
    case 'failedDeploymentRecoveryTime':
      return formatDurationSeconds(value);
    case 'deploymentFrequency':
      return perTime(value);
    default:
      return formatPercent(value);
  }
}

function Source({ title, url }: { title: string; url: string }) {
  return (
    <p className={own.note}>
      Source:{' '}
      <Link href={url} target="_blank">
        {title}
      </Link>
    </p>
  );
}

function QuickCheck({ values }: { values: Values }) {
  return (
    <>
      <p className={styles.comparison}>
        DORA published no levels in 2025. Its Quick Check puts each answer on a
        scale from 0 to 10, where 10 is best, beside the average of all
        industries.
      </p>
      <QuickCheckPlot
        rows={METRIC_NAMES.map(name => {
          const { average, standardDeviation } = QUICK_CHECK_BENCHMARKS.find(
            ({ metric }) => metric === name,
          )!;
          const value = values[name];
          const at = value && quickCheckPosition(name, value.value);
          return {
            title: METRIC_TITLES[name],
            measured:
              value && at
                ? [
                    valueWords(name, value.value),
                    ...at.answers.map(answer => `“${answer}”`),
                    ...(value.enough ? [] : ['few values']),
                  ].join('; ')
                : 'no data',
            at,
            average,
            standardDeviation,
          };
        })}
        source={QUICK_CHECK_SOURCE.title}
        csv={() => benchmarkRows('2025', values)}
      />
      <Source {...QUICK_CHECK_SOURCE} />
    </>
  );
}

function Clusters(props: { year: ClusterYear; values: Values }) {
  const { year, values } = props;
  const narrow = useIsNarrow();
  const rows = CLUSTER_BENCHMARKS.filter(b => b.year === year).map(
    benchmark => {
      const value = values[benchmark.metric];
      const levels = value ? clusterLevels(benchmark, value.value) : [];
      return {
        benchmark,
        levels,
        here: value
          ? `${valueWords(benchmark.metric, value.value)}${
              value.enough ? '' : ' (few values)'
            }`
          : 'no data',
        within: clusterWords(benchmark, levels, value !== undefined),
      };
    },
  );
  const [{ benchmark: first }] = rows;
  return (
    <>
      <p className={styles.comparison}>
        What four groups of respondents answered in {year}, as published. They
        describe groups, they are no goals.
      </p>
      {narrow ? (
        <ul className={styles.cards}>
          {rows.map(({ benchmark, here, within }) => (
            <li key={benchmark.metric}>
              <strong>{METRIC_TITLES[benchmark.metric]}</strong>
              <div>
                Here: {here}. {within}
              </div>
              <dl className={styles.list}>
                {benchmark.figures.map(figure => (
                  <div key={figure.level} className={styles.pairRow}>
                    <dt>{LEVEL_WORDS[figure.level]}</dt>
                    <dd>{figure.text}</dd>
                  </div>
                ))}
              </dl>
            </li>
          ))}
        </ul>
      ) : (
        <ScrollRegion
          className={styles.scroll}
          label={`Published clusters of ${year}, table`}
        >
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col">Here</th>
                {first.figures.map(({ level }) => (
                  <th key={level} scope="col">
                    {LEVEL_WORDS[level]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ benchmark, levels, here, within }) => (
                <tr key={benchmark.metric}>
                  <th scope="row">{METRIC_TITLES[benchmark.metric]}</th>
                  <td>
                    {here}
                    <span className={styles.few}>{within}</span>
                  </td>
                  {benchmark.figures.map(figure => (
                    <td
                      key={figure.level}
                      className={
                        levels.includes(figure.level) ? own.within : undefined
                      }
                    >
                      {figure.text}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      )}
      {rows.map(({ benchmark }) =>
        benchmark.note ? (
          <p key={benchmark.metric} className={own.note}>
            {METRIC_TITLES[benchmark.metric]}: {benchmark.note}
          </p>
        ) : undefined,
      )}
      <p className={own.note}>Rework rate was not among the questions.</p>
      <Source {...first.source} />
    </>
  );
}

function clusterWords(
  { setsLevel }: (typeof CLUSTER_BENCHMARKS)[number],
  levels: readonly (keyof typeof LEVEL_WORDS)[],
  known: boolean,
): string {
  if (!known) {
    return '';
  }
  if (!setsLevel) {
    return 'sets no level';
  }
  return levels.length === 0
    ? 'between or outside the published answers'
    : `as ${levels.join(' and ')} answered`;
}
