import {
  canonicalJson,
  DeploymentEvent,
  DeploymentJobStatus,
  DeploymentLabel,
  DomainEvent,
  IncidentEvent,
  isCalendarDay,
  PullRequestEvent,
  ServiceHint,
} from '@pavedroad/plugin-dora-common';
import { JsonObject, JsonValue } from '@backstage/types';
import { digestKey } from '../database/keys';

/** What the rows of a file can be. */
export const IMPORT_KINDS = ['deployment', 'incident', 'change'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** Something wrong with a row, and how to mend it. */
export interface RowProblem {
  /** Column of CSV, or member of an object. */
  column?: string;
  message: string;
  remedy: string;
}

/** A row that can be taken in, in one spelling: equal rows are equal texts. */
export interface ImportRow {
  kind: ImportKind;
  /** Follows from what the row says, so that the same row is recognised in any file. */
  id: string;
  /** ISO 8601 in UTC: what places the row in time. */
  time: string;
  data: JsonObject;
  events: DomainEvent[];
}

export type RowResult = { row: ImportRow } | { problems: RowProblem[] };

/** How a column is written and what it means, for people. */
export interface ColumnDescription {
  name: string;
  required: boolean;
  description: string;
  example: string;
}

const SHA = '5f0c1d6f6a4b8a3b5a6a1d0b2c3d4e5f60718293';
const MOMENT =
  'date and time with an offset, such as 2026-05-01T14:00:00+02:00';

const column = (
  name: string,
  description: string,
  example: string,
  required = false,
): ColumnDescription => ({ name, required, description, example });

/** The columns of every kind, in the order in which examples have them. */
export const COLUMNS: Record<ImportKind, ColumnDescription[]> = {
  deployment: [
    column(
      'service',
      'entity ref, name or repository slug of the service',
      'component:default/checkout',
      true,
    ),
    column('environment', 'name of the environment', 'production', true),
    column(
      'finished_at',
      `when it finished: ${MOMENT}`,
      '2026-05-01T12:00:00Z',
      true,
    ),
    column('revision', 'commit or release tag that was deployed', SHA),
    column(
      'status',
      'succeeded (default), failed (did not reach the environment) or canceled',
      'succeeded',
    ),
    column(
      'id',
      'id of the deployment where the file comes from; rows that share it are jobs of one deployment',
      'run-4711',
    ),
    column('job_id', 'tells the jobs of one deployment apart', 'eu-west'),
    column('started_at', `when it started: ${MOMENT}`, '2026-05-01T11:52:30Z'),
    column(
      'tier',
      'tier of the environment, where its name does not say it',
      '',
    ),
    column(
      'artifact',
      'package URL of what was deployed',
      `pkg:oci/checkout@2.3.1`,
    ),
    column('rollback', 'true for a rollback', 'false'),
    column('labels', 'hotfix, revert or planned, separated by spaces', ''),
    column(
      'fixes_incidents',
      'ids of incidents it was made to fix, separated by spaces',
      '',
    ),
    column('url', 'page that shows it', 'https://ci.example/runs/4711'),
  ],
  incident: [
    column(
      'service',
      'entity ref, name or repository slug of the service',
      'component:default/checkout',
      true,
    ),
    column('id', 'id of the incident, unique for the service', 'INC-42', true),
    column(
      'opened_at',
      `when it began: ${MOMENT}`,
      '2026-05-01T12:20:00Z',
      true,
    ),
    column(
      'resolved_at',
      `when service was restored, empty while it is not: ${MOMENT}`,
      '2026-05-01T13:05:00Z',
    ),
    column('environment', 'environment it happened in', 'production'),
    column('title', 'one line', 'Payments time out'),
    column('url', 'page that shows it', 'https://incidents.example/INC-42'),
    column(
      'deployment_id',
      'id of the deployment to blame, where it is known',
      '',
    ),
    column('revision', 'commit to blame, where it is known', ''),
    column('labels', 'separated by spaces', 'sev2'),
  ],
  change: [
    column(
      'repository',
      'repository slug, such as payments/checkout',
      'payments/checkout',
      true,
    ),
    column('number', 'number of the pull request', '42', true),
    column(
      'opened_at',
      `when it was opened: ${MOMENT}`,
      '2026-04-30T09:00:00Z',
    ),
    column(
      'approved_at',
      `last approval before the merge: ${MOMENT}`,
      '2026-04-30T15:30:00Z',
    ),
    column(
      'merged_at',
      `when it was merged: ${MOMENT}`,
      '2026-04-30T16:00:00Z',
    ),
    column(
      'merge_commit',
      'full id of the commit that the merge made on the target branch',
      SHA,
    ),
    column('merge_method', 'merge, squash or rebase', 'squash'),
    column('title', 'one line', 'Retry payments'),
    column(
      'url',
      'page that shows it',
      'https://git.example/payments/checkout/pull/42',
    ),
    column(
      'commits',
      'original commits that a squash or rebase takes out of the history, each as <full id>@<date and time with an offset>, separated by spaces',
      `${'c0ffee'.repeat(6)}c0ff@2026-04-30T08:12:00Z`,
    ),
    column('labels', 'separated by spaces', ''),
  ],
};

const MAX_TEXT = 500;
const MAX_LIST = 1_000;
const COMMIT_ID = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const WITH_OFFSET =
  /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})$/;
