import { Button, Link } from '@backstage/ui';
import {
  downloadText,
  ErrorState,
  formatCount,
  LoadingSkeleton,
  Section,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { CsvButton } from '../components/CsvButton';
import { ScrollRegion } from '../components/ScrollRegion';
import { docsAddress } from '../words/sources';
import delivery from '../components/delivery.module.css';
import { ImportClient } from './ImportClient';
import styles from './import.module.css';
import { KIND_WORDS } from './words';

/** Which files are understood, with examples to begin from. */
export function ImportFormats({ client }: { client: ImportClient }) {
  const { data, error, reload } = useAsyncData('dora/import-formats', () =>
    client.formats(),
  );
  if (error) {
    return (
      <Section title="Files that are understood">
        <ErrorState
          error={error}
          action="The formats could not be loaded"
          onRetry={reload}
        />
      </Section>
    );
  }
  if (!data) {
    return (
      <Section title="Files that are understood">
        <LoadingSkeleton rows={4} />
      </Section>
    );
  }
  return (
    <Section
      title="Files that are understood"
      subtitle={
        <>
          CSV in UTF-8 with a header line, or one JSON object per line: such
          rows, or CloudEvents. Times need an offset. At most{' '}
          {formatCount(Math.floor(data.maxBytes / 1_000_000))} MB and{' '}
          {formatCount(data.maxRecords)} records.{' '}
          <Link href={docsAddress('sources/import.md')}>
            How files are read
          </Link>
        </>
      }
    >
      {data.kinds.map(({ kind, example, columns }) => (
        <details key={kind} className={styles.format}>
          <summary>Columns for {KIND_WORDS[kind][1]}</summary>
          <ScrollRegion
            label={`Columns for ${KIND_WORDS[kind][1]}`}
            className={styles.scroll}
          >
            <table className={delivery.table}>
              <thead>
                <tr>
                  <th scope="col">Column</th>
                  <th scope="col">Needed</th>
                  <th scope="col">Meaning</th>
                </tr>
              </thead>
              <tbody>
                {columns.map(({ name, required, description }) => (
                  <tr key={name}>
                    <th scope="row" className={delivery.mono}>
                      {name}
                    </th>
                    <td>{required ? 'yes' : 'no'}</td>
                    <td>{description}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollRegion>
          <div className={styles.actions}>
            <Button
              variant="secondary"
              size="small"
              onPress={async () =>
                downloadText(example, 'text/csv', await client.example(example))
              }
            >
              Download {example}
            </Button>
            <CsvButton
              name={`columns-${kind}`}
              of={`columns for ${KIND_WORDS[kind][1]}`}
              rows={() => columns.map(column => ({ ...column }))}
            />
          </div>
        </details>
      ))}
    </Section>
  );
}
