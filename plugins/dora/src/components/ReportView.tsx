import { useApi } from '@backstage/frontend-plugin-api';
import { Button, ButtonLink, Flex } from '@backstage/ui';
import {
  concernsReaders,
  MetricsResponse,
} from '@pavedroad/plugin-dora-common';
import {
  ErrorState,
  formatDate,
  LoadingSkeleton,
  SampleDataBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { DeliveryQuery, doraApiRef } from '../api/DoraApi';
import { Histogram } from '../plot/Histogram';
import { useNotedRows } from '../plot/PlotCaption';
import { otherSeries, plotSeries } from '../plot/series';
import { TrendPlot } from '../plot/TrendPlot';
import { Waterfall } from '../plot/Waterfall';
import { useViewState } from '../state/useViewState';
import { captionOf, windowWords } from '../words/against';
import { bottleneck, figureWords, METRIC_NAMES } from '../words/figures';
import {
  countedWords,
  exclusionCounts,
  EXCLUSION_WORDS,
  noteKey,
  noteTitle,
} from '../words/notes';
import {
  arrangeServices,
  metricCell,
  SERVICE_COLUMNS,
  serviceCsvRows,
} from '../words/services';
import { comparisonRows } from './ComparisonSection';
import { CsvButton } from './CsvButton';
import { AllDefinitions } from './DefinitionDialog';
import { EntityName } from './EntityName';
import { spreadWords } from './LeadTimeTab';
import { UrgentNotes } from './UrgentNotes';
import { useBeside } from './useBeside';
import { useScopeTitle } from './useScopeTitle';
import styles from './ReportView.module.css';

/** Text as a string of CSS. */
export function cssString(text: string): string {
  return `"${text.replace(
    /["\\<\n\r\f]/g,
    character => `\\${character.charCodeAt(0).toString(16)} `,
  )}"`;
}

/** What stands in the margin of every printed page: of what and when it is, and which page. */
function pageFooter(left: string, middle: string): string {
  const box = (name: string, content: string) =>
    `@${name} { content: ${content}; font: 7.5pt sans-serif; color: #444; }`;
  return `@media print { @page { ${box('bottom-left', cssString(left))} ${box(
    'bottom-center',
    cssString(middle),
  )} ${box('bottom-right', 'counter(page) " / " counter(pages)')} } }`;
}

/** Everything about a scope and period on paper: answers first, then what they rest on. */
export function ReportView(props: {
  query: DeliveryQuery;
  response: MetricsResponse;
  single: boolean;
}) {
  const { query, response, single } = props;
  const api = useApi(doraApiRef);
  const { state, hrefOf } = useViewState();
  const noted = useNotedRows();
  const beside = useBeside(query, state, response);
  const leadTimes = useAsyncData(
    `dora/lead-times ${JSON.stringify(query)}`,
    () => api.getLeadTimes(query),
  );
  const services = useAsyncData(
    single ? undefined : `dora/services ${JSON.stringify(query)}`,
    () => api.getServices(query),
  );
  const ready = Boolean(leadTimes.data) && (single || Boolean(services.data));
  const error = leadTimes.error ?? services.error;
  const scopeTitle = useScopeTitle(response.scope.entityRef);
  const caption = captionOf(response, scopeTitle);
  const { stages = [] } = response.metrics.changeLeadTime;
  const distribution = leadTimes.data;
  const missing = response.dataQuality.filter(concernsReaders);
  const counted = countedWords(response.dataQuality, state.timeZone);
  const named = arrangeServices(services.data?.items ?? [], {
    search: '',
    sort: 'name',
    descending: false,
  });
  return (
    <article className={styles.report}>
      <style>
        {pageFooter(`${caption.scope}; ${caption.window}`, caption.definition)}
      </style>
      <div className={styles.actions}>
        <Flex gap="3" style={{ flexWrap: 'wrap' }}>
          <Button
            variant="primary"
            isDisabled={!ready}
            onPress={() => window.print()}
          >
            {ready ? 'Print report' : 'Preparing the report'}
          </Button>
          <ButtonLink variant="secondary" href={hrefOf({ tab: undefined })}>
            Back to the figures
          </ButtonLink>
        </Flex>
      </div>
      {error ? (
        <ErrorState
          action="A part of the report could not be loaded"
          error={error}
          onRetry={() => {
            leadTimes.reload();
            services.reload();
          }}
        />
      ) : undefined}
      <header>
        <h2 className={styles.title}>Delivery report: {caption.scope}</h2>
        <p className={styles.lead}>
          {caption.window}. Compared with {beside.against.name} (
          {windowWords(response.comparison.window, state.timeZone)}).{' '}
          {response.sampleData ? <SampleDataBadge /> : undefined}
        </p>
      </header>
      <UrgentNotes notes={response.dataQuality} timeZone={state.timeZone} />
      <section>
        <div className={styles.headed}>
          <h3>In short</h3>
          <CsvButton
            name="report"
            of="in short"
            rows={() => noted(comparisonRows(response))}
          />
        </div>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col">Answer</th>
              <th scope="col">Rests on</th>
              <th scope="col">Compared</th>
            </tr>
          </thead>
          <tbody>
            {METRIC_NAMES.map(name => {
              const words = figureWords(name, response, beside.against);
              return (
                <tr key={name}>
                  <th scope="row">{words.title}</th>
                  <td>{words.answer}</td>
                  <td>{words.facts.join('. ')}</td>
                  <td>{words.comparison}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      <section>
        <h3>Course</h3>
        <div className={styles.plots}>
          {METRIC_NAMES.map(name => {
            const series = plotSeries(name, response);
            return (
              <div key={name} className={styles.whole}>
                <h4>{series.title}</h4>
                {series.points.some(p => p.value !== undefined) ? (
                  <TrendPlot
                    series={series}
                    other={
                      beside.other &&
                      otherSeries(
                        name,
                        response,
                        beside.other,
                        beside.against.label,
                      )
                    }
                    marks={beside.marks}
                  />
                ) : (
                  <p>No data in this period.</p>
                )}
              </div>
            );
          })}
        </div>
      </section>
      <section>
        <h3>Lead time</h3>
        <div className={styles.plots}>
          <div className={styles.whole}>
            <h4>Where it goes</h4>
            <p>
              {bottleneck(stages) ??
                'Only the time from commit to deployment is known.'}
            </p>
            {stages.some(stage => stage.changes > 0) ? (
              <Waterfall stages={stages} />
            ) : undefined}
          </div>
          <div className={styles.whole}>
            <h4>How it is distributed</h4>
            {!distribution && leadTimes.isLoading ? (
              <LoadingSkeleton />
            ) : undefined}
            {distribution?.p50Seconds !== undefined &&
            distribution.p90Seconds !== undefined ? (
              <>
                <p>
                  {spreadWords(
                    distribution.p50Seconds,
                    distribution.p90Seconds,
                  )}
                </p>
                <Histogram distribution={distribution} />
              </>
            ) : undefined}
          </div>
        </div>
      </section>
      {services.data ? (
        <section>
          <div className={styles.headed}>
            <h3>Services, by name</h3>
            <CsvButton
              name="services"
              of="services"
              isEmpty={named.length === 0}
              rows={() => serviceCsvRows(named, services.data?.dataQuality)}
            />
          </div>
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Service</th>
                {METRIC_NAMES.map(name => (
                  <th key={name} scope="col">
                    {SERVICE_COLUMNS[name]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {named.map(({ entityRef, metrics }) => (
                <tr key={entityRef}>
                  <th scope="row">
                    <EntityName entityRef={entityRef} />
                  </th>
                  {METRIC_NAMES.map(name => {
                    const cell = metricCell(name, metrics);
                    return (
                      <td key={name}>
                        {cell.text}
                        {cell.few ? ' *' : ''}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
          <p className={styles.small}>* Rests on few values.</p>
        </section>
      ) : undefined}
      <section>
        <h3>What the numbers do not know, and what was left out</h3>
        <ul>
          {missing.map(note => (
            <li key={noteKey(note)}>{noteTitle(note, state.timeZone)}.</li>
          ))}
          {response.excluded.map(exclusion => (
            <li key={exclusion.reason}>
              {exclusionCounts(exclusion)}: {EXCLUSION_WORDS[exclusion.reason]}.
            </li>
          ))}
          {counted ? <li>{counted}</li> : undefined}
          {response.dataQuality.length + response.excluded.length === 0 ? (
            <li>Nothing is missing and nothing was left out.</li>
          ) : undefined}
        </ul>
      </section>
      <section className={styles.definitions}>
        <h3>How these numbers are defined</h3>
        <AllDefinitions response={response} headingLevel={4} />
      </section>
      <footer className={styles.footer}>
        {caption.scope}; {caption.window}; {caption.definition}; printed{' '}
        {formatDate(new Date(), state.timeZone)}
      </footer>
    </article>
  );
}