const WITHOUT_OFFSET =
  /^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$/;

/** What a scalar is as text; objects have no text form that is safe to ask for. */
function scalarText(value: unknown): string {
  return typeof value === 'object' ? '' : String(value);
}

/** Reads fields one by one and gathers what is wrong with any of them. */
class RowReader {
  readonly problems: RowProblem[] = [];
  readonly data: JsonObject = {};

  constructor(private readonly fields: Record<string, unknown>) {}

  problem(name: string | undefined, message: string, remedy: string): void {
    this.problems.push({ ...(name && { column: name }), message, remedy });
  }

  private keep<T extends JsonValue>(name: string, value: T): T {
    this.data[name] = value;
    return value;
  }

  private raw(name: string): unknown {
    const value = Object.hasOwn(this.fields, name)
      ? this.fields[name]
      : undefined;
    return typeof value === 'string' ? value.trim() : value;
  }

  private given(name: string, required: boolean): unknown {
    const value = this.raw(name);
    if (value === undefined || value === null || value === '') {
      if (required) {
        this.problem(name, `${name} is missing`, `Give every row a ${name}.`);
      }
      return undefined;
    }
    return value;
  }

  text(name: string, required = false): string | undefined {
    const value = this.given(name, required);
    if (value === undefined) {
      return undefined;
    }
    if (typeof value !== 'string' && typeof value !== 'number') {
      this.problem(name, `${name} is not text`, `Write ${name} as text.`);
      return undefined;
    }
    const text = String(value);
    if (text.length > MAX_TEXT) {
      this.problem(
        name,
        `${name} is longer than ${MAX_TEXT} characters`,
        'Shorten it.',
      );
      return undefined;
    }
    return this.keep(name, text);
  }

  /** Shown, and decides nothing: cut instead of refused. */
  prose(name: string): string | undefined {
    const value = this.raw(name);
    return typeof value === 'string' && value !== ''
      ? this.keep(
          name,
          Array.from(value)
            .slice(0, MAX_TEXT / 2)
            .join(''),
        )
      : undefined;
  }

  link(name: string): string | undefined {
    const value = this.given(name, false);
    if (value === undefined) {
      return undefined;
    }
    if (
      typeof value !== 'string' ||
      value.length > 2_000 ||
      !/^https?:\/\/\S+$/i.test(value)
    ) {
      this.problem(
        name,
        `${name} is not an http address`,
        'Write it like https://ci.example/runs/1, or leave it empty.',
      );
      return undefined;
    }
    return this.keep(name, value);
  }

  moment(name: string, required = false): string | undefined {
    const value = this.given(name, required);
    if (value === undefined) {
      return undefined;
    }
    const shown = JSON.stringify(scalarText(value).slice(0, 40));
    if (typeof value === 'string' && WITHOUT_OFFSET.test(value)) {
      const date = value.slice(0, 10);
      const time = value.length > 10 ? value.slice(11) : '12:00:00';
      this.problem(
        name,
        `${name} ${shown} has no offset, so its moment is not known`,
        `Write it with one: ${date}T${time}Z for UTC, ${date}T${time}+02:00 two hours ahead of it.`,
      );
      return undefined;
    }
    const moment = typeof value === 'string' ? instantOf(value) : undefined;
    if (moment === undefined) {
      this.problem(
        name,
        `${name} ${shown} is not a date and time`,
        'Write it like 2026-05-01T14:00:00+02:00.',
      );
      return undefined;
    }
    return this.keep(name, moment);
  }

  choice<T extends string>(
    name: string,
    choices: Record<string, T>,
  ): T | undefined {
    const value = this.given(name, false);
    if (value === undefined) {
      return undefined;
    }
    const key = scalarText(value).toLowerCase();
    if (!Object.hasOwn(choices, key)) {
      this.problem(
        name,
        `${name} ${JSON.stringify(key.slice(0, 40))} is not known`,
        `Write ${[...new Set(Object.values(choices))].join(', ')}.`,
      );
      return undefined;
    }
    return this.keep(name, choices[key]);
  }

