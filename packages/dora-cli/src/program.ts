import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { Command, CommanderError, Option } from 'commander';
import { GitHistory, parseGitHistory } from '@pavedroad/plugin-dora-common';
import { CloudEvent, historyEvents } from './cloudEvents';
import { describeReport, importThroughPortal } from './importFile';
import { openRepository, readHistory, ReleaseSource } from './gitRepository';
import {
  isKnownService,
  PortalOptions,
  SendSummary,
  sendEvents,
} from './portal';
import { Problem } from './problem';
import { versionFile } from './versions';

export interface ProgramIo {
  out: (text: string) => void;
  err: (text: string) => void;
  fetch?: PortalOptions['fetch'];
  wait?: PortalOptions['wait'];
}

interface CommonOptions {
  entity?: string;
  slug?: string;
  portal: string;
  tokenFile: string;
  dryRun?: boolean;
  sample?: boolean;
}

const day = (at: number) => new Date(at).toISOString().slice(0, 10);
const count = (n: number, one: string, many = `${one}s`) =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

/** `component:default/name`, from a name or a ref. @throws Problem when it cannot be one */
export function parseEntity(text: string): string {
  const match =
    /^(?:([a-z][a-z0-9]*):)?(?:([a-z0-9A-Z][\w.-]*)\/)?([a-zA-Z0-9][\w.-]*)$/i.exec(
      text.trim(),
    );
  if (!match) {
    throw new Problem(
      `'${text}' is not an entity ref: write it like component:default/checkout.`,
    );
  }
  const [, kind = 'component', namespace = 'default', name] = match;
  if (kind.toLowerCase() !== 'component') {
    throw new Problem(
      `'${text}' is not a component: deployments belong to one, written like component:default/checkout.`,
    );
  }
  return `${kind}:${namespace}/${name}`.toLowerCase();
}

/**
 * The `dora` command. Answers the exit code: 0 when everything was taken, 1 otherwise.
 *
 * @param args - without the program's own name
 */
export async function run(
  args: string[],
  io: ProgramIo = {
    out: text => process.stdout.write(`${text}\n`),
    err: text => process.stderr.write(`${text}\n`),
  },
): Promise<number> {
  let code = 0;
  const program = new Command('dora')
    .description('Brings delivery history into the portal.')
    .exitOverride()
    .configureOutput({
      writeOut: text => io.out(text.trimEnd()),
      writeErr: text => io.err(text.trimEnd()),
    });
  const common = (command: Command) =>
    command
      .option(
        '--slug <owner/name>',
        'name under which the commits are kept (default: from the repository)',
      )
      .option(
        '--portal <URL>',
        'address of the portal',
        'http://localhost:7007',
      )
      .option(
        '--token-file <file>',
        'file that holds a token with access to delivery metrics',
        '.data/machine-token',
      )
      .option('--sample', 'mark everything as sample data')
      .option('--dry-run', 'say what would be sent, and send nothing');

  common(
    program
      .command('backfill')
      .description(
        'Reads a git repository: every matching tag, or every change of the version in a file, is a production deployment at its time.',
      )
      .requiredOption('--repository <path or URL>', 'the repository')
      .requiredOption('--entity <ref>', 'the component it delivers')
      .option('--release-tags <glob>', "tags that are releases, e.g. 'v*'")
      .option(
        '--release-versions <file>',
        'instead of tags: file of the repository whose changes of version on the default branch are releases, e.g. package.json or VERSION',
      )
      .option(
        '--paths',
        'also read which paths each commit touches; needed for a component that is a folder of its repository',
      ),
  ).action(async options => {
    code = await backfill(options, io);
  });
  common(
    program
      .command('import')
      .description(
        'Reads a CSV file of deployments, incidents or changes (pull requests), or a file with one JSON object per line: such rows, CloudEvents, or a git history.',
      )
      .argument('<file>', 'CSV or NDJSON, see docs/sources/import.md')
      .option('--entity <ref>', 'the component a git history delivers')
      .addOption(
        new Option(
          '--kind <kind>',
          'what the rows are (default: told from the columns)',
        ).choices(['deployment', 'incident', 'change']),
      )
      .option(
        '--skip-errors',
        'leave broken rows out instead of refusing the whole file',
      ),
  ).action(async (file, options) => {
    code = await importFile(file, options, io);
  });

  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode; // It has said what is wrong.
    }
    if (error instanceof Problem || (error as Error).name === 'InputError') {
      io.err((error as Error).message);
      return 1;
    }
    throw error;
  }
}

/**
 * What `backfill` takes for releases.
 *
 * @throws Problem unless exactly one of the two options is given, and one that can be used
 */
