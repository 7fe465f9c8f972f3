import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inParallel } from '../lib/concurrency';
import { measured, totalCpuSeconds } from '../lib/cpu';
import { digestFiles, listFiles } from '../lib/files';
import { lintTemplate } from '../lint/lintTemplate';
import { run } from '../lib/run';
import { renderTemplate } from '../render/renderTemplate';
import { questionsOf } from '../template/answers';
import type { Template } from '../template/loadTemplate';
import { matrixOf } from '../template/matrix';
import { VERIFIERS } from '../verify';
import {
  cleanEnv,
  type Executed,
  executeGitlab,
  executeMakeVerify,
  unpackArtifact,
} from '../verify/pipeline';
import { executeDelivery } from '../verify/delivery';
import { openProject } from '../verify/project';
import {
  type Finding,
  type Outcome,
  outcome,
  type Project,
  type Verifier,
} from '../verify/types';
import { pipelineDifferences } from './coverage';
import { proveHostileTexts } from './hostile';
import { type Kind, kindOf, mutationsOf, type Row } from './kinds';
import { DELIVERY_MUTATIONS, type Mutation } from './mutations';
import type { Progress } from './progress';
import type { CaseResult, Check, MutationResult, Proof } from './types';

export type ProofOptions = {
  progress: Progress;
  /** Under CI a missing tool is a failure. */
  underCi: boolean;
  /** Only checks whose id begins with one of these; the result is then no proof. */
  only?: string[];
  /** Only a few rows, read by every verifier; no pipeline is run and nothing is broken on purpose. The result is then no proof. */
  sample?: boolean;
  /** How many things run at once. */
  concurrency?: number;
};

/** The sentence for a tool that is not there. */
const missingTool = (tool: string) => ({
  where: 'tools',
  message: `${tool} is not installed`,
});

/** A check from what a verifier came to; `undefined` when the project has nothing of the kind. */
export function toCheck(
  id: string,
  title: string,
  result: Outcome,
  cost: { seconds: number; cpuSeconds: number },
  underCi: boolean,
): Check | undefined {
  switch (result.status) {
    case 'absent':
      return undefined;
    case 'skipped':
      return {
        id,
        title,
        status: underCi ? 'failed' : 'skipped',
        findings: [missingTool(result.missing)],
        notRun: [],
        ...cost,
      };
    default:
      return {
        id,
        title,
        status: result.status,
        findings: result.findings,
        notRun: result.notRun ?? [],
        ...cost,
      };
  }
}

const lastLine = (text: string) => text.trim().split('\n').pop() ?? '';

/** Does something and says how long it took, and how much processor time the commands it ran. */
async function costOf<T>(
  work: () => Promise<T>,
): Promise<{ result: T; seconds: number; cpuSeconds: number }> {
  const begun = performance.now();
  const { result, cpuSeconds } = await measured(work);
  return { result, cpuSeconds, seconds: (performance.now() - begun) / 1000 };
}

class ProofRun {
  private readonly started = performance.now();
  private readonly cpuBefore = totalCpuSeconds();
  private readonly checks: Check[] = [];
  private readonly cases = new Map<string, CaseResult>();
  private readonly mutations: MutationResult[] = [];
  private readonly notRun = new Set<string>();
  private readonly verified = new Map<string, Promise<Outcome>>();

  constructor(
    private readonly template: Template,
    private readonly options: ProofOptions,
    private readonly work: string,
  ) {}

  async run(): Promise<Proof> {
    const startedAt = new Date().toISOString();
    await this.check(undefined, 'lint', 'The template itself', async () =>
      outcome(await lintTemplate(this.template)),
    );
    const kind = this.kindOrNothing();
    const rendered = kind ? await this.renderAll(kind) : [];
    if (kind && rendered.length > 0) {
      // The long ones first, so that both processors are busy to the end.
      const { concurrency = 2, sample } = this.options;
      await inParallel(concurrency, [
        ...(sample || !kind.runsPipeline
          ? []
          : await this.executions(kind, rendered)),
        ...this.staticChecks(kind, rendered),
        ...(sample
          ? []
          : [
              () => this.hostile(kind, rendered[0]),
              ...this.staticMutations(kind, rendered),
            ]),
      ]);
    }
    return this.result(startedAt);
  }