  list(name: string): string[] | undefined {
    const value = this.given(name, false);
    if (value === undefined) {
      return undefined;
    }
    const items = Array.isArray(value)
      ? value
      : scalarText(value)
          .split(/[\s,;|]+/)
          .filter(item => item !== '');
    if (
      items.length > MAX_LIST ||
      items.some(
        item =>
          typeof item !== 'string' || item === '' || item.length > MAX_TEXT,
      )
    ) {
      this.problem(
        name,
        `${name} is not a list of at most ${MAX_LIST} short texts`,
        'Separate the entries by spaces.',
      );
      return undefined;
    }
    return items.length === 0 ? undefined : this.keep(name, items);
  }

  commit(name: string): string | undefined {
    const value = this.given(name, false);
    if (value === undefined) {
      return undefined;
    }
    const id = scalarText(value).toLowerCase();
    if (!COMMIT_ID.test(id)) {
      this.problem(
        name,
        `${name} is not a full commit id`,
        'Write all 40 (or 64) characters, as `git rev-parse` prints them.',
      );
      return undefined;
    }
    return this.keep(name, id);
  }
}

function instantOf(text: string): string | undefined {
  if (!WITH_OFFSET.test(text) || !isCalendarDay(text)) {
    return undefined;
  }
  const milliseconds = Date.parse(text.replace(' ', 'T').toUpperCase());
  return Number.isNaN(milliseconds)
    ? undefined
    : new Date(milliseconds).toISOString();
}

function hintOf(service: string): ServiceHint {
  return /^[a-z][a-z0-9-]*:[^\s:/]+(\/[^\s:/]+)?$/i.test(service)
    ? { entityRef: service.toLowerCase() }
    : { name: service };
}

const YES_NO = {
  true: 'true',
  yes: 'true',
  '1': 'true',
  false: 'false',
  no: 'false',
  '0': 'false',
} as const;
const STATUSES: Record<string, DeploymentJobStatus> = {
  succeeded: 'succeeded',
  success: 'succeeded',
  failed: 'failed',
  failure: 'failed',
  canceled: 'canceled',
  cancelled: 'canceled',
};
const LABELS: DeploymentLabel[] = ['hotfix', 'revert', 'planned'];
const METHODS = { merge: 'merge', squash: 'squash', rebase: 'rebase' } as const;

function defined<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as T;
}

type Reading = { time: string; events: DomainEvent[] } | undefined;

function readDeployment(read: RowReader, id: () => string): Reading {
  const service = read.text('service', true);
  const environment = read.text('environment', true);
  const at = read.moment('finished_at', true);
  const startedAt = read.moment('started_at');
  const labels = read.list('labels')?.map(label => label.toLowerCase());
  const unknown = labels?.filter(
    label => !LABELS.some(known => known === label),
  );
  if (unknown?.length) {
    read.problem(
      'labels',
      `labels holds ${unknown[0].slice(0, 40)}, which is not known`,
      `Only ${LABELS.join(', ')} mean something for a deployment.`,
    );
  }
  if (at && startedAt && startedAt > at) {
    read.problem(
      'started_at',
      'started_at is after finished_at',
      'Swap them, or leave started_at empty.',
    );
  }
  const said = {
    deploymentId: read.text('id'),
    jobId: read.text('job_id'),
    status: read.choice('status', STATUSES) ?? 'succeeded',
    revision: read.text('revision'),
    artifact: read.text('artifact'),
    tier: read.text('tier')?.toLowerCase(),
    rollback: read.choice('rollback', YES_NO) === 'true' ? true : undefined,
    labels: LABELS.filter(label => labels?.includes(label)),
    fixesIncidents: read.list('fixes_incidents'),
    url: read.link('url'),
  };
  if (!service || !environment || !at || read.problems.length > 0) {
    return undefined;
  }
  const event: DeploymentEvent = defined({
    type: 'deployment',
    service: hintOf(service),
    ...said,
    deploymentId: said.deploymentId ?? id(),
    labels: said.labels.length > 0 ? said.labels : undefined,
    at,
    startedAt,
    environment,
  });
  return { time: at, events: [event] };
}

