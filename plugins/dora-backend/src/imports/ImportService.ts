import {
  DomainEvent,
  ImportCounts,
  ImportedKind,
  ImportReport,
  ServiceHint,
} from '@pavedroad/plugin-dora-common';
import { CatalogServiceDirectory } from '../catalog/CatalogServiceDirectory';
import { PayloadTooLargeError } from '../inbox/errors';
import { JsonLimits } from '../inbox/inspectJson';
import { EventResult } from '../inbox/types';
import { momentsOf } from '../service/eventLimits';
import { IngestService } from '../service/IngestService';
import { ImportLimits } from './options';
import {
  FileNotes,
  ImportFormat,
  ImportRecord,
  readImportFile,
} from './readFile';
import { ImportKind } from './rows';

/** Records that are looked up, or recorded, together. */
const BATCH = 1_000;
const MAX_PROBLEMS = 100;
const MAX_NAMES = 200;

export interface ImportRequest {
  path: string;
  format: ImportFormat;
  kind?: ImportKind;
  sample: boolean;
  dryRun: boolean;
  /** What a broken record does: `stop` refuses the whole file, `skip` leaves it out. */
  onError: 'stop' | 'skip';
  /** ISO 8601 in UTC. */
  receivedAt: string;
}

const KIND_OF_EVENT: Partial<Record<DomainEvent['type'], ImportedKind>> = {
  deployment: 'deployment',
  incident: 'incident',
  pull_request: 'change',
  commits: 'commits',
  build: 'build',
  release_tag: 'release',
};

const noCounts = (): ImportCounts => ({
  accepted: 0,
  duplicate: 0,
  ignored: 0,
  rejected: 0,
});

/** Gathers what a report says while a file is read. */
class Tally {
  readonly counts = noCounts();
  readonly notes: FileNotes = { ignoredColumns: [] };
  records = 0;
  private readonly kinds = new Map<ImportedKind, ImportCounts>();
  private readonly services = new Map<
    string,
    { hint: ServiceHint; records: number }
  >();
  private readonly environments = new Map<string, number>();
  private readonly problems: ImportReport['problems'] = [];
  private problemsTotal = 0;
  private from = Infinity;
  private to = -Infinity;

  add(
    record: ImportRecord,
    result: EventResult,
    domainEvents: DomainEvent[],
  ): void {
    const kind = record.kind ?? KIND_OF_EVENT[domainEvents[0]?.type] ?? 'event';
    const ofKind = this.kinds.get(kind) ?? noCounts();
    this.kinds.set(kind, ofKind);
    this.records += 1;
    this.counts[result.status] += 1;
    ofKind[result.status] += 1;
    if (result.status === 'rejected') {
      this.problem(record, kind, result.reason ?? 'it was refused');
    } else if (result.status === 'accepted') {
      this.touched(domainEvents);
    }
  }

  private problem(record: ImportRecord, kind: ImportedKind, reason: string) {
    const found = record.problems ?? [
      { message: reason, remedy: 'Mend the event and send it again.' },
    ];
    this.problemsTotal += found.length;
    for (const problem of found) {
      if (this.problems.length < MAX_PROBLEMS) {
        this.problems.push({ line: record.line, kind, ...problem });
      }
    }
  }

  private touched(domainEvents: DomainEvent[]): void {
    const hints = new Map<string, ServiceHint>();
    const environments = new Set<string>();
    for (const event of domainEvents) {
      const hint =
        event.service ??
        ('repository' in event && event.repository
          ? { repository: event.repository }
          : undefined);
      if (hint) {
        hints.set(JSON.stringify(hint), hint);
      }
      if ('environment' in event && event.environment) {
        environments.add(event.environment);
      }
      for (const moment of momentsOf(event)) {
        const at = moment === undefined ? NaN : Date.parse(moment);
        if (!Number.isNaN(at)) {
          this.from = Math.min(this.from, at);
          this.to = Math.max(this.to, at);
        }
      }
    }
    for (const [key, hint] of hints) {
      const known = this.services.get(key) ?? { hint, records: 0 };
      known.records += 1;
      this.services.set(key, known);
    }
    for (const name of environments) {
      this.environments.set(name, (this.environments.get(name) ?? 0) + 1);
    }
  }