  /** What the template makes; a kind no proof knows is a finding of lint already. */
  private kindOrNothing(): Kind | undefined {
    try {
      return kindOf(this.template);
    } catch {
      return undefined;
    }
  }

  private wanted(id: string): boolean {
    const { only } = this.options;
    return !only?.length || only.some(prefix => id.startsWith(prefix));
  }

  /** Runs one check, records it with its row (or with the template) and shows it. */
  private async check(
    row: Row | undefined,
    id: string,
    title: string,
    verify: () => Promise<Outcome>,
  ): Promise<Check | undefined> {
    if (!this.wanted(id)) {
      return undefined;
    }
    const { result, ...cost } = await costOf(() => settled(title, verify));
    const check = toCheck(id, title, result, cost, this.options.underCi);
    if (check) {
      check.notRun.forEach(sentence => this.notRun.add(sentence));
      (row ? this.cases.get(row.id)?.checks : this.checks)?.push(check);
      this.options.progress.check(row?.id ?? this.template.name, check);
    }
    return check;
  }

  /** Every row of the matrix, rendered; a row that cannot be rendered is a failed check. */
  private async renderAll(kind: Kind): Promise<Row[]> {
    const { template } = this;
    const { cases = matrixOf, produce = renderTemplate } = kind;
    const whole = cases(template);
    const matrix = this.options.sample ? sampleOf(whole) : whole;
    const rendered: Row[] = [];
    for (const [index, row] of matrix.entries()) {
      this.cases.set(row.id, { ...row, checks: [] });
      const folder = join(this.work, `render-${index}`);
      const { result, ...cost } = await costOf(async () => {
        try {
          await produce(template, row.answers, folder);
          const again = join(this.work, `again-${index}`);
          await produce(template, row.answers, again);
          const differing = await renderDifferences(folder, again);
          await rm(again, { recursive: true });
          rendered.push({ ...row, folder, project: await openProject(folder) });
          return outcome(differing);
        } catch (error) {
          return outcome([
            { where: row.id, message: String((error as Error).message) },
          ]);
        }
      });
      const check = toCheck(
        'render',
        'Rendered twice, byte for byte the same',
        result,
        cost,
        this.options.underCi,
      );
      if (check) {
        this.cases.get(row.id)?.checks.push(check);
        this.options.progress.check(row.id, check);
      }
    }
    await this.check(
      undefined,
      'defaults',
      'Callers without the form get the same defaults',
      async () => {
        const required = template.pages.flatMap(page => page.required ?? []);
        const few = Object.fromEntries(
          required.map(name => [name, matrix[0].answers[name]]),
        );
        const bare = join(this.work, 'without-defaults');
        const full = join(this.work, 'with-defaults');
        await produce(template, few, bare, { withoutDefaults: true });
        await produce(template, few, full);
        return outcome(await renderDifferences(bare, full));
      },
    );
    return rendered;
  }

  private staticChecks(kind: Kind, rendered: Row[]): (() => Promise<void>)[] {
    return rendered.flatMap(row => [
      ...[...VERIFIERS, ...kind.verifiers].map(verifier => async () => {
        await this.check(row, verifier.id, verifier.title, () =>
          this.verifyOnce(verifier, row.project),
        );
      }),
      async () => {
        for (const held of (await kind.holds?.(this.template, row)) ?? []) {
          await this.check(row, held.id, held.title, async () => held.outcome);
        }
      },
    ]);
  }

  /** Rows that agree in every file a verifier reads get the same answer, worked out once. */
  private async verifyOnce(
    verifier: Verifier,
    project: Project,
  ): Promise<Outcome> {
    const { reads } = verifier;
    if (!reads) {
      return verifier.verify(project);
    }
    const hash = createHash('sha256');
    for (const file of project.files.filter(reads)) {
      hash
        .update(`${file}\0`)
        .update(await project.read(file))
        .update('\0');
    }
    const key = `${verifier.id} ${hash.digest('hex')}`;
    const known = this.verified.get(key) ?? verifier.verify(project);
    this.verified.set(key, known);
    return known;
  }

