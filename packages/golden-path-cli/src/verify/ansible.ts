import { createHash } from 'node:crypto';
import {
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { digestFiles } from '../lib/files';
import { run, which } from '../lib/run';
import {
  type Finding,
  type Outcome,
  outcome,
  type Project,
  type Verifier,
} from './types';

const FOLDER = 'infra/vm';
const UNIT = /\/templates\/[^/]+\.service\.j2$/;

/** What a hardened unit says; each line takes something from a service that was broken into. */
const HARDENED: readonly string[] = [
  'NoNewPrivileges=yes',
  'CapabilityBoundingSet=',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectControlGroups=yes',
  'RestrictNamespaces=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'SystemCallFilter=@system-service',
];

/** Own rules for a systemd unit. */
export function unitFindings(file: string, text: string): Finding[] {
  const findings: Finding[] = [];
  const add = (message: string) => findings.push({ where: file, message });
  const lines = new Set(text.split('\n').map(line => line.trim()));
  const value = (key: string) =>
    Array.from(lines)
      .find(line => line.startsWith(`${key}=`))
      ?.slice(key.length + 1);
  for (const line of HARDENED) {
    if (!lines.has(line)) {
      add(`does not say ${line}`);
    }
  }
  if (!value('User') || value('User') === 'root') {
    add('runs as root');
  }
  for (const limit of ['MemoryMax', 'TasksMax']) {
    if (!value(limit)) {
      add(`has no ${limit}`);
    }
  }
  if (value('Restart') !== 'on-failure') {
    add('stays down when it fails');
  }
  if (value('RestartPreventExitStatus') !== '78') {
    add('tries a wrong configuration again and again');
  }
  if (!(Number(value('TimeoutStopSec')) > 30)) {
    add('is killed before it could end by itself');
  }
  return findings;
}

type Task = Record<string, unknown> & { block?: Task[]; rescue?: Task[] };

const flat = (tasks: Task[] | null): Task[] =>
  (tasks ?? []).flatMap(task => [
    task,
    ...flat(task.block ?? []),
    ...flat(task.rescue ?? []),
  ]);

/** Own rules for the tasks of a role: what a second run would change, and what may not be in a repository. */
export function taskFindings(file: string, text: string): Finding[] {
  return flat(parse(text) as Task[]).flatMap(task => {
    const where = `${file}: ${String(task.name)}`;
    const findings: Finding[] = [];
    for (const module of Object.keys(task)) {
      if (/^(ansible\.builtin\.)?(shell|raw|command)$/.test(module)) {
        findings.push({
          where,
          message: 'runs a command, which changes something every time',
        });
      }
    }
    return findings;
  });
}

/** Where a play's machines are left by a run. */
type Recap = { ok: number; changed: number; failed: number };

/** Sums of the recap at the end of a run. */
export function recapOf(output: string): Recap {
  const sum = (word: string) =>
    Array.from(output.matchAll(new RegExp(`\\b${word}=(\\d+)`, 'g'))).reduce(
      (total, [, count]) => total + Number(count),
      0,
    );
  return { ok: sum('ok'), changed: sum('changed'), failed: sum('failed') };
}

/**
 * The parts of this verifier that take long, for mutations that one of them has to notice: what ansible-lint says, a second run, an
 * artifact that is not what was signed.
 */
const STAGES = ['lint', 'again', 'tampered'] as const;
type Stage = (typeof STAGES)[number];

/**
 * Runs the playbook for real against this machine, into a folder of its own and without root: once, again (which must change nothing), with
 * another release (which must switch), and with an artifact that is not what was signed (which must be refused).
 */
async function runTwice(
  project: Project,
  stage: Stage | undefined,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const work = await mkdtemp(join(tmpdir(), 'golden-path-ansible-'));
  try {
    const copy = join(work, 'vm');
    for (const file of project.files.filter(f => f.startsWith(`${FOLDER}/`))) {
      await cp(
        join(project.folder, file),
        join(copy, file.slice(FOLDER.length)),
        {
          recursive: true,
        },
      );
    }
    const units = join(work, 'units');
    const root = join(work, 'service');
    await mkdir(units);
    const artifact = async (name: string) => {
      const folder = join(work, name);
      await mkdir(folder);
      await writeFile(join(folder, 'start'), `#!/bin/sh\necho ${name}\n`, {
        mode: 0o755,
      });
      const archive = join(work, `${name}.tar.gz`);
      await run('tar', ['-czf', archive, '-C', folder, '.'], { cwd: work });
      return {
        archive,
        sha256: createHash('sha256')
          .update(await readFile(archive))
          .digest('hex'),
      };
    };
    const play = (
      release: { archive: string; sha256: string },
      version: string,
    ) =>
      run(
        'ansible-playbook',
        [
          'playbook.yml',
          '--inventory',
          join(work, 'inventory.yml'),
          '--extra-vars',
          JSON.stringify({
            service_as_root: false,
            service_root: root,
            service_unit_folder: units,
            service_artifact: release.archive,
            service_artifact_sha256: release.sha256,
            service_release: version,
          }),
        ],
        {
          cwd: copy,
          env: {
            ...process.env,
            ANSIBLE_CONFIG: join(copy, 'ansible.cfg'),
            ANSIBLE_LOCAL_TEMP: join(work, 'local'),
            ANSIBLE_REMOTE_TEMP: join(work, 'remote'),
            ANSIBLE_NOCOLOR: '1',
            // The role uses no facts of the machine, and gathering them takes as long as everything else. One that did would fail here.
            ANSIBLE_GATHERING: 'explicit',
            ANSIBLE_PIPELINING: '1',
            HOME: work,
          },
          timeoutMs: 180_000,
        },
      );
    await writeFile(
      join(work, 'inventory.yml'),
      // The interpreter is told, as looking for one says nothing about the role and takes as long as several tasks.
      'all:\n  children:\n    service:\n      hosts:\n        localhost:\n          ansible_connection: local\n          ansible_python_interpreter: "{{ ansible_playbook_python }}"\n',
    );
    const add = (run_: string, message: string) =>
      findings.push({ where: `ansible-playbook, ${run_} run`, message });
    const one = await artifact('one');
    const refusesTampered = async () => {
      const other = createHash('sha256').update('another').digest('hex');
      const tampered = await play({ ...one, sha256: other }, '2.0.1');
      if (tampered.code === 0) {
        add('tampered', 'unpacks an artifact that is not what was signed');
      }
    };
    if (stage === 'tampered') {
      await refusesTampered();
      return findings;
    }
    const first = await play(one, '1.0.0');
    if (first.code !== 0 || recapOf(first.output).changed === 0) {
      add('first', first.output.trim().slice(-1500));
      return findings;
    }
    const releases = join(root, 'releases');
    const after = await digestFiles(releases);
    const second = await play(one, '1.0.0');
    const { changed } = recapOf(second.output);
    if (second.code !== 0 || changed > 0) {
      add(
        'second',
        `changes ${changed} things:\n${second.output
          .split('\n')
          .filter(
            (line, i, all) =>
              /^changed:/.test(line) || /^changed:/.test(all[i + 1] ?? ''),
          )
          .join('\n')
          .slice(0, 1000)}`,
      );
    }
    if (JSON.stringify(await digestFiles(releases)) !== JSON.stringify(after)) {
      add('second', 'leaves other files than the first');
    }
    if (findings.length > 0 || stage === 'again') {
      return findings;
    }
    const two = await artifact('two');
    const third = await play(two, '2.0.0');
    const current = await readlink(join(root, 'current')).catch(() => '');
    if (third.code !== 0 || !current.endsWith(two.sha256.slice(0, 12))) {
      add('third', `does not switch to another release: ${current}`);
    }
    await refusesTampered();
    for (const file of await digestFiles(units)) {
      findings.push(
        ...unitFindings(
          file.path,
          await readFile(join(units, file.path), 'utf8'),
        ),
      );
    }
    return findings;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What ansible-lint and the syntax check say. */
async function lintFindings(
  project: Project,
  stage: Stage | undefined,
): Promise<Finding[]> {
  const cwd = join(project.folder, FOLDER);
  const cache = await mkdtemp(join(tmpdir(), 'golden-path-ansible-lint-'));
  try {
    const env = {
      ...process.env,
      HOME: cache,
      ANSIBLE_HOME: cache,
      ANSIBLE_NOCOLOR: '1',
      NO_COLOR: '1',
    };
    const findings: Finding[] = [];
    const plays = project.files.filter(f => /^infra\/vm\/[^/]+\.yml$/.test(f));
    if (stage !== 'lint' && plays.length > 0) {
      // All at once: most of what one takes is the start.
      const syntax = await run(
        'ansible-playbook',
        ['--syntax-check', ...plays.map(f => f.slice(FOLDER.length + 1))],
        { cwd, env, timeoutMs: 60_000 },
      );
      if (syntax.code !== 0) {
        findings.push({
          where: plays.join(', '),
          message: syntax.output.trim().slice(-1000),
        });
      }
    }
    if (findings.length > 0) {
      return findings;
    }
    const lint = await run(
      'ansible-lint',
      ['--offline', '--nocolor', '--parseable', '--project-dir', cwd],
      { cwd, env, timeoutMs: 180_000 },
    );
    for (const line of lint.stdout.split('\n')) {
      const match = /^(\S+?:\d+)(?::\d+)?: (.*)$/.exec(line);
      if (match) {
        findings.push({
          where: `${FOLDER}/${match[1]}`,
          message: `${match[2]} [ansible-lint]`,
        });
      }
    }
    if (lint.code !== 0 && findings.length === 0) {
      findings.push({
        where: 'ansible-lint',
        message: lint.output.trim().slice(-1000),
      });
    }
    return findings;
  } finally {
    await rm(cache, { recursive: true, force: true });
    await rm(join(cwd, '.ansible'), { recursive: true, force: true });
  }
}

/** The role's defaults without the names of packages: as no root, which is how it is run here, nothing is installed. */
export function withoutPackages(file: string, text: string): string {
  return file.endsWith('/defaults/main.yml')
    ? text.replace(/^(service_packages: )\[("[\w.+-]+"(, *)?)*\]$/m, '$1[]')
    : text;
}

/** Runs of the same role and playbook; environments differ in their machines only. */
const verified = new Map<string, Promise<Finding[]>>();

async function once(
  project: Project,
  stage: Stage | undefined,
): Promise<Finding[]> {
  const hash = createHash('sha256').update(`${stage}\0`);
  for (const file of project.files) {
    if (file.startsWith(`${FOLDER}/`) && !file.includes('/inventory/')) {
      hash.update(
        `${file}\0${withoutPackages(file, await project.read(file))}\0`,
      );
    }
  }
  const key = hash.digest('hex');
  const runs = stage !== 'lint';
  const reads = stage !== 'again' && stage !== 'tampered';
  const work = async () => {
    const lint = reads ? await lintFindings(project, stage) : [];
    return lint.length > 0 || !runs ? lint : runTwice(project, stage);
  };
  const known = verified.get(key) ?? work();
  verified.set(key, known);
  return known;
}

export const ansible: Verifier = {
  id: 'ansible',
  title: 'Ansible: ansible-lint, syntax, run twice for real; the unit hardened',
  reads: file => file.startsWith(`${FOLDER}/`),
  essence: withoutPackages,
  takesLong: true,
  async verify(project, asked): Promise<Outcome> {
    const stage = STAGES.find(known => known === asked);
    if (!project.files.includes(`${FOLDER}/playbook.yml`)) {
      return { status: 'absent' };
    }
    const findings: Finding[] = [];
    for (const file of project.files) {
      if (UNIT.test(file)) {
        findings.push(...unitFindings(file, await project.read(file)));
      } else if (
        /^infra\/vm\/roles\/[^/]+\/(tasks|handlers)\/.+\.yml$/.test(file)
      ) {
        findings.push(...taskFindings(file, await project.read(file)));
      }
    }
    if (!project.files.some(f => UNIT.test(f))) {
      findings.push({ where: FOLDER, message: 'has no systemd unit' });
    }
    const environments = project.files.filter(f =>
      f.startsWith(`${FOLDER}/inventory/`),
    );
    for (const file of environments) {
      if (
        /ansible_(ssh_|become_)?pass(word)?\b/.test(await project.read(file))
      ) {
        findings.push({ where: file, message: 'keeps a password' });
      }
    }
    if (findings.length > 0) {
      return outcome(findings);
    }
    for (const tool of ['ansible-playbook', 'ansible-lint']) {
      if (!(await which(tool))) {
        return { status: 'skipped', missing: tool };
      }
    }
    for (const file of stage ? [] : environments) {
      const list = await run(
        'ansible-inventory',
        ['--inventory', file, '--list'],
        { cwd: project.folder, timeoutMs: 60_000 },
      );
      if (list.code !== 0 || !/"hosts"/.test(list.stdout)) {
        findings.push({ where: file, message: 'names no machine' });
      }
    }
    findings.push(...(await once(project, stage)));
    return outcome(findings, [
      'Ansible: run for real without root; packages, users and systemd need a machine',
      'infra/vm/Vagrantfile: read, not run; it needs a hypervisor',
    ]);
  },
};
