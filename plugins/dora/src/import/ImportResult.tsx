import { Button } from '@backstage/ui';
import { ImportReport } from '@pavedroad/plugin-dora-common';
import {
  DateTime,
  downloadText,
  formatCount,
  formatPlural,
  StatusBadge,
  toCsv,
} from '@pavedroad/portal-ui';
import { CsvButton } from '../components/CsvButton';
import { ScrollRegion } from '../components/ScrollRegion';
import { serviceName } from '../words/services';
import delivery from '../components/delivery.module.css';
import styles from './import.module.css';
import { KIND_WORDS } from './words';

const SHOWN_SERVICES = 20;

/** What a file would do, or did, in numbers. */
export function ImportResult({ report }: { report: ImportReport }) {
  const { kinds, services, environments, from, to, ignoredColumns } = report;
  // The report names the services with most records, and counts all.
  const isShortened = report.servicesTotal > services.length;
  return (
    <>
      {kinds.length > 0 ? (
        <>
          <ScrollRegion label="Records by kind" className={styles.scroll}>
            <table className={delivery.table}>
              <thead>
                <tr>
                  <th scope="col">Records</th>
                  <th scope="col">{report.applied ? 'Imported' : 'New'}</th>
                  <th scope="col">Known before</th>
                  <th scope="col">Ignored</th>
                  <th scope="col">Broken</th>
                </tr>
              </thead>
              <tbody>
                {kinds.map(
                  ({ kind, accepted, duplicate, ignored, rejected }) => (
                    <tr key={kind}>
                      <th scope="row">{KIND_WORDS[kind][1]}</th>
                      {[accepted, duplicate, ignored, rejected].map((n, i) => (
                        <td key={i}>{formatCount(n)}</td>
                      ))}
                    </tr>
                  ),
                )}
              </tbody>
            </table>
          </ScrollRegion>
          <div className={styles.actions}>
            <CsvButton
              name="import"
              of="records by kind"
              rows={() => kinds.map(counts => ({ ...counts }))}
            />
          </div>
        </>
      ) : undefined}
      {from && to ? (
        <p>
          From <DateTime value={from} /> to <DateTime value={to} />
          {environments.length > 0
            ? `, in ${environments.map(({ name }) => name).join(', ')}`
            : ''}
          .
        </p>
      ) : undefined}
      {services.length > 0 ? (
        <>
          <h3 className={styles.part}>
            {formatPlural(report.servicesTotal, 'service')}
          </h3>
          <ul className={styles.services}>
            {services.slice(0, SHOWN_SERVICES).map(service => (
              <li key={service.entityRef ?? service.name}>
                {service.entityRef
                  ? serviceName(service.entityRef)
                  : service.name}{' '}
                ({formatCount(service.records)}){' '}
                {service.entityRef ? undefined : (
                  <StatusBadge level="warning">not in the catalog</StatusBadge>
                )}
              </li>
            ))}
          </ul>
          {report.servicesTotal > SHOWN_SERVICES ? (
            <p>
              … and {formatCount(report.servicesTotal - SHOWN_SERVICES)} more
              {isShortened
                ? `; the file to download has the ${services.length} with most records`
                : ''}
            </p>
          ) : undefined}
          <div className={styles.actions}>
            <CsvButton
              name="import-services"
              of={
                isShortened
                  ? `services of the file, the ${services.length} with most records`
                  : 'services of the file'
              }
              rows={() =>
                services.map(({ name, entityRef, records }) => ({
                  name,
                  entity_ref: entityRef,
                  records,
                }))
              }
            />
          </div>
          {services.some(({ entityRef }) => !entityRef) ? (
            <p>
              What names a service that is not in the catalog is kept, and
              counts as soon as a component for it is registered.
            </p>
          ) : undefined}
        </>
      ) : undefined}
      {ignoredColumns.length > 0 ? (
        <p>
          Columns that mean nothing here and are left out:{' '}
          {ignoredColumns.join(', ')}.
        </p>
      ) : undefined}
      <Problems report={report} />
    </>
  );
}

function Problems({ report }: { report: ImportReport }) {
  const { problems, problemsTotal } = report;
  if (problems.length === 0) {
    return null;
  }
  return (
    <>
      <h3 className={styles.part}>
        {formatPlural(problemsTotal, 'problem')}
        {problemsTotal > problems.length
          ? `, the first ${problems.length} of them`
          : ''}
      </h3>
      <ScrollRegion label="Problems of the file" className={styles.scroll}>
        <table className={delivery.table}>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Column</th>
              <th scope="col">What is wrong</th>
              <th scope="col">How to mend it</th>
            </tr>
          </thead>
          <tbody>
            {problems.map(({ line, column, message, remedy }, index) => (
              <tr key={index}>
                <th scope="row">{line}</th>
                <td>{column}</td>
                <td>{message}</td>
                <td>{remedy}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      <div className={styles.actions}>
        <Button
          variant="secondary"
          size="small"
          onPress={() =>
            downloadText(
              'problems.csv',
              'text/csv',
              toCsv(
                problems.map(({ line, column, message, remedy }) => ({
                  line,
                  column,
                  message,
                  remedy,
                })),
              ),
            )
          }
        >
          Download problems as CSV
        </Button>
      </div>
    </>
  );
}
