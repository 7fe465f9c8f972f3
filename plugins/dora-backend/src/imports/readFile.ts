import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Transform } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { parseCloudEvent, ParsedMember } from '../inbox/cloudEvents';
import { inspectJson, JsonLimits } from '../inbox/inspectJson';
import { refusePortalSources } from '../inbox/portalSources';
import { importEvent } from './importSource';
import {
  COLUMNS,
  ImportKind,
  IMPORT_KINDS,
  kindOfColumns,
  missingColumns,
  readRow,
  RowProblem,
} from './rows';

export type ImportFormat = 'csv' | 'ndjson';

/** One thing that a file holds, or what is wrong with it. */
export interface ImportRecord {
  /** Counted from 1; that of the first line, where a record has several. */
  line: number;
  kind?: ImportKind;
  member?: ParsedMember;
  problems?: RowProblem[];
}

/** How a file is to be read. */
export interface ReadOptions {
  format: ImportFormat;
  /** What its rows are; told from the columns when absent. */
  kind?: ImportKind;
  sample: boolean;
  /** ISO 8601 in UTC. */
  receivedAt: string;
  limits: JsonLimits;
}

/** What is known of a file besides its records. */
export interface FileNotes {
  /** Columns that mean nothing to the kind of the file. */
  ignoredColumns: string[];
}

const NEWLINE = /\n/g;
const MAX_RECORD_BYTES = 1_000_000;
const KNOWN_FILES = IMPORT_KINDS.map(
  kind =>
    `${kind}s: ${COLUMNS[kind]
      .filter(({ required }) => required)
      .map(({ name }) => name)
      .join(', ')}`,
).join('; ');

/**
 * Reads a file record by record, in constant memory. Broken records are results;
 * what follows a record that leaves no way to tell where the next one begins is not read.
 */
export function readImportFile(
  path: string,
  options: ReadOptions,
  notes: FileNotes,
): AsyncGenerator<ImportRecord> {
  return options.format === 'csv'
    ? readCsv(path, options, notes)
    : readNdjson(path, options);
}

function rowRecord(
  line: number,
  kind: ImportKind,
  fields: Record<string, unknown>,
  options: ReadOptions,
): ImportRecord {
  const inspected = inspectJson(fields, options.limits, 'row');
  if ('problem' in inspected) {
    return {
      line,
      kind,
      problems: [{ message: inspected.problem, remedy: 'Shorten it.' }],
    };
  }
  const result = readRow(kind, fields);
  return 'problems' in result
    ? { line, kind, problems: result.problems }
    : { line, kind, member: importEvent(result.row, options) };
}

/** Files from spreadsheets are separated by what their language uses. */
function delimiterOf(firstLine: string): string {
  const counted = [',', ';', '\t'].map(delimiter => ({
    delimiter,
    count: firstLine.split(delimiter).length,
  }));
  counted.sort((a, b) => b.count - a.count);
  return counted[0].delimiter;
}

async function readFirstLine(path: string): Promise<string> {
  const stream = createReadStream(path, { start: 0, end: 65_535 });
  let text = '';
  for await (const chunk of stream) {
    text += chunk;
  }
  return text.split(/\r\n|\r|\n/, 1)[0];
}

function fieldsOf(header: string[], record: string[]): Record<string, unknown> {
  return Object.fromEntries(
    record.map((value, index) => [header[index], value]),
  );
}

/** One way to end a line: the parser would count some of the others twice. */
function unixLines(): Transform {
  let afterReturn = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const written = Buffer.allocUnsafe(chunk.length);
      let length = 0;
      for (const byte of chunk) {
        if (byte === 0x0d || byte !== 0x0a || !afterReturn) {
          written[length++] = byte === 0x0d ? 0x0a : byte;
        }
        afterReturn = byte === 0x0d;
      }
      done(undefined, written.subarray(0, length));
    },
  });
}

async function* readCsv(
  path: string,
  options: ReadOptions,
  notes: FileNotes,
): AsyncGenerator<ImportRecord> {
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(await readFirstLine(path)),
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    max_record_size: MAX_RECORD_BYTES,
  });
  const file = createReadStream(path);
  file.on('error', error => parser.destroy(error));
  file.pipe(unixLines()).pipe(parser);
  let header: string[] | undefined;
  let kind = options.kind;
  let lastLine = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      lastLine = info.lines;
      const line =
        info.lines -
        record.reduce(
          (sum, field) => sum + (field.match(NEWLINE)?.length ?? 0),
          0,
        );
      if (!header) {
        header = record.map(name => name.trim().toLowerCase());
        kind ??= kindOfColumns(header);
        const problem = headerProblem(header, kind);
        if (problem) {
          yield { line, kind, problems: [problem] };
          return;
        }
        const known = COLUMNS[kind!].map(({ name }) => name);
        notes.ignoredColumns = header.filter(
          name => name !== '' && !known.includes(name),
        );
        continue;
      }
      if (record.length > header.length) {
        yield {
          line,
          kind,
          problems: [
            {
              message: `the line has ${record.length} fields, the header ${header.length}`,
              remedy:
                'Put fields that hold the separator into double quotes, and double the quotes inside.',
            },
          ],
        };
        continue;
      }
      yield rowRecord(line, kind!, fieldsOf(header, record), options);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) {
      throw error;
    }
    yield {
      line: Math.max(lastLine + 1, Number(error.lines) || 0),
      kind,
      problems: [csvProblem(error)],
    };
  } finally {
    file.destroy();
    parser.destroy();
  }
  if (!header) {
    yield {
      line: 1,
      problems: [
        {
          message: 'the file is empty',
          remedy: `Begin with a header line. Files that are understood: ${KNOWN_FILES}.`,
        },
      ],
    };
  }
}

