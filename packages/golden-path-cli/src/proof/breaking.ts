import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run, type RunResult, watchingTime } from '../lib/run';
import type { Outcome, Project } from '../verify/types';
import type { Row } from './kinds';
import type { Mutation } from './mutations';

/** What became of a broken output. */
export type Caught = {
  status: 'caught' | 'missed' | 'skipped';
  message: string;
};

/**
 * What became of it, from what the verifier that has to notice said. `expects` is what one of its findings has to say: another one is no answer
 * to what was broken.
 */
export function caughtBy(result: Outcome, expects?: RegExp): Caught {
  switch (result.status) {
    case 'failed': {
      const found = result.findings.map(
        ({ where, message }) => `${where}: ${message}`,
      );
      const noticed = found.find(text => expects?.test(text) ?? true);
      return noticed === undefined
        ? {
            status: 'missed',
            message: `noticed something else: ${found[0]?.split('\n')[0]}`,
          }
        : { status: 'caught', message: noticed.split('\n')[0] };
    }
    case 'skipped':
      return {
        status: 'skipped',
        message: `${result.missing} is not installed`,
      };
    default:
      return { status: 'missed', message: `the verifier ${result.status}` };
  }
}

/**
 * What a verifier says of what was broken on purpose. Throws where it gave no answer: it crashed, or found something because the time of a
 * command was up.
 */
export async function answerOf(
  verify: () => Promise<Outcome>,
): Promise<Outcome> {
  const { result, timedOut } = await watchingTime(verify);
  if (result.status === 'failed' && timedOut.length > 0) {
    throw new Error(`ran out of time: ${timedOut[0]}`);
  }
  return result;
}

/** What became of it, from how a script that has to notice ended; 75 says "could not look", which is not "found", and 124 "no time left". */
export function caughtByScript(
  { code, output }: Pick<RunResult, 'code' | 'output'>,
  expects?: RegExp,
): Caught {
  if ([0, 75, 124].includes(code)) {
    return { status: 'missed', message: `exit ${code}` };
  }
  const lines = output.split('\n');
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  const said = expects ? lines.find(line => expects.test(line)) : last;
  return said === undefined
    ? { status: 'missed', message: `fails of something else: ${last}` }
    : { status: 'caught', message: said.trim() };
}

export type Change = { row: Row; file: string; content: string };

/** The first row, and its first file, that a mutation changes; rows differ in what their files say. Otherwise whether any has the file. */
export async function firstChanged(
  rows: readonly Row[],
  {
    file: pattern,
    beside,
    change,
  }: Pick<Mutation, 'file' | 'beside' | 'change'>,
): Promise<Change | { any: boolean }> {
  let any = false;
  for (const row of rows) {
    if (beside && !row.project.files.some(f => beside.test(f))) {
      continue;
    }
    for (const file of row.project.files.filter(f => pattern.test(f))) {
      any = true;
      const content = await row.project.read(file);
      const changed = change(content);
      if (changed !== content) {
        return { row, file, content: changed };
      }
    }
  }
  return { any };
}

/** The project as it would be with one file changed; for those who only read. */
export function overlay({ row, file, content }: Change): Project {
  const { project } = row;
  return {
    ...project,
    read: async path => (path === file ? content : project.read(path)),
  };
}

/** Puts the project with one file changed into a folder. The other files are the row's own, by hard link: nobody may write to them. */
export async function writeBroken(
  { row, file, content }: Change,
  folder: string,
): Promise<void> {
  const folders = new Set(row.project.files.map(f => dirname(f)));
  for (const below of folders) {
    await mkdir(join(folder, below), { recursive: true });
  }
  await Promise.all(
    row.project.files
      .filter(f => f !== file)
      .map(f => link(join(row.folder, f), join(folder, f))),
  );
  const { mode } = await stat(join(row.folder, file));
  await writeFile(join(folder, file), content, { mode });
}

/** Changes a file in place; `false` when the change changes nothing. Its other hard links keep what it said. */
export async function changeFile(
  folder: string,
  file: string,
  change: (content: string) => string,
  // Latin-1 keeps every byte of files that are not text.
  encoding: BufferEncoding = file.endsWith('.tar.gz') ? 'latin1' : 'utf8',
): Promise<boolean> {
  const path = join(folder, file);
  const content = await readFile(path, encoding);
  const changed = change(content);
  if (changed === content) {
    return false;
  }
  const { mode } = await stat(path);
  await rm(path);
  await writeFile(path, changed, { encoding, mode });
  return true;
}

/**
 * A copy of a clone (or of an artifact) to break. Its dependencies, most of the files, are those of the original, which it is led to one by
 * one: who installs anew in the copy removes the way there, not what is there.
 */
export async function copyOf(folder: string, into: string): Promise<string> {
  const target = join(into, 'clone');
  await mkdir(target, { recursive: true });
  const script = [
    'set -e',
    'find . -mindepth 1 -maxdepth 1 ! -name node_modules ! -name .gitlab-ci-local ! -name .npm -exec cp -a {} "$1" \\;',
    '[ -d node_modules ] || exit 0',
    'mkdir "$1/node_modules"',
    `find "$PWD/node_modules/" -mindepth 1 -maxdepth 1 -type d -exec sh -c 'ln -s "$@" "$0"' "$1/node_modules" {} +`,
    // What says that all is installed is the copy's own, which may write to it.
    `find "$PWD/node_modules/" -mindepth 1 -maxdepth 1 ! -type d -exec sh -c 'cp -a "$@" "$0"' "$1/node_modules" {} +`,
  ].join('\n');
  const { code, output } = await run('sh', ['-c', script, 'copy', target], {
    cwd: folder,
    timeoutMs: 120_000,
  });
  if (code !== 0) {
    throw new Error(`${folder} cannot be copied: ${output.trim()}`);
  }
  return target;
}