  private async hostile(kind: Kind, row: Row): Promise<void> {
    await this.check(
      undefined,
      'hostile-texts',
      'Hostile texts: refused, or rendered as what they are',
      async () => {
        const { refused, rendered, findings } = await proveHostileTexts(
          this.template,
          row.answers,
          kind.produce,
        );
        const texts = Object.values(questionsOf(this.template)).filter(
          q => q.type === 'string' && !q.enum,
        ).length;
        if (texts > 0 && (refused === 0 || rendered === 0)) {
          findings.push({
            where: 'hostile texts',
            message: `${refused} refused and ${rendered} rendered: the check looked at nothing`,
          });
        }
        return outcome(findings);
      },
    );
  }

  /** The pipeline runs for real once for every set of rows it reads the same files of; the report names the others as not run. */
  private async executions(
    kind: Kind,
    rendered: Row[],
  ): Promise<(() => Promise<void>)[]> {
    const groups: Row[][] = [];
    const contents = new Map<Row, Map<string, string>>();
    for (const row of rendered) {
      contents.set(
        row,
        new Map(
          await Promise.all(
            row.project.files.map(
              async f => [f, await row.project.read(f)] as const,
            ),
          ),
        ),
      );
    }
    const contentOf = (row: Row) => contents.get(row) ?? new Map();
    for (const row of rendered) {
      const group = groups.find(
        ([first]) =>
          pipelineDifferences(contentOf(first), contentOf(row)).length === 0,
      );
      if (group) {
        group.push(row);
      } else {
        groups.push([row]);
      }
    }
    return groups.map(([first, ...others], index) => async () => {
      const gitlab = first.project.files.includes('.gitlab-ci.yml');
      if (!this.wanted(gitlab ? 'pipeline' : 'make-verify')) {
        return;
      }
      const folder = join(this.work, `execution-${index}`);
      await mkdir(folder);
      let executed: Executed | undefined;
      const check = await this.check(
        first,
        gitlab ? 'pipeline' : 'make-verify',
        gitlab
          ? 'GitLab pipeline, run for real'
          : "make verify: the pipeline's scripts, run for real",
        async () => {
          executed = gitlab
            ? await executeGitlab(first.project, folder)
            : await executeMakeVerify(first.project, folder);
          return executed.outcome;
        },
      );
      others.forEach(other =>
        this.notRun.add(
          `pipeline of ${other.id}: not run again; it reads the same files as that of ${first.id}`,
        ),
      );
      if (executed?.folder && check?.status === 'passed') {
        await this.afterExecution(
          kind,
          rendered,
          first,
          executed.folder,
          gitlab,
        );
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    });
  }

  /** What needs a built project. One group proves the service, another the scripts, so that both finish about the same time. */
  private async afterExecution(
    kind: Kind,
    rendered: Row[],
    row: Row,
    clone: string,
    gitlab: boolean,
  ): Promise<void> {
    if (gitlab) {
      const artifact = await unpackArtifact(clone);
      if (artifact) {
        const { title, verify } = await kind.trial(row.project);
        const tried = await this.check(row, 'service', title, () =>
          verify(artifact),
        );
        for (const further of (await kind.furtherTrials?.(rendered)) ?? []) {
          await this.check(further.row, further.id, further.title, () =>
            further.verify(artifact),
          );
        }
        // Where it fails unbroken, failing when broken says nothing.
        if (tried?.status !== 'failed') {
          await this.artifactMutations(kind, artifact, verify);
        }
        await rm(artifact, { recursive: true, force: true });
      }
    } else {
      const { stress } = kind;
      if (stress) {
        await this.check(row, 'stress', stress.title, () =>
          stress.verify(clone),
        );
      }
      const strategies = kind.strategies(this.template, row);
      for (const strategy of strategies) {
        await this.check(
          row,
          'delivery',
          `Delivery, ${strategy}: a good release takes over, a bad one is taken back`,
          () => executeDelivery(clone, strategy),
        );
      }
      await this.deliveryMutations(strategies, row, clone);
      await this.scriptMutations(clone);
    }
  }

  private async deliveryMutations(
    strategies: readonly string[],
    row: Row,
    clone: string,
  ): Promise<void> {
    for (const mutation of DELIVERY_MUTATIONS) {
      if (!strategies.includes(mutation.strategy)) {
        continue;
      }
      await this.mutation({ ...mutation, verifier: 'delivery' }, async () => {
        const file = row.project.files.find(f => mutation.file.test(f));
        if (!file) {
          return { status: 'missed', message: 'the project lacks the file' };
        }
        const original = await readFile(join(clone, file));
        if (!(await changeFile(clone, file, mutation.change))) {
          return { status: 'missed', message: 'no longer changes the file' };
        }
        try {
          return caughtBy(await executeDelivery(clone, mutation.strategy));
        } finally {
          await writeFile(join(clone, file), original);
        }
      });
    }
  }

  private async mutation(
    mutation: { id: string; description: string; verifier: string },
    attempt: () => Promise<
      { status: 'caught' | 'missed' | 'skipped'; message: string } | undefined
    >,
  ): Promise<void> {
    if (!this.wanted(`mutations:${mutation.verifier}`)) {
      return;
    }
    const { result, ...cost } = await costOf(() =>
      attempt().catch(error => ({
        status: 'missed' as const,
        message: String(error?.message ?? error),
      })),
    );
    if (!result) {
      return;
    }
    const { id, description, verifier } = mutation;
    const recorded: MutationResult = {
      id,
      description,
      verifier,
      ...result,
      ...cost,
    };
    this.mutations.push(recorded);
    this.options.progress.mutation(recorded);
  }

  private staticMutations(
    kind: Kind,
    rendered: Row[],
  ): (() => Promise<void>)[] {
    return mutationsOf(this.template).files.map(
      (mutation, index) => () =>
        this.mutation(mutation, async () => {
          const verifier = [...VERIFIERS, ...kind.verifiers].find(
            v => v.id === mutation.verifier,
          );
          const found = await firstChanged(rendered, mutation);
          if (!verifier || !('row' in found)) {
            return {
              status: 'missed',
              message:
                'any' in found && found.any
                  ? 'no longer changes the file'
                  : 'no row of the matrix has the file',
            };
          }
          const { row, file } = found;
          const folder = join(this.work, `mutation-${index}`);
          await cp(row.folder, folder, { recursive: true });
          try {
            await changeFile(folder, file, mutation.change);
            const broken = await openProject(folder);
            return caughtBy(
              await settled(verifier.title, () => verifier.verify(broken)),
            );
          } finally {
            await rm(folder, { recursive: true, force: true });
          }
        }),
    );
  }

  private async scriptMutations(clone: string): Promise<void> {
    const files = [
      ...(await openProject(clone)).files,
      ...(await listFiles(join(clone, 'build'))).map(f => `build/${f}`),
    ];
    for (const mutation of mutationsOf(this.template).scripts) {
      const [command, ...args] = mutation.command;
      await this.mutation({ ...mutation, verifier: command }, async () => {
        const file = files.find(f => mutation.file.test(f));
        if (!file) {
          return { status: 'missed', message: 'the project lacks the file' };
        }
        const original = await readFile(join(clone, file));
        if (!(await changeFile(clone, file, mutation.change))) {
          return { status: 'missed', message: 'no longer changes the file' };
        }
        try {
          const { code, output } = await run(command, args, {
            cwd: clone,
            env: cleanEnv({ CI: 'true' }),
            timeoutMs: 120_000,
          });
          // 75 says "could not look", which is not "found".
          return code !== 0 && code !== 75
            ? { status: 'caught', message: lastLine(output) }
            : { status: 'missed', message: `exit ${code}` };
        } finally {
          await writeFile(join(clone, file), original);
        }
      });
    }
  }

  private async artifactMutations(
    kind: Kind,
    artifact: string,
    verify: (artifact: string) => Promise<Outcome>,
  ): Promise<void> {
    const built = kind.builtFolder(this.template);
    const files = await listFiles(join(artifact, built)).then(all =>
      all.map(f => `${built}/${f}`),
    );
    for (const mutation of mutationsOf(this.template).artifact) {
      await this.mutation({ ...mutation, verifier: 'service' }, async () => {
        const file = files.find(f => mutation.file.test(f));
        if (!file) {
          return { status: 'missed', message: 'the artifact lacks the file' };
        }
        const original = await readFile(join(artifact, file));
        if (!(await changeFile(artifact, file, mutation.change))) {
          return { status: 'missed', message: 'no longer changes the file' };
        }
        try {
          return caughtBy(await verify(artifact));
        } finally {
          await writeFile(join(artifact, file), original);
        }
      });
    }
  }

  private result(startedAt: string): Proof {
    const cases = Array.from(this.cases.values());
    const all = [...this.checks, ...cases.flatMap(row => row.checks)];
    const count = (status: Check['status']) =>
      all.filter(check => check.status === status).length;
    const mutated = (status: MutationResult['status']) =>
      this.mutations.filter(mutation => mutation.status === status).length;
    const notRun = Array.from(this.notRun).sort();
    const cpu = totalCpuSeconds();
    const counts = {
      passed: count('passed'),
      failed: count('failed'),
      skipped: count('skipped'),
      notRun: notRun.length,
      caught: mutated('caught'),
      missed: mutated('missed'),
      mutationsSkipped: mutated('skipped'),
    };
    return {
      template: this.template.name,
      version: this.template.version,
      startedAt,
      seconds: (performance.now() - this.started) / 1000,
      cpu: {
        own: cpu.own - this.cpuBefore.own,
        commands: cpu.children - this.cpuBefore.children,
      },
      checks: this.checks,
      cases,
      mutations: this.mutations,
      notRun,
      counts,
      complete: !this.options.only?.length && !this.options.sample,
      ok: counts.failed === 0 && counts.missed === 0,
    };
  }
}

/** A verifier that throws has failed; what it threw is what it found. */
function settled(
  title: string,
  verify: () => Promise<Outcome>,
): Promise<Outcome> {
  return verify().catch(error =>
    outcome([{ where: title, message: String(error?.stack ?? error) }]),
  );
}

/** Writes the changed content; `false` when the change changes nothing. */
async function changeFile(
  folder: string,
  file: string,
  change: (content: string) => string,
): Promise<boolean> {
  const path = join(folder, file);
  // latin1 keeps every byte of files that are not text.
  const encoding = file.endsWith('.tar.gz') ? 'latin1' : 'utf8';
  const content = await readFile(path, encoding);
  const changed = change(content);
  if (changed === content) {
    return false;
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, changed, encoding);
  return true;
}

function caughtBy(result: Outcome): {
  status: 'caught' | 'missed' | 'skipped';
  message: string;
} {
  switch (result.status) {
    case 'failed': {
      const [first] = result.findings;
      return {
        status: 'caught',
        message: `${first.where}: ${first.message.split('\n')[0]}`,
      };
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

/** The first row, and its first file, that a mutation changes; rows differ in what their files say. */
async function firstChanged(
  rendered: Row[],
  mutation: Mutation,
): Promise<{ row: Row; file: string } | { any: boolean }> {
  let any = false;
  for (const row of rendered) {
    for (const file of row.project.files.filter(f => mutation.file.test(f))) {
      any = true;
      const content = await row.project.read(file);
      if (mutation.change(content) !== content) {
        return { row, file };
      }
    }
  }
  return { any };
}

/** Every third row and the last: together they hold most values of every answer. */
export function sampleOf<T>(rows: readonly T[]): T[] {
  return rows.filter((_, i) => i % 3 === 0 || i === rows.length - 1);
}

/** Files in which two renders differ. */
async function renderDifferences(
  one: string,
  other: string,
): Promise<Finding[]> {
  const [a, b] = await Promise.all([digestFiles(one), digestFiles(other)]);
  const byPath = new Map(b.map(digest => [digest.path, digest]));
  const differing = a.filter(({ path, sha256, executable }) => {
    const twin = byPath.get(path);
    byPath.delete(path);
    return twin?.sha256 !== sha256 || twin.executable !== executable;
  });
  return [...differing.map(d => d.path), ...byPath.keys()].map(path => ({
    where: path,
    message: 'differs between two renders',
  }));
}

/** Proves a template: everything the definition of a golden path asks of it. Removes what it made, stops what it started. */
export async function proveTemplate(
  template: Template,
  options: ProofOptions,
): Promise<Proof> {
  const work = await mkdtemp(join(tmpdir(), `golden-path-${template.name}-`));
  try {
    return await new ProofRun(template, options, work).run();
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 3 });
  }
}