export function releaseSource(options: {
  releaseTags?: string;
  releaseVersions?: string;
}): ReleaseSource {
  const { releaseTags, releaseVersions } = options;
  if (releaseTags !== undefined && releaseVersions !== undefined) {
    throw new Problem(
      'Releases are either tags or versions in a file: give --release-tags or --release-versions, not both.',
    );
  }
  if (releaseTags !== undefined) {
    return { tags: releaseTags };
  }
  if (releaseVersions !== undefined) {
    return { versions: versionFile(releaseVersions) };
  }
  throw new Problem(
    "Say what is a release: --release-tags 'v*' for tags, or --release-versions package.json for versions in a file.",
  );
}

async function backfill(
  options: CommonOptions & {
    repository: string;
    entity: string;
    releaseTags?: string;
    releaseVersions?: string;
    paths?: boolean;
  },
  io: ProgramIo,
): Promise<number> {
  const entityRef = parseEntity(options.entity);
  const releases = releaseSource(options);
  const token = options.dryRun ? '' : readToken(options.tokenFile);
  io.err(`Reading ${options.repository.replace(/\/\/[^/@]*@/, '//')} …`);
  const repository = await openRepository(options.repository);
  try {
    const history = await readHistory(repository.folder, {
      releases,
      paths: options.paths,
    });
    if (history.shallow) {
      io.err(
        'The clone is shallow: changes before its oldest commit are unknown. `git fetch --unshallow` brings them.',
      );
    }
    if (history.tagsWithoutCommit.length > 0) {
      io.err(
        `Left out, because they name no commit: ${history.tagsWithoutCommit
          .slice(0, 10)
          .join(', ')}.`,
      );
    }
    for (const { commit, problem } of history.passedOver.slice(0, 10)) {
      io.err(
        `Passed over: ${options.releaseVersions} at ${commit.slice(
          0,
          12,
        )} ${problem}.`,
      );
    }
    if (history.passedOver.length > 10) {
      io.err(
        `Passed over for such reasons: ${count(
          history.passedOver.length - 10,
          'more commit',
        )}.`,
      );
    }
    if (history.releases.length === 0) {
      io.err(
        'tags' in releases
          ? `No tag matches '${releases.tags}' (${count(
              history.otherTags,
              'other tag',
            )}): there are commits, but no deployments.`
          : `No commit of the default branch brings a version in '${releases.versions}': there are commits, but no deployments.`,
      );
    }
    return await sendHistory(
      history,
      {
        entityRef,
        repository: options.slug ?? repository.slug,
        defaultBranch: history.defaultBranch,
      },
      options,
      token,
      io,
    );
  } finally {
    await repository.close();
  }
}

async function importFile(
  file: string,
  options: CommonOptions & { kind?: string; skipErrors?: boolean },
  io: ProgramIo,
): Promise<number> {
  if (!existsSync(file)) {
    throw new Problem(`There is no file ${file}.`);
  }
  const content = await contentOf(file);
  if (content === 'csv' || content === 'rows') {
    return importRows(file, content === 'csv' ? 'csv' : 'ndjson', options, io);
  }
  const token = options.dryRun ? '' : readToken(options.tokenFile);
  if (content === 'events') {
    return importCloudEvents(file, options, token, io);
  }
  if (!options.entity) {
    throw new Problem(
      'A git history belongs to a component: name it with --entity component:default/<name>.',
    );
  }
  return sendHistory(
    parseGitHistory(readFileSync(file, 'utf8')),
    {
      entityRef: parseEntity(options.entity),
      repository: options.slug ?? basename(file).replace(/\.[^.]+$/, ''),
    },
    options,
    token,
    io,
  );
}

async function sendHistory(
  history: GitHistory,
  of: { entityRef: string; repository: string; defaultBranch?: string },
  options: CommonOptions,
  token: string,
  io: ProgramIo,
): Promise<number> {
  const events = [...historyEvents(history, { ...of, sample: options.sample })];
  const times = history.releases.map(r => Date.parse(r.releasedAt));
  const span =
    times.length > 0
      ? ` from ${day(Math.min(...times))} to ${day(Math.max(...times))}`
      : '';
  const what = `${count(history.commits.length, 'commit')} of ${
    of.repository
  } and ${count(history.releases.length, 'release')}${span} of ${of.entityRef}`;
  if (options.dryRun) {
    io.out(
      `Would send ${what}, as ${count(events.length, 'event')}${
        options.sample ? ' marked as sample data' : ''
      }, to ${options.portal}. Nothing was sent.`,
    );
    return 0;
  }
  io.err(`Sending ${what} …`);
  const summary = await send(events, options, token, io, events.length);
  const code = report(summary, io);
  const known = await isKnownService(of.entityRef, {
    portal: options.portal,
    token,
    fetch: io.fetch,
  });
  if (known === false) {
    io.err(
      `The catalog has no ${of.entityRef}: what was sent is kept, and counts once such a component is registered.`,
    );
  }
  return code;
}

