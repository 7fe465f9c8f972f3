import { createHash } from 'node:crypto';
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { parse } from 'yaml';
import { digestFiles } from '../lib/files';
import { run, which } from '../lib/run';
import { freePort } from './service';
import {
  type Finding,
  type Outcome,
  outcome,
  type Project,
  type Verifier,
} from './types';
import { vagrantFindings, variableFindings } from './vagrant';

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
  if (!value('ExecStart')) {
    add('starts nothing');
  }
  if (value('Restart') !== 'on-failure') {
    add('stays down when it fails');
  }
  if (value('RestartPreventExitStatus') !== '78') {
    add('tries a wrong configuration again and again');
  }
  if (value('StartLimitIntervalSec') !== '0') {
    add('may refuse the release before, when a bad one has used up the starts');
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

type Play = { name?: string; serial?: number; max_fail_percentage?: number } & {
  tasks?: Task[];
};

/** The file of a role's tasks that a task of a play includes. */
const includedBy = (task: Task): string | undefined => {
  const included = (task['ansible.builtin.include_role'] ??
    task.include_role) as { name?: string; tasks_from?: string } | undefined;
  return included
    ? `${FOLDER}/roles/${included.name}/tasks/${
        included.tasks_from ?? 'main.yml'
      }`
    : undefined;
};

/** Does a task start, stop or restart something, or leave that to a handler? */
const touchesService = (task: Task): boolean =>
  task.notify !== undefined ||
  ['systemd', 'systemd_service', 'service'].some(
    module => `ansible.builtin.${module}` in task || module in task,
  );

/**
 * Own rules for a playbook: what restarts a service does so on one machine at a time, and stops at the first that fails. A handler of a play
 * for all machines runs at its end: on all of them at once, and on a fresh one before there is a release.
 */
export function playFindings(
  file: string,
  text: string,
  tasksOf: (file: string) => string | undefined,
): Finding[] {
  return (parse(text) as Play[]).flatMap(play => {
    const restarts = (play.tasks ?? []).some(task => {
      const included = tasksOf(includedBy(task) ?? '');
      return (
        touchesService(task) ||
        (included !== undefined &&
          flat(parse(included) as Task[]).some(touchesService))
      );
    });
    return restarts && !(play.serial === 1 && play.max_fail_percentage === 0)
      ? [
          {
            where: `${file}: ${play.name}`,
            message:
              'starts or restarts the service on all machines at once, a fresh one among them that has no release yet',
          },
        ]
      : [];
  });
}

/**
 * Own rules for machines of a project in Python: compiled dependencies load in the Python they were built for only, which is that of one
 * version of Debian.
 */
export function interpreterFindings(
  python: string,
  files: { file: string; text: string }[],
): Finding[] {
  const debian: Record<string, string> = { '3.11': '12', '3.13': '13' };
  const wanted: [RegExp, RegExp, string][] = [
    [
      /\/Vagrantfile$/,
      new RegExp(`config\\.vm\\.box = '\\w+/debian-${debian[python]}'`),
      `starts no Debian ${debian[python]}, which has Python ${python}`,
    ],
    [
      /\.pkr\.hcl$/,
      new RegExp(`/debian-${debian[python]}-genericcloud`),
      `starts from no Debian ${debian[python]}, which has Python ${python}`,
    ],
    [
      /\/defaults\/main\.yml$/,
      new RegExp(`^service_python: "${python.replace('.', '\\.')}"$`, 'm'),
      `does not name Python ${python}, which the artifact is built with`,
    ],
    [
      /\/tasks\/provision\.yml$/,
      /lnk_source .*service_python/,
      'does not refuse a machine with another Python than the artifact was built with',
    ],
  ];
  return wanted.flatMap(([place, says, message]) =>
    files
      .filter(({ file, text }) => place.test(file) && !says.test(text))
      .map(({ file }) => ({ where: file, message })),
  );
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
 * The parts of this verifier that take long, for mutations that one of them has to notice: what ansible-lint says, a second run, other
 * settings, another release, one that does not get ready, an artifact that is not what was signed.
 */
const STAGES = [
  'lint',
  'again',
  'settings',
  'another',
  'back',
  'tampered',
] as const;
type Stage = (typeof STAGES)[number];

/** A service as small as it can be: its health says which release it is, and where it was told to send traces. */
const serviceScript = (version: string) => `#!/usr/bin/env python3
import http.server, json, os


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"version": "${version}", "traces": os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")}).encode())


http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answers).serve_forever()
`;

const standIn = (file: string) =>
  resolvePackagePath(
    '@pavedroad/golden-path-cli',
    `fixtures/stand-ins/${file}`,
  );

/**
 * Runs the playbook for real against this machine, which never had a release: into a folder of its own, without root, and with a stand-in for
 * systemctl that starts real processes. Once, again (which must change nothing), with other settings (which must reach the process), with
 * another release (which must answer, and end what is kept of old ones), with one that does not get ready (after which the one before answers, with its settings), and with an
 * artifact that is not what was signed (which must be refused).
 */
async function runForReal(
  project: Project,
  stage: Stage | undefined,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const work = await mkdtemp(join(tmpdir(), 'golden-path-ansible-'));
  const systemctl = join(work, 'bin', 'systemctl');
  const name = 'tried';
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
    await cp(standIn('systemctl'), systemctl, { recursive: true });
    const module = join(work, 'module.py');
    await cp(standIn('module.py'), module);
    const port = await freePort();
    const artifact = async (version: string, start: string) => {
      const folder = join(work, version);
      await mkdir(folder);
      await writeFile(join(folder, 'start'), start, { mode: 0o755 });
      const archive = join(work, `${version}.tar.gz`);
      await run('tar', ['-czf', archive, '-C', folder, '.'], { cwd: work });
      const sha256 = createHash('sha256')
        .update(await readFile(archive))
        .digest('hex');
      return { version, archive, sha256 };
    };
    type Release = Awaited<ReturnType<typeof artifact>>;
    const play = (
      release: Release,
      settings: Record<string, string | number> = {},
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
            service_under_systemd: true,
            service_name: name,
            service_port: port,
            service_root: root,
            service_unit_folder: units,
            service_artifact: release.archive,
            service_artifact_sha256: release.sha256,
            service_release: release.version,
            ...settings,
          }),
        ],
        {
          cwd: copy,
          env: {
            ...process.env,
            PATH: `${join(work, 'bin')}:${process.env.PATH}`,
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
      JSON.stringify({
        all: {
          children: {
            service: {
              hosts: {
                localhost: {
                  ansible_connection: 'local',
                  ansible_python_interpreter: `{{ ansible_playbook_python }} ${module}`,
                },
              },
            },
          },
        },
      }),
    );
    const add = (run_: string, message: string) =>
      findings.push({ where: `ansible-playbook, ${run_} run`, message });
    /** What runs now says of itself; nothing where nothing answers. */
    const answer = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`, {
        signal: AbortSignal.timeout(5000),
      }).catch(() => undefined);
      return (await response?.json()) as
        | { version: string; traces: string | null }
        | undefined;
    };
    const starts = async () =>
      (await readFile(join(work, 'systemd', 'starts'), 'utf8').catch(() => ''))
        .split('\n')
        .filter(line => line !== '').length;

    const one = await artifact('1.0.0', serviceScript('1.0.0'));
    const refusesTampered = async () => {
      const other = createHash('sha256').update('another').digest('hex');
      const tampered = await play({ ...one, sha256: other });
      if (tampered.code === 0) {
        add('tampered', 'unpacks an artifact that is not what was signed');
      }
    };
    if (stage === 'tampered') {
      await refusesTampered();
      return findings;
    }
    const first = await play(one);
    if (first.code !== 0 || recapOf(first.output).changed === 0) {
      add('first', first.output.trim().slice(-1500));
      return findings;
    }
    if ((await answer())?.version !== '1.0.0') {
      add('first', 'leaves nothing running on a fresh machine');
      return findings;
    }
    const again = async () => {
      const before = await starts();
      const releases = join(root, 'releases');
      const after = await digestFiles(releases);
      const second = await play(one);
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
      if (
        JSON.stringify(await digestFiles(releases)) !== JSON.stringify(after)
      ) {
        add('second', 'leaves other files than the first');
      }
      if ((await starts()) !== before) {
        add('second', 'restarts what has not changed');
      }
    };
    const otherSettings = async () => {
      const before = await starts();
      const told = { service_otlp_endpoint: 'http://otlp.example.com:4318' };
      const third = await play(one, told);
      const running = await answer();
      if (
        third.code !== 0 ||
        running?.traces !== told.service_otlp_endpoint ||
        (await starts()) !== before + 1
      ) {
        add(
          'settings',
          `does not restart what other settings are for, once: it runs with ${running?.traces}`,
        );
      }
    };
    const anotherRelease = async () => {
      const two = await artifact('2.0.0', serviceScript('2.0.0'));
      const releases = join(root, 'releases');
      const before = one.sha256.slice(0, 12);
      // As old as its last day; the one that ran before is, too.
      const longAgo = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000);
      for (const old of ['old', 'recent']) {
        await mkdir(join(releases, old));
        await writeFile(join(releases, old, 'start'), '');
      }
      for (const old of ['old', before]) {
        await utimes(join(releases, old), longAgo, longAgo);
      }
      const fourth = await play(two);
      const current = await readlink(join(root, 'current')).catch(() => '');
      const running = await answer();
      if (
        fourth.code !== 0 ||
        running?.version !== '2.0.0' ||
        !current.endsWith(two.sha256.slice(0, 12))
      ) {
        add('another', `does not switch to another release: ${current}`);
      }
      const kept = (await readdir(releases)).sort();
      const wanted = [before, 'recent', two.sha256.slice(0, 12)].sort();
      if (fourth.code === 0 && kept.join() !== wanted.join()) {
        add(
          'another',
          `keeps the releases ${kept.join(', ')} and not ${wanted.join(', ')}`,
        );
      }
    };
    const back = async () => {
      const before = await answer();
      const bad = await artifact('3.0.0', '#!/bin/sh\nexit 1\n');
      const fifth = await play(bad, {
        service_ready_attempts: 1,
        service_otlp_endpoint: 'http://bad.example.com',
      });
      // What was started a moment ago listens soon.
      let running = await answer();
      for (let i = 0; i < 50 && !running; i += 1) {
        await sleep(100);
        running = await answer();
      }
      if (fifth.code === 0) {
        add('bad', 'takes a release that does not get ready for a good one');
      }
      if (JSON.stringify(running) !== JSON.stringify(before)) {
        add(
          'bad',
          `does not bring back what ran before: ${JSON.stringify(running)}`,
        );
      }
      const left = (
        await Promise.all([root, units].map(folder => readdir(folder)))
      )
        .flat()
        .filter(file => file.endsWith('~'));
      if (left.length > 0) {
        add('bad', `leaves copies of settings behind: ${left.join(', ')}`);
      }
    };
    const parts: Partial<Record<Stage, () => Promise<void>>> = {
      again,
      settings: otherSettings,
      another: anotherRelease,
      back,
    };
    const wanted = stage
      ? [parts[stage]]
      : [again, otherSettings, anotherRelease, back];
    for (const part of wanted) {
      await part?.();
      if (findings.length > 0) {
        return findings;
      }
    }
    if (stage) {
      return findings;
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
    await run(systemctl, ['stop', name], { cwd: work }).catch(() => undefined);
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
  const reads = stage === undefined || stage === 'lint';
  const work = async () => {
    const lint = reads ? await lintFindings(project, stage) : [];
    return lint.length > 0 || !runs ? lint : runForReal(project, stage);
  };
  const known = verified.get(key) ?? work();
  verified.set(key, known);
  return known;
}

export const ansible: Verifier = {
  id: 'ansible',
  title:
    'Ansible: ansible-lint, syntax, run for real on a fresh machine and again; the unit hardened',
  reads: file => file.startsWith(`${FOLDER}/`) || file === '.python-version',
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
    const texts = new Map<string, string>();
    for (const file of project.files.filter(f => f.startsWith(`${FOLDER}/`))) {
      texts.set(file, await project.read(file));
    }
    for (const [file, text] of texts) {
      if (/^infra\/vm\/[^/]+\.yml$/.test(file)) {
        findings.push(...playFindings(file, text, f => texts.get(f)));
      }
    }
    if (project.files.includes('.python-version')) {
      findings.push(
        ...interpreterFindings(
          (await project.read('.python-version')).trim(),
          Array.from(texts, ([file, text]) => ({ file, text })),
        ),
      );
    }
    const own = project.files.filter(
      f => f.startsWith(`${FOLDER}/`) && /\.(ya?ml|j2)$/.test(f),
    );
    findings.push(
      ...variableFindings(
        await Promise.all(
          own.map(async file => ({ file, text: await project.read(file) })),
        ),
      ),
    );
    const vagrantfile = `${FOLDER}/Vagrantfile`;
    if (project.files.includes(vagrantfile)) {
      findings.push(
        ...vagrantFindings(vagrantfile, await project.read(vagrantfile)),
      );
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
      'Ansible: run for real without root, a stand-in for systemctl starting the processes; packages, users and systemd need a machine',
      'infra/vm/Vagrantfile: its blocks are read, it is not run; that needs Ruby and a hypervisor',
    ]);
  },
};