  report(
    request: ImportRequest,
    directory: CatalogServiceDirectory,
  ): ImportReport {
    const mapping = directory.current();
    const services = new Map<string, ImportReport['services'][number]>();
    for (const { hint, records } of this.services.values()) {
      const name = hint.entityRef ?? hint.name ?? hint.repository ?? '';
      const found = mapping.resolve(hint);
      const entityRef = 'entityRef' in found ? found.entityRef : undefined;
      const key = entityRef ?? ` ${name}`;
      const service = services.get(key) ?? {
        name,
        ...(entityRef && { entityRef }),
        records: 0,
      };
      service.records += records;
      services.set(key, service);
    }
    const byRecords = <T extends { name: string; records: number }>(
      list: T[],
    ) =>
      list
        .sort((a, b) => b.records - a.records || (a.name < b.name ? -1 : 1))
        .slice(0, MAX_NAMES);
    const applicable =
      this.counts.accepted + this.counts.duplicate + this.counts.ignored > 0 &&
      (request.onError === 'skip' || this.problemsTotal === 0);
    return {
      dryRun: request.dryRun,
      applied: false,
      applicable,
      format: request.format,
      records: this.records,
      counts: this.counts,
      kinds: [...this.kinds]
        .map(([kind, counts]) => ({ kind, ...counts }))
        .sort((a, b) => (a.kind < b.kind ? -1 : 1)),
      services: byRecords([...services.values()]),
      servicesTotal: services.size,
      environments: byRecords(
        [...this.environments].map(([name, records]) => ({ name, records })),
      ),
      ...(this.from <= this.to && {
        from: new Date(this.from).toISOString(),
        to: new Date(this.to).toISOString(),
      }),
      problems: this.problems,
      problemsTotal: this.problemsTotal,
      ignoredColumns: this.notes.ignoredColumns,
    };
  }
}

/** Takes files of delivery history in, or says what taking them in would do. */
export class ImportService {
  static create(options: {
    ingest: IngestService;
    directory: CatalogServiceDirectory;
    limits: ImportLimits;
    jsonLimits: JsonLimits;
  }): ImportService {
    return new ImportService(
      options.ingest,
      options.directory,
      options.limits,
      options.jsonLimits,
    );
  }

  private constructor(
    private readonly ingest: IngestService,
    private readonly directory: CatalogServiceDirectory,
    private readonly limits: ImportLimits,
    private readonly jsonLimits: JsonLimits,
  ) {}

  /**
   * Reads a file once to see what is in it and, unless that is all that was
   * asked or problems forbid it, once more to record it. What is recorded follows
   * from the file alone: the same file again changes nothing.
   *
   * @param onProgress - told how many records of how many are recorded
   * @throws PayloadTooLargeError for more records than a file may have
   */
  async run(
    request: ImportRequest,
    onProgress: (done: number, total: number) => void = () => {},
  ): Promise<ImportReport> {
    const seen = new Set<string>();
    const foreseen = new Tally();
    await this.directory.fresh(30_000);
    for await (const batch of this.batches(request, foreseen.notes)) {
      const previewed = await this.ingest.preview(
        batch.flatMap(({ member }) => member ?? []),
      );
      let position = 0;
      for (const record of batch) {
        if (!record.member) {
          foreseen.add(record, { status: 'rejected' }, []);
          continue;
        }
        const { result, domainEvents } = previewed[position++];
        const key = `${result.source} ${result.id}`;
        const again = result.status !== 'rejected' && seen.has(key);
        seen.add(key);
        foreseen.add(
          record,
          again ? { ...result, status: 'duplicate' } : result,
          domainEvents,
        );
      }
    }
    const report = foreseen.report(request, this.directory);
    if (request.dryRun || !report.applicable) {
      return report;
    }
    return this.apply(request, report, onProgress);
  }

  private async apply(
    request: ImportRequest,
    foreseen: ImportReport,
    onProgress: (done: number, total: number) => void,
  ): Promise<ImportReport> {
    const notes: FileNotes = { ignoredColumns: [] };
    const counts = { ...noCounts(), rejected: foreseen.counts.rejected };
    let done = 0;
    for await (const batch of this.batches(request, notes)) {
      const results = await this.ingest.ingest(
        batch.flatMap(({ member }) =>
          // Broken ones are in the report; the sender's other refusals are not the place for them.
          member && !('rejected' in member) ? member : [],
        ),
      );
      for (const { status } of results) {
        if (status !== 'rejected') {
          counts[status] += 1;
        }
      }
      done += batch.length;
      onProgress(done, foreseen.records);
    }
    // Who else sent the same meanwhile makes duplicates of what was new before.
    return { ...foreseen, applied: true, counts };
  }

  private async *batches(
    request: ImportRequest,
    notes: FileNotes,
  ): AsyncGenerator<ImportRecord[]> {
    let batch: ImportRecord[] = [];
    let records = 0;
    const options = { ...request, limits: this.jsonLimits };
    for await (const record of readImportFile(request.path, options, notes)) {
      records += 1;
      if (records > this.limits.maxRecords) {
        throw new PayloadTooLargeError(
          `The file holds more than ${this.limits.maxRecords} records: split it, or raise dora.imports.maxRecords`,
        );
      }
      batch.push(record);
      if (batch.length >= BATCH) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) {
      yield batch;
    }
  }
}
