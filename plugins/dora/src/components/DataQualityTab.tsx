import {
  Button,
  ButtonLink,
  Flex,
  Link,
  SearchField,
  Text,
} from '@backstage/ui';
import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import {
  concernsReaders,
  DataQualityNote,
  DeliverySourceItem,
  MetricsResponse,
} from '@pavedroad/plugin-dora-common';
import {
  DateTime,
  ErrorState,
  formatCount,
  formatPlural,
  LoadingSkeleton,
  Section,
  StatusBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { doraApiRef } from '../api/DoraApi';
import { importRouteRef } from '../routes';
import { MISSING_ROWS } from '../state/listState';
import { useListState } from '../state/useListState';
import { useServiceHref } from '../state/useServiceHref';
import { useViewState } from '../state/useViewState';
import {
  docsAddress,
  MISSING_WORDS,
  missingByService,
  PROVIDED_WORDS,
  sourceCsvRow,
  sourcesFor,
  sourceStatus,
  targetAdvice,
  targetName,
} from '../words/sources';
import {
  countedWords,
  nameServices,
  noteKey,
  QUALITY_WORDS,
} from '../words/notes';
import { CsvButton } from './CsvButton';
import { EntityName } from './EntityName';
import { ExclusionsSection } from './Exclusions';
import { ReportingSection } from './ReportingSection';
import styles from './delivery.module.css';

/** More services than that are searched. */
const FEW = 10;

/** What is missing behind the numbers, what to connect and how, and what was left out. */
export function DataQualityTab(props: {
  response: MetricsResponse;
  /** The scope is one component. */
  single: boolean;
}) {
  const { response, single } = props;
  const api = useApi(doraApiRef);
  const sources = useAsyncData('dora/sources', () => api.getSources());
  const { timeZone } = response.window;
  const notes = response.dataQuality;
  return (
    <>
      <MissingSection
        notes={notes}
        sources={sources.data?.items ?? []}
        timeZone={timeZone}
      />
      {single ? undefined : <ServicesMissing notes={notes} />}
      {response.scope.entityRef ? undefined : <UnmappedSection />}
      {single && response.scope.entityRef ? (
        <ReportingSection entityRef={response.scope.entityRef} />
      ) : undefined}
      <SourcesSection {...sources} />
      <ExclusionsSection excluded={response.excluded} />
    </>
  );
}

function MissingSection(props: {
  notes: DataQualityNote[];
  sources: readonly DeliverySourceItem[];
  timeZone: string;
}) {
  const { notes, sources, timeZone } = props;
  // The file has all of them.
  const shown = notes.filter(concernsReaders);
  const counted = countedWords(notes, timeZone);
  return (
    <div id="what-to-connect" tabIndex={-1} className={styles.target}>
      <Section
        title="What the numbers do not know"
        actions={
          notes.length > 0 ? (
            <CsvButton
              name="data-quality"
              of="what the numbers do not know"
              rows={() =>
                notes.map(({ code, count, since, services }) => ({
                  missing: code,
                  count,
                  since,
                  services: services.join(' '),
                  what: QUALITY_WORDS[code].advice,
                  sources: sourcesFor(code, sources)
                    .map(({ id }) => id)
                    .join(' '),
                }))
              }
            />
          ) : undefined
        }
      >
        {shown.length === 0 ? (
          <p className={styles.answer}>
            Everything that the definitions ask for is connected.
          </p>
        ) : (
          <ul className={styles.notes}>
            {shown.map(note => {
              const words = QUALITY_WORDS[note.code];
              const mending = sourcesFor(note.code, sources);
              return (
                <li key={noteKey(note)}>
                  <Text as="div" weight="bold">
                    {words.title(nameServices(note.services), note, timeZone)}
                  </Text>
                  <Text as="div" color="secondary">
                    {words.advice}
                  </Text>
                  {mending.length > 0 ? (
                    <div>
                      {'Could come from '}
                      {mending.map((source, i) => (
                        <span key={source.id}>
                          {i === 0 ? '' : ', '}
                          {source.docs ? (
                            <Link href={docsAddress(source.docs)}>
                              {source.title}
                            </Link>
                          ) : (
                            source.title
                          )}
                          {source.configured ? ' (set up)' : ''}
                        </span>
                      ))}
                      .
                    </div>
                  ) : undefined}
                </li>
              );
            })}
          </ul>
        )}
        {counted ? (
          <Text as="p" color="secondary">
            {counted}
          </Text>
        ) : undefined}
      </Section>
    </div>
  );
}

/** The same by service: for somebody who mends one service at a time. */
function ServicesMissing({ notes }: { notes: DataQualityNote[] }) {
  const hrefOf = useServiceHref();
  const { state, change } = useViewState();
  const { search } = state;
  const { list, changeList } = useListState();
  const shown = list.missingRows;
  // The file has more: also those of which events came a moment ago.
  const inFile = missingByService(notes);
  const all = missingByService(notes.filter(concernsReaders));
  const searched = all.length > FEW;
  // What is looked for elsewhere stays in the address: without the field nobody could clear it.
  const wanted = searched ? search.trim().toLocaleLowerCase() : '';
  const rows = all.filter(({ entityRef }) =>
    entityRef.toLocaleLowerCase().includes(wanted),
  );
  if (inFile.length === 0) {
    return null;
  }
  return (
    <Section
      title="What is missing, by service"
      subtitle={
        all.length > 0 ? formatPlural(all.length, 'service') : undefined
      }
      actions={
        <CsvButton
          name="missing-data"
          of="what is missing"
          rows={() =>
            inFile.map(({ entityRef, codes }) => ({
              entity_ref: entityRef,
              missing: codes.join(' '),
            }))
          }
        />
      }
    >
      <Flex direction="column" gap="3">
        {searched ? (
          <SearchField
            label="Find a service"
            placeholder="Part of its name"
            defaultValue={search}
            onChange={text =>
              change({ search: text || undefined }, { replace: true })
            }
          />
        ) : undefined}
        <ul className={styles.missing}>
          {rows.slice(0, shown).map(({ entityRef, codes }) => (
            <li key={entityRef}>
              <Link href={hrefOf(entityRef)}>
                <EntityName entityRef={entityRef} />
              </Link>
              <span>{codes.map(code => MISSING_WORDS[code]).join(', ')}</span>
            </li>
          ))}
        </ul>
        {rows.length === 0 ? (
          <Text color="secondary">
            {all.length === 0
              ? 'Nothing is missing. The file names the services whose latest events are being counted.'
              : 'No service matches.'}
          </Text>
        ) : undefined}
        {rows.length > shown ? (
          <Button
            variant="secondary"
            onPress={() =>
              changeList(
                { missingRows: String(shown + MISSING_ROWS) },
                { replace: true },
              )
            }
          >
            Show more
          </Button>
        ) : undefined}
      </Flex>
    </Section>
  );
}

/** Names in events that the catalog does not know, with what to do about each. */
function UnmappedSection() {
  const api = useApi(doraApiRef);
  const { data, error, isLoading, reload } = useAsyncData('dora/unmapped', () =>
    api.getUnmapped(),
  );
  return (
    <Section
      title="Events that lead to no service"
      subtitle={
        data && data.items.length > 0
          ? 'They are kept, and counted as soon as the catalog knows where they belong.'
          : undefined
      }
      actions={
        data && data.items.length > 0 ? (
          <CsvButton
            name="events-without-service"
            of="events that lead to no service"
            rows={() =>
              data.items.map(item => ({
                name: targetName(item),
                reason: item.reason,
                events: item.events,
                first_seen: item.firstSeen,
              }))
            }
          />
        ) : undefined
      }
    >
      {error ? (
        <ErrorState
          action="The events could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {!data && isLoading ? (
        <LoadingSkeleton rows={2} label="Loading events" />
      ) : undefined}
      {data?.items.length === 0 ? (
        <Text as="p">Every event leads to a service.</Text>
      ) : undefined}
      {data && data.items.length > 0 ? (
        <ul className={styles.notes}>
          {data.items.map(item => (
            <li key={JSON.stringify(item.hint)}>
              <Text as="div" weight="bold">
                {targetName(item)}
              </Text>
              <Text as="div" color="secondary">
                {formatPlural(item.events, 'event')} since{' '}
                <DateTime value={item.firstSeen} />. {targetAdvice(item)}
              </Text>
            </li>
          ))}
        </ul>
      ) : undefined}
    </Section>
  );
}

/** Where events come from, and how to connect what is not yet. */
function SourcesSection(props: {
  data?: { items: DeliverySourceItem[] };
  error?: unknown;
  isLoading: boolean;
  reload: () => void;
}) {
  const { data, error, isLoading, reload } = props;
  const importPage = useRouteRef(importRouteRef);
  // What says nothing of itself and was never heard of is no source to connect.
  const telling = (data?.items ?? []).filter(
    ({ provides, lastReceivedAt }) => provides.length > 0 || lastReceivedAt,
  );
  const items = telling.sort(
    (a, b) =>
      Number(b.configured) - Number(a.configured) ||
      a.title.localeCompare(b.title),
  );
  return (
    <Section
      title="Sources"
      subtitle="Where events come from, and what each needs."
      actions={
        <Flex gap="3" style={{ flexWrap: 'wrap' }}>
          {importPage ? (
            <ButtonLink variant="secondary" href={importPage()}>
              Import a file
            </ButtonLink>
          ) : undefined}
          <CsvButton
            name="sources"
            of="sources"
            isEmpty={items.length === 0}
            rows={() => items.map(sourceCsvRow)}
          />
        </Flex>
      }
    >
      {error ? (
        <ErrorState
          action="Sources could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {!data && isLoading ? (
        <LoadingSkeleton rows={4} rowHeight={40} label="Loading sources" />
      ) : undefined}
      <ul className={styles.notes}>
        {items.map(source => (
          <SourceItem key={source.id} source={source} />
        ))}
      </ul>
    </Section>
  );
}

function SourceItem({ source }: { source: DeliverySourceItem }) {
  const status = sourceStatus(source);
  const { received, rejected } = source.last7Days;
  const problems = source.backfill?.problems ?? [];
  return (
    <li>
      <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
        <Text weight="bold">{source.title}</Text>
        <StatusBadge level={status.level}>{status.words}</StatusBadge>
      </Flex>
      <div>
        {source.provides.length > 0
          ? `Tells of ${source.provides
              .map(provided => PROVIDED_WORDS[provided])
              .join(', ')}.`
          : undefined}
        {source.lastReceivedAt ? (
          <>
            {' '}
            Last heard <DateTime value={source.lastReceivedAt} relative />;{' '}
            {formatPlural(received, 'event')} in 7 days
            {rejected > 0 ? `, ${formatCount(rejected)} refused` : ''}.
          </>
        ) : undefined}
      </div>
      {source.backfill && source.backfill.repositories > 0 ? (
        <div className={styles.muted}>
          History read of {formatCount(source.backfill.complete)} of{' '}
          {formatPlural(
            source.backfill.repositories,
            'repository',
            'repositories',
          )}
          .
          {problems.map(({ repository, problem }) => (
            <div key={repository}>{`${repository}: ${problem}`}</div>
          ))}
        </div>
      ) : undefined}
      {source.access.length + Number(Boolean(source.docs)) === 0 ? undefined : (
        <details className={styles.more}>
          <summary>
            {source.configured ? 'What it needs' : 'How to connect it'}
          </summary>
          <ul>
            {source.access.map(access => (
              <li key={access}>{access}</li>
            ))}
            {source.webhookPath ? (
              <li>
                Webhook address:{' '}
                <code>
                  {window.location.origin}
                  {source.webhookPath}
                </code>
              </li>
            ) : undefined}
          </ul>
          {source.docs ? (
            <Link href={docsAddress(source.docs)}>
              {`Step by step: ${source.title}`}
            </Link>
          ) : undefined}
        </details>
      )}
    </li>
  );
}
