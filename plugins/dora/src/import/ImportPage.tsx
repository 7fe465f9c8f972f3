import { useId, useMemo, useRef, useState } from 'react';
import { Button, ButtonLink, Checkbox, Container } from '@backstage/ui';
import {
  discoveryApiRef,
  fetchApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import { usePermission } from '@backstage/plugin-permission-react';
import {
  doraEventsIngestPermission,
  ImportReport,
} from '@pavedroad/plugin-dora-common';
import {
  EmptyState,
  ErrorState,
  formatCount,
  formatPlural,
  LoadingSkeleton,
  PageHeader,
  Section,
} from '@pavedroad/portal-ui';
import delivery from '../components/delivery.module.css';
import { ImportClient, ImportProgress } from './ImportClient';
import { ImportFormats } from './ImportFormats';
import { ImportResult } from './ImportResult';
import styles from './import.module.css';
import { canImport, verdict } from './words';

/** Bringing delivery history in from a file. */
export function ImportPage() {
  const { allowed, loading } = usePermission({
    permission: doraEventsIngestPermission,
  });
  return (
    <>
      <PageHeader
        title="Import delivery history"
        subtitle="Deployments, incidents and pull requests from a file. You see what it would do before anything is kept."
        breadcrumbs={[{ label: 'Delivery', href: '/delivery' }]}
      />
      <Container>
        <div className={delivery.page}>
          {loading ? <LoadingSkeleton rows={4} /> : undefined}
          {!loading && !allowed ? (
            <Section title="Not for you yet">
              <EmptyState
                title="Importing needs a permission that you do not have"
                description="It is called dora.events.ingest, and administrators have it. Ask one of them to import the file, or to let you."
                action={
                  <ButtonLink variant="secondary" href="/delivery">
                    Back to delivery
                  </ButtonLink>
                }
              />
            </Section>
          ) : undefined}
          {!loading && allowed ? <Importer /> : undefined}
        </div>
      </Container>
    </>
  );
}

type Phase = 'choosing' | 'reading' | 'read' | 'importing';

function Importer() {
  const discoveryApi = useApi(discoveryApiRef);
  const fetchApi = useApi(fetchApiRef);
  const client = useMemo(
    () => ImportClient.create({ discoveryApi, fetchApi }),
    [discoveryApi, fetchApi],
  );
  const inputId = useId();
  const [file, setFile] = useState<File>();
  const [phase, setPhase] = useState<Phase>('choosing');
  const [report, setReport] = useState<ImportReport>();
  const [error, setError] = useState<unknown>();
  const [progress, setProgress] = useState<ImportProgress>();
  const [skipErrors, setSkipErrors] = useState(false);
  // An answer about a file that is no longer the chosen one is not shown.
  const latest = useRef(0);

  const send = async (chosen: File, dryRun: boolean) => {
    latest.current += 1;
    const turn = latest.current;
    const isLatest = () => turn === latest.current;
    setError(undefined);
    setProgress(undefined);
    setPhase(dryRun ? 'reading' : 'importing');
    try {
      const answer = await client.send(
        chosen,
        { dryRun, skipErrors: !dryRun && skipErrors },
        made => isLatest() && setProgress(made),
      );
      if (isLatest()) {
        setReport(answer);
        setPhase('read');
      }
    } catch (problem) {
      if (isLatest()) {
        setError(problem);
        setPhase(report ? 'read' : 'choosing');
      }
    }
  };

  const choose = (chosen: File | undefined) => {
    setFile(chosen);
    setReport(undefined);
    setSkipErrors(false);
    if (chosen) {
      send(chosen, true);
    } else {
      latest.current += 1;
      setPhase('choosing');
    }
  };

  return (
    <>
      <Section title="File">
        <div className={styles.chooser}>
          <label htmlFor={inputId}>CSV or NDJSON file, compressed or not</label>
          <input
            id={inputId}
            type="file"
            accept=".csv,.tsv,.txt,.ndjson,.jsonl,.gz,text/csv,application/x-ndjson"
            disabled={phase === 'importing'}
            onChange={event => choose(event.target.files?.[0])}
          />
        </div>
        {phase === 'reading' ? (
          <p role="status">Reading {file?.name} to see what it would do …</p>
        ) : undefined}
      </Section>
      {error ? (
        <ErrorState
          error={error}
          action={
            report
              ? 'The file could not be imported'
              : 'The file could not be read'
          }
          onRetry={file ? () => send(file, !report) : undefined}
        />
      ) : undefined}
      {report && file ? (
        <Section
          title={report.applied ? 'What became of it' : 'What it would do'}
        >
          <p className={delivery.answer} role="status">
            {verdict(report, skipErrors)}
          </p>
          <ImportResult report={report} />
          {!report.applied &&
          report.problemsTotal > 0 &&
          report.counts.accepted > 0 ? (
            <Checkbox
              isSelected={skipErrors}
              onChange={setSkipErrors}
              isDisabled={phase === 'importing'}
            >
              Leave broken rows out and import the others
            </Checkbox>
          ) : undefined}
          {phase === 'importing' ? (
            <Progress of={report.records} progress={progress} />
          ) : undefined}
          <div className={styles.actions}>
            {report.applied ? (
              <ButtonLink variant="primary" href="/delivery">
                See the numbers
              </ButtonLink>
            ) : (
              <Button
                variant="primary"
                isDisabled={phase !== 'read' || !canImport(report, skipErrors)}
                onPress={() => send(file, false)}
              >
                {report.counts.accepted > 0
                  ? `Import ${formatPlural(report.counts.accepted, 'record')}`
                  : 'Import'}
              </Button>
            )}
          </div>
        </Section>
      ) : undefined}
      <ImportFormats client={client} />
    </>
  );
}

function Progress(props: { of: number; progress?: ImportProgress }) {
  const { done = 0, total = props.of } = props.progress ?? {};
  return (
    <div role="status">
      <progress
        className={styles.progress}
        aria-label="Records imported"
        value={done}
        max={Math.max(total, 1)}
      />
      <div>
        Importing: {formatCount(done)} of {formatPlural(total, 'record')} …
      </div>
    </div>
  );
}