function headerProblem(
  header: string[],
  kind: ImportKind | undefined,
): RowProblem | undefined {
  if (!kind) {
    return {
      message: 'the columns are those of no kind of file that is understood',
      remedy: `Name the columns in the first line. Needed are, for ${KNOWN_FILES}.`,
    };
  }
  const missing = missingColumns(kind, header);
  if (missing.length > 0) {
    return {
      column: missing[0],
      message: `the column ${missing.join(', ')} is missing`,
      remedy: `Files of ${kind}s need ${COLUMNS[kind]
        .filter(({ required }) => required)
        .map(({ name }) => name)
        .join(', ')}.`,
    };
  }
  const twice = header.find(
    (name, index) => name !== '' && header.indexOf(name) !== index,
  );
  return twice === undefined
    ? undefined
    : {
        column: twice,
        message: `there are two columns named ${twice}`,
        remedy: 'Remove or rename one of them.',
      };
}

function csvProblem(error: CsvError): RowProblem {
  if (error.code === 'CSV_MAX_RECORD_SIZE') {
    return {
      message: `a line is longer than ${MAX_RECORD_BYTES} bytes; what follows was not read`,
      remedy: 'A double quote that is never closed is the usual cause.',
    };
  }
  if (/QUOTE/.test(error.code)) {
    return {
      message:
        'a double quote is where none can be, or is never closed; what follows was not read',
      remedy:
        'Put the whole field into double quotes and double the quotes inside.',
    };
  }
  return {
    message: 'the line cannot be read as CSV; what follows was not read',
    remedy: 'Save the file as CSV in UTF-8.',
  };
}

async function* readNdjson(
  path: string,
  options: ReadOptions,
): AsyncGenerator<ImportRecord> {
  const file = createReadStream(path, 'utf8');
  const lines = createInterface({ input: file, crlfDelay: Infinity });
  let line = 0;
  let empty = true;
  try {
    for await (const text of lines) {
      line += 1;
      const trimmed = (line === 1 ? text.replace(/^\uFEFF/, '') : text).trim();
      if (trimmed !== '') {
        empty = false;
        yield ndjsonRecord(line, trimmed, options);
      }
    }
  } finally {
    lines.close();
    file.destroy();
  }
  if (empty) {
    yield {
      line: 1,
      problems: [
        {
          message: 'the file is empty',
          remedy: 'Write one JSON object per line.',
        },
      ],
    };
  }
}

function ndjsonRecord(
  line: number,
  text: string,
  options: ReadOptions,
): ImportRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return {
      line,
      problems: [
        {
          message: 'the line is not a JSON object',
          remedy:
            'Write one whole object per line, without commas between the lines and without brackets around them.',
        },
      ],
    };
  }
  const object = value as Record<string, unknown>;
  if ('specversion' in object) {
    return {
      line,
      member: refusePortalSources(
        parseCloudEvent(
          options.sample ? { ...object, sampledata: 'true' } : object,
          options,
        ),
      ),
    };
  }
  if (object.type === 'commit' || object.type === 'release') {
    return {
      line,
      problems: [
        {
          message: 'the line is part of a git history',
          remedy:
            'Bring git histories in with: npm run dora -- import <file> --entity component:default/<name>',
        },
      ],
    };
  }
  const { kind: named, ...fields } = object;
  const kind =
    named === undefined
      ? options.kind ?? kindOfColumns(Object.keys(fields))
      : IMPORT_KINDS.find(known => known === named);
  if (!kind) {
    return {
      line,
      problems: [
        {
          column: 'kind',
          message:
            named === undefined
              ? 'the object is neither a CloudEvent nor a row that is understood'
              : `kind ${JSON.stringify(
                  String(named).slice(0, 40),
                )} is not known`,
          remedy: `Give it a kind: ${IMPORT_KINDS.join(
            ', ',
          )}; or specversion, if it is a CloudEvent.`,
        },
      ],
    };
  }
  return rowRecord(line, kind, fields, options);
}