async function importCloudEvents(
  file: string,
  options: CommonOptions,
  token: string,
  io: ProgramIo,
): Promise<number> {
  if (options.dryRun) {
    const types = new Map<string, number>();
    for await (const event of readCloudEvents(file, options)) {
      types.set(event.type, (types.get(event.type) ?? 0) + 1);
    }
    const listed = [...types]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([type, n]) => `${n.toLocaleString('en')} of ${type}`);
    io.out(
      `Would send ${listed.join(', ') || 'no events'} to ${
        options.portal
      }. Nothing was sent.`,
    );
    return 0;
  }
  return report(
    await send(readCloudEvents(file, options), options, token, io),
    io,
  );
}

/** The portal reads these itself, so that a dry run says what would become of them. */
async function importRows(
  file: string,
  format: 'csv' | 'ndjson',
  options: CommonOptions & { kind?: string; skipErrors?: boolean },
  io: ProgramIo,
): Promise<number> {
  checkAddress(options.portal);
  const answer = await importThroughPortal(
    file,
    {
      format,
      kind: options.kind,
      dryRun: options.dryRun === true,
      skipErrors: options.skipErrors === true,
      sample: options.sample === true,
    },
    {
      portal: options.portal,
      token: readToken(options.tokenFile),
      fetch: io.fetch,
    },
  );
  describeReport(answer).forEach(line => io.out(line));
  // Broken rows that were to be left out are no failure of the run.
  return answer.applied || (answer.dryRun && answer.applicable) ? 0 : 1;
}

/** What a file holds, by its name and its first line. */
async function contentOf(
  file: string,
): Promise<'csv' | 'rows' | 'events' | 'history'> {
  if (/\.(csv|tsv)(\.gz)?$/i.test(file)) {
    return 'csv';
  }
  if (/\.gz$/i.test(file)) {
    return 'rows';
  }
  for await (const line of lines(file)) {
    const text = line.replace(/^\uFEFF/, '').trim();
    if (text !== '' && !/^[{[]/.test(text)) {
      return 'csv';
    }
    if (text !== '') {
      const first = parseLine(text, 1);
      if ('specversion' in first) {
        return 'events';
      }
      return ['kind', 'service', 'repository'].some(name => name in first)
        ? 'rows'
        : 'history';
    }
  }
  return 'history';
}

function lines(file: string) {
  return createInterface({
    input: createReadStream(file, 'utf8'),
    crlfDelay: Infinity,
  });
}

function parseLine(line: string, number: number): Record<string, unknown> {
  try {
    const value = JSON.parse(line);
    if (value && typeof value === 'object' && !Array.isArray(value)) {
      return value;
    }
  } catch {
    // Reported below.
  }
  throw new Problem(`Line ${number} is not a JSON object.`);
}

async function* readCloudEvents(
  file: string,
  options: CommonOptions,
): AsyncGenerator<CloudEvent> {
  let number = 0;
  for await (const line of lines(file)) {
    number++;
    if (line.trim() === '') {
      continue;
    }
    const event = parseLine(line, number);
    for (const key of ['id', 'source', 'type']) {
      if (typeof event[key] !== 'string') {
        throw new Problem(
          `Line ${number} is no CloudEvent: it has no '${key}'.`,
        );
      }
    }
    yield {
      ...(event as unknown as CloudEvent),
      ...(options.sample ? { sampledata: 'true' } : {}),
    };
  }
}

function readToken(file: string): string {
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (token !== '') {
      return token;
    }
  } catch {
    // Reported below.
  }
  throw new Problem(
    `There is no token in ${file}: the portal writes one to <data>/machine-token when it starts; name it with --token-file.`,
  );
}

function checkAddress(portal: string): void {
  if (!/^https?:\/\/[^/]+/.test(portal)) {
    throw new Problem(
      `'${portal}' is not an address: write it like http://localhost:7007.`,
    );
  }
}

async function send(
  events: Iterable<CloudEvent> | AsyncIterable<CloudEvent>,
  options: CommonOptions,
  token: string,
  io: ProgramIo,
  total?: number,
): Promise<SendSummary> {
  checkAddress(options.portal);
  return sendEvents(events, {
    portal: options.portal,
    token,
    fetch: io.fetch,
    wait: io.wait,
    onProgress: sent =>
      io.err(
        total === undefined
          ? `Sent ${count(sent, 'event')} …`
          : `Sent ${sent.toLocaleString('en')} of ${count(total, 'event')} …`,
      ),
  });
}

function report(summary: SendSummary, io: ProgramIo): number {
  for (const { id, status, reason } of summary.problems) {
    io.err(`${status}: ${id ?? 'an event'}: ${reason ?? 'no reason given'}`);
  }
  io.out(
    `${count(summary.accepted, 'event')} accepted, ${
      summary.duplicate
    } known before, ${summary.ignored} ignored, ${summary.rejected} rejected.`,
  );
  return summary.rejected > 0 ? 1 : 0;
}