function readIncident(read: RowReader): Reading {
  const service = read.text('service', true);
  const incidentId = read.text('id', true);
  const openedAt = read.moment('opened_at', true);
  const resolvedAt = read.moment('resolved_at');
  if (openedAt && resolvedAt && resolvedAt < openedAt) {
    read.problem(
      'resolved_at',
      'resolved_at is before opened_at',
      'Swap them, or leave resolved_at empty while the incident is open.',
    );
  }
  const deployment = read.text('deployment_id');
  const said = {
    environment: read.text('environment'),
    title: read.prose('title'),
    url: read.link('url'),
    deployment: deployment === undefined ? undefined : { id: deployment },
    revision: read.text('revision'),
    labels: read.list('labels'),
  };
  if (!service || !incidentId || !openedAt || read.problems.length > 0) {
    return undefined;
  }
  const moment = (action: IncidentEvent['action'], at: string): IncidentEvent =>
    defined({
      type: 'incident',
      service: hintOf(service),
      incidentId,
      action,
      at,
      ...said,
    });
  return {
    time: openedAt,
    events: [
      moment('opened', openedAt),
      ...(resolvedAt ? [moment('resolved', resolvedAt)] : []),
    ],
  };
}

function readOriginals(read: RowReader): PullRequestEvent['commits'] {
  return read.list('commits')?.flatMap(item => {
    const [id, ...rest] = item.split('@');
    const committedAt = instantOf(rest.join('@'));
    if (!COMMIT_ID.test(id.toLowerCase()) || committedAt === undefined) {
      read.problem(
        'commits',
        `commits holds ${JSON.stringify(item.slice(0, 80))}`,
        'Write each as <full commit id>@<date and time with an offset>, such as 5f0c…293@2026-05-01T14:00:00Z.',
      );
      return [];
    }
    return [{ id: id.toLowerCase(), committedAt }];
  });
}

function readChange(read: RowReader): Reading {
  const repository = read.text('repository', true)?.toLowerCase();
  const numberText = read.text('number', true);
  const number = Number(numberText);
  if (
    numberText !== undefined &&
    (!Number.isSafeInteger(number) || number < 1)
  ) {
    read.problem(
      'number',
      'number is not the number of a pull request',
      'Write a whole number from 1.',
    );
  }
  const openedAt = read.moment('opened_at');
  const approvedAt = read.moment('approved_at');
  const mergedAt = read.moment('merged_at');
  const moments = [openedAt, approvedAt, mergedAt].filter(
    (moment): moment is string => moment !== undefined,
  );
  const mergeCommit = read.commit('merge_commit');
  const said = {
    mergeMethod: read.choice('merge_method', METHODS),
    title: read.prose('title'),
    url: read.link('url'),
    commits: readOriginals(read),
    labels: read.list('labels'),
  };
  if (moments.length === 0 && read.problems.length === 0) {
    read.problem(
      undefined,
      'the row has no moment',
      'Give it opened_at, approved_at or merged_at.',
    );
  }
  if (!repository || read.problems.length > 0) {
    return undefined;
  }
  const updatedAt = moments.sort()[moments.length - 1];
  const event: PullRequestEvent = defined({
    type: 'pull_request',
    repository,
    number,
    updatedAt,
    openedAt,
    approvedAt,
    mergedAt,
    mergeCommit,
    ...said,
  });
  return { time: updatedAt, events: [event] };
}

/** Checks one row and says what it means. Pure: what is wrong is its result. */
export function readRow(
  kind: ImportKind,
  fields: Record<string, unknown>,
): RowResult {
  const read = new RowReader(fields);
  let known: string | undefined;
  const id = () => {
    // Asked for when every field is read; it takes a while, and there may be many rows.
    known ??= `import-${digestKey(kind, canonicalJson(read.data))}`;
    return known;
  };
  let reading: Reading;
  switch (kind) {
    case 'deployment':
      reading = readDeployment(read, id);
      break;
    case 'incident':
      reading = readIncident(read);
      break;
    default:
      reading = readChange(read);
  }
  return reading
    ? { row: { kind, id: id(), data: read.data, ...reading } }
    : { problems: read.problems };
}

/** What kind the rows of a file are, by the names of their columns; `undefined` when no kind has them. */
export function kindOfColumns(names: string[]): ImportKind | undefined {
  const has = (name: string) => names.includes(name);
  if (has('opened_at') && has('service') && has('id')) {
    return 'incident';
  }
  if (has('repository') && has('number')) {
    return 'change';
  }
  return has('service') && has('environment') && has('finished_at')
    ? 'deployment'
    : undefined;
}

/** Columns that a kind must have and that are not there. */
export function missingColumns(kind: ImportKind, names: string[]): string[] {
  return COLUMNS[kind]
    .filter(({ name, required }) => required && !names.includes(name))
    .map(({ name }) => name);
}

/** A file to begin from: the header and one row. */
export function exampleCsv(kind: ImportKind): string {
  const field = (text: string) =>
    /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  const line = (values: string[]) => `${values.map(field).join(',')}\r\n`;
  return (
    line(COLUMNS[kind].map(({ name }) => name)) +
    line(COLUMNS[kind].map(({ example }) => example))
  );
}
