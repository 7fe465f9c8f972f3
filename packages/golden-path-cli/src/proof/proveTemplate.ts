import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { measured } from '../lib/cpu';
import { digestFiles, type FileDigest, listFiles } from '../lib/files';
import { Pool, TaskGroup, type TaskOptions } from '../lib/pool';
import { run, which } from '../lib/run';
import { lintTemplate } from '../lint/lintTemplate';
import { renderTemplate } from '../render/renderTemplate';
import type { Template } from '../template/loadTemplate';
import { matrixOf } from '../template/matrix';
import { VERIFIERS } from '../verify';
import { executeDelivery } from '../verify/delivery';
import {
  cleanEnv,
  type Executed,
  executeGitlab,
  executeMakeVerify,
  runGitlab,
  stopDeployments,
  unpackArtifact,
} from '../verify/pipeline';
import { openProject } from '../verify/project';
import {
  type Finding,
  type Outcome,
  outcome,
  type Verifier,
} from '../verify/types';
import {
  type Caught,
  answerOf,
  caughtBy,
  caughtByScript,
  changeFile,
  copyOf,
  firstChanged,
  overlay,
  writeBroken,
} from './breaking';
import type { CheckId } from './checks';
import { pipelineDifferences } from './coverage';
import {
  type Contents,
  contentsOf,
  fingerprint,
  KnownOutcomes,
  withChanged,
} from './fingerprint';
import { proveHostileTexts, readersOf, textQuestions } from './hostile';
import { type Kind, kindOf, mutationsOf, type Row, type Trial } from './kinds';
import {
  DELIVERY_MUTATIONS,
  type Mutation,
  PIPELINE_MUTATIONS,
  type ScriptMutation,
} from './mutations';
import { ownershipFindings, ownershipOf } from './ownership';
import type { Progress } from './progress';
import type { CaseResult, Check, MutationResult, Proof } from './types';

/** Two processors: what a laptop can spare and what CI machines have. */
const PROCESSORS = 2;

/** Beside what computes: so many of what mostly waits, for a process to drain or a deployment to get ready. */
const WAITING = 3;
const WAITS: TaskOptions = { waits: true };

/** A pipeline waits between its jobs and for what it deployed. */
const PIPELINE_WEIGHT = 0.75;

/** What is on the longest way to the end starts first. */
const FIRST = 30;
const THEN = 20;
const EARLY = 10;

/**
 * What this process does itself is done one after the other, and leaves a processor to commands. It fits beside what is run first, which
 * leaves that much of the processors, and later beside little.
 */
const OWN: TaskOptions = { weight: 0.5, priority: FIRST };

/** What takes long is not to be the last that is begun. */
const placeOf = (verifier: Verifier): TaskOptions => ({
  ...(verifier.waits ? WAITS : {}),
  priority: verifier.takesLong ? EARLY : 0,
});

/** What the proofs of one run share. */
export type SharedRun = {
  pool: Pool;
  known: KnownOutcomes;
};

export function sharedRun(processors = PROCESSORS): SharedRun {
  return {
    pool: new Pool(processors, WAITING),
    known: new KnownOutcomes(),
  };
}

export type ProofOptions = {
  progress: Progress;
  /** Under CI a missing tool is a failure. */
  underCi: boolean;
  /** Only checks whose id begins with one of these; the result is then no proof. */
  only?: string[];
  /** Only a few rows, read by every verifier; no pipeline is run and nothing is broken on purpose. The result is then no proof. */
  sample?: boolean;
  /** What other proofs of the same run share with this one. */
  shared?: SharedRun;
  /** Of several proofs at once, the one that starts its tasks first has the most. */
  priority?: number;
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

const isOfGitlab = ({ project }: Row) =>
  project.files.includes('.gitlab-ci.yml');

const RENDERED = 'Rendered twice, byte for byte the same';

/** Does something and says how long it took, and how much processor time the commands it ran. */
async function costOf<T>(
  work: () => Promise<T>,
): Promise<{ result: T; seconds: number; cpuSeconds: number }> {
  const begun = performance.now();
  const { result, cpuSeconds } = await measured(work);
  return { result, cpuSeconds, seconds: (performance.now() - begun) / 1000 };
}

class ProofRun {
  private begun: number | undefined;
  private readonly checks: Check[] = [];
  private readonly cases = new Map<string, CaseResult>();
  private readonly mutations: MutationResult[] = [];
  private readonly notRun = new Set<string>();
  private readonly reused = new Map<string, number>();
  private readonly contents = new Map<Row, Contents>();
  /** What each row was right after it was rendered. */
  private readonly renders = new Map<Row, FileDigest[]>();
  private readonly known: KnownOutcomes;
  private readonly tasks: TaskGroup;
  private readonly leftovers: string[] = [];
  private copies = 0;
  private pipelineBroken = false;

  constructor(
    private readonly template: Template,
    private readonly options: ProofOptions,
    private readonly work: string,
  ) {
    const { pool, known } = options.shared ?? sharedRun();
    this.known = known;
    this.tasks = new TaskGroup(pool, options.priority);
  }

  async run(): Promise<Proof> {
    const startedAt = new Date().toISOString();
    this.tasks.add(() => this.begin(), { priority: FIRST });
    try {
      await this.tasks.done();
    } catch (error) {
      // Said with the rest, so that other templates of the run are heard of, too.
      this.checks.push({
        id: 'proof',
        title: 'The proof itself',
        status: 'failed',
        findings: [
          { where: 'proof', message: String((error as Error).stack ?? error) },
        ],
        notRun: [],
        seconds: 0,
        cpuSeconds: 0,
      });
    } finally {
      await Promise.all(
        this.leftovers.map(folder =>
          rm(folder, { recursive: true, force: true, maxRetries: 3 }),
        ),
      );
    }
    return this.result(startedAt);
  }

  /** Renders, and adds everything else. */
  private async begin(): Promise<void> {
    this.begun = performance.now();
    await this.check(undefined, 'lint', 'The template itself', async () =>
      outcome(await lintTemplate(this.template)),
    );
    const kind = this.kindOrNothing();
    const rows = kind ? await this.renderAll(kind) : [];
    if (!kind || rows.length === 0) {
      return;
    }
    for (const row of rows) {
      this.contents.set(row, await contentsOf(row.project));
    }
    const { sample } = this.options;
    if (!sample && kind.runsPipeline) {
      await this.addExecutions(kind, rows);
    }
    this.addRepeatedRenders(kind, rows);
    this.addPreparations(kind, rows);
    await this.addStaticChecks(kind, rows);
    if (!sample) {
      this.tasks.add(() => this.hostile(kind, rows), OWN);
      this.addStaticMutations(kind, rows);
    }
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
    asked: CheckId | Verifier,
    title: string,
    verify: () => Promise<Outcome>,
  ): Promise<Check | undefined> {
    const id = typeof asked === 'string' ? asked : asked.id;
    if (!this.wanted(id)) {
      return undefined;
    }
    const { result, ...cost } = await costOf(() => settled(title, verify));
    return this.record(row?.id, id, title, result, cost);
  }

  /** What became of a check, with its row (or with the template), in the report and on the screen. */
  private record(
    rowId: string | undefined,
    id: string,
    title: string,
    result: Outcome,
    cost: { seconds: number; cpuSeconds: number },
  ): Check | undefined {
    const check = toCheck(id, title, result, cost, this.options.underCi);
    if (check) {
      check.notRun.forEach(sentence => this.notRun.add(sentence));
      (rowId === undefined ? this.checks : this.cases.get(rowId)?.checks)?.push(
        check,
      );
      this.options.progress.check(rowId ?? this.template.name, check);
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
      const { result: refused, ...cost } = await costOf(async () => {
        try {
          await produce(template, row.answers, folder);
          const made = { ...row, folder, project: await openProject(folder) };
          this.renders.set(made, await digestFiles(folder));
          rendered.push(made);
          return undefined;
        } catch (error) {
          return outcome([
            { where: row.id, message: String((error as Error).message) },
          ]);
        }
      });
      if (refused) {
        this.record(row.id, 'render', RENDERED, refused, cost);
      }
    }
    return rendered;
  }

  /** The second render of every row, and the one without the form's defaults: what is built need not wait for them. */
  private addRepeatedRenders(kind: Kind, rows: readonly Row[]): void {
    const { template } = this;
    const { produce = renderTemplate } = kind;
    for (const [index, row] of this.wanted('render') ? rows.entries() : []) {
      this.tasks.add(async () => {
        const { result, ...cost } = await costOf(() =>
          settled(RENDERED, async () => {
            const again = join(this.work, `again-${index}`);
            await produce(template, row.answers, again);
            const digests = await digestFiles(again);
            await rm(again, { recursive: true });
            return outcome(
              renderDifferences(this.renders.get(row) ?? [], digests),
            );
          }),
        );
        this.record(row.id, 'render', RENDERED, result, cost);
      }, OWN);
    }
    this.tasks.add(async () => {
      await this.check(
        undefined,
        'defaults',
        'Callers without the form get the same defaults',
        async () => {
          const required = template.pages.flatMap(page => page.required ?? []);
          const few = Object.fromEntries(
            required.map(name => [name, rows[0].answers[name]]),
          );
          const bare = join(this.work, 'without-defaults');
          const full = join(this.work, 'with-defaults');
          await produce(template, few, bare, { withoutDefaults: true });
          await produce(template, few, full);
          return outcome(
            renderDifferences(await digestFiles(bare), await digestFiles(full)),
          );
        },
      );
    }, OWN);
  }

  private verifiers(kind: Kind): readonly Verifier[] {
    const { general, verifiers } = kind;
    return [
      ...VERIFIERS.filter(({ id }) => general?.includes(id) ?? true),
      ...verifiers,
    ];
  }

  /** What verifiers can find out about all projects at once, broken ones too, in less time than about each. */
  private addPreparations(kind: Kind, rows: readonly Row[]): void {
    const { sample } = this.options;
    for (const verifier of this.verifiers(kind)) {
      if (!verifier.prepare) {
        continue;
      }
      const asChecks = this.wanted(verifier.id);
      const asMutations = this.wanted(`mutations:${verifier.id}`);
      if (!asChecks && !asMutations) {
        continue;
      }
      this.tasks.add(
        async () => {
          const broken = await Promise.all(
            (sample ? [] : mutationsOf(this.template).files)
              .filter(mutation => mutation.verifier === verifier.id)
              .map(mutation => firstChanged(rows, mutation)),
          );
          await verifier
            .prepare?.([
              ...rows.map(row => row.project),
              ...broken.flatMap(change =>
                'row' in change ? [overlay(change)] : [],
              ),
            ])
            // What could not be prepared is found out, or fails, where it is asked for.
            .catch(() => undefined);
        },
        { priority: THEN },
      );
    }
  }

  private async addStaticChecks(
    kind: Kind,
    rows: readonly Row[],
  ): Promise<void> {
    const ownership = ownershipOf(this.template);
    for (const verifier of this.verifiers(kind)) {
      const groups = await this.byWhatIsRead(verifier, rows);
      const verify = (agreeing: Row[], key: string) => async () => {
        // One after the other: all but the first would only wait for its answer, in the place of somebody who has work to do.
        for (const row of agreeing) {
          await this.check(row, verifier, verifier.title, () =>
            this.verifyOnce(verifier, row, key),
          );
        }
      };
      const works = Array.from(groups, ([key, agreeing]) =>
        verify(agreeing, key),
      );
      if (verifier.takesLong) {
        // What groups differ in takes the least of it, and they would wait for each other, too.
        this.tasks.add(async () => {
          for (const work of works) {
            await work();
          }
        }, placeOf(verifier));
      } else {
        works.forEach(work => this.tasks.add(work, placeOf(verifier)));
      }
    }
    for (const row of rows) {
      // What a change adds to is owned already.
      if (kind.makes === 'repository') {
        this.tasks.add(async () => {
          await this.check(
            row,
            'ownership',
            'Whose the files are: every rule matches, teams keep their code',
            async () =>
              outcome(ownershipFindings(ownership, row.project.files)),
          );
        }, OWN);
      }
      this.tasks.add(async () => {
        const held = await kind.holds?.(this.template, row, {
          first: row === rows[0],
          sample: Boolean(this.options.sample),
          underCi: this.options.underCi,
          known: this.known,
        });
        for (const found of held ?? []) {
          await this.check(
            row,
            found.id,
            found.title,
            async () => found.outcome,
          );
        }
      });
    }
  }

  /** Rows by what a verifier's answer depends on. */
  private async byWhatIsRead(
    verifier: Verifier,
    rows: readonly Row[],
  ): Promise<Map<string, Row[]>> {
    const byKey = new Map<string, Row[]>();
    for (const row of rows) {
      const contents =
        this.contents.get(row) ?? (await contentsOf(row.project));
      const key = fingerprint(verifier, contents);
      byKey.set(key, [...(byKey.get(key) ?? []), row]);
    }
    return byKey;
  }

  /** Rows that agree in every file a verifier reads get the same answer, worked out once. */
  private async verifyOnce(
    verifier: Verifier,
    row: Row,
    key: string,
  ): Promise<Outcome> {
    const { outcome: result, from } = await this.known.once(
      this.template.name,
      key,
      () => verifier.verify(row.project),
    );
    if (result.status !== 'absent') {
      this.countReused(from);
    }
    return result;
  }

  private countReused(from: string | undefined): void {
    if (from !== undefined) {
      this.reused.set(from, (this.reused.get(from) ?? 0) + 1);
    }
  }

  private async hostile(kind: Kind, rows: readonly Row[]): Promise<void> {
    await this.check(
      undefined,
      'hostile-texts',
      'Hostile texts: refused, or rendered as what they are',
      async () => {
        const { refused, rendered, findings } = await proveHostileTexts(
          this.template,
          rows,
          kind.produce,
          {
            readers: readersOf(this.verifiers(kind)),
            // Most of what is rendered has no text in it, and is what a row has.
            ask: async ({ verifier, stage }, project) =>
              (
                await this.known.once(
                  this.template.name,
                  fingerprint(verifier, await contentsOf(project), stage),
                  () => verifier.verify(project, stage),
                )
              ).outcome,
          },
        );
        const texts = textQuestions(this.template).length;
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
  private async addExecutions(kind: Kind, rendered: Row[]): Promise<void> {
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
    groups.forEach(([first, ...others]) => {
      others.forEach(other =>
        this.notRun.add(
          `pipeline of ${other.id}: not run again; it reads the same files as that of ${first.id}`,
        ),
      );
    });
    const firsts = groups.map(([first]) => first);
    const add = (row: Row, priority: number, linted?: () => void) =>
      this.tasks.add(
        () =>
          this.execution(
            kind,
            rendered,
            row,
            `execution-${firsts.indexOf(row)}`,
            linted,
          ).finally(linted),
        { weight: PIPELINE_WEIGHT, priority },
      );
    const pipelines = firsts.filter(isOfGitlab);
    const [make, ...makes] = firsts.filter(row => !isOfGitlab(row));
    let waiting = true;
    const addPipelines = () => {
      if (waiting) {
        waiting = false;
        pipelines.forEach(row => add(row, FIRST - 1));
      }
    };
    // What a Makefile is followed by takes longer than what follows a pipeline. The latter lints the same code, and need not do it at the same time.
    if (make) {
      add(make, FIRST, addPipelines);
      makes.forEach(row => add(row, FIRST));
    } else {
      addPipelines();
    }
  }

  private async execution(
    kind: Kind,
    rendered: readonly Row[],
    row: Row,
    name: string,
    linted?: () => void,
  ): Promise<void> {
    const gitlab = isOfGitlab(row);
    if (!this.wanted(gitlab ? 'pipeline' : 'make-verify')) {
      return;
    }
    const folder = join(this.work, name);
    await mkdir(folder);
    let executed: Executed | undefined;
    const check = await this.check(
      row,
      gitlab ? 'pipeline' : 'make-verify',
      gitlab
        ? 'GitLab pipeline, run for real'
        : "make verify: the pipeline's scripts, run for real",
      async () => {
        executed = gitlab
          ? await executeGitlab(row.project, folder)
          : await executeMakeVerify(row.project, folder, linted);
        return executed.outcome;
      },
    );
    if (executed?.folder && check?.status === 'passed') {
      await (gitlab
        ? this.afterPipeline(kind, rendered, row, executed.folder)
        : this.afterMakeVerify(kind, row, executed.folder));
    } else {
      const { artifact, scripts } = mutationsOf(this.template);
      notTried({
        pipeline: gitlab,
        row: row.id,
        status: check?.status ?? 'absent',
        strategies: kind.strategies(this.template, row),
        stress: Boolean(kind.stress),
        mutations: gitlab ? artifact.length : scripts.length,
      }).forEach(sentence => this.notRun.add(sentence));
    }
  }

  /** What needs what the pipeline built. */
  private async afterPipeline(
    kind: Kind,
    rendered: readonly Row[],
    row: Row,
    clone: string,
  ): Promise<void> {
    this.addPipelineMutations(clone);
    const artifact = await unpackArtifact(clone);
    if (!artifact) {
      return;
    }
    // Removed with everything else: the tasks below use it to the end.
    this.leftovers.push(artifact);
    const trial = await kind.trial(row.project);
    this.tasks.add(
      async () => {
        const tried = await this.check(row, 'service', trial.title, () =>
          trial.verify(artifact),
        );
        // Where it fails unbroken, failing when broken says nothing.
        if (tried?.status !== 'failed') {
          this.addArtifactMutations(kind, artifact, trial);
        }
      },
      { ...WAITS, priority: FIRST },
    );
    for (const further of (await kind.furtherTrials?.(rendered)) ?? []) {
      this.tasks.add(
        async () => {
          const tried = await this.check(
            further.row,
            further.id,
            further.title,
            () => further.verify(artifact),
          );
          if (tried?.status !== 'failed') {
            this.addArtifactMutations(kind, artifact, further, further.id);
          }
        },
        { ...WAITS, priority: THEN },
      );
    }
  }

  /** Runs jobs of a pipeline that was broken: of one pipeline, as those of a template come from the same file. */
  private addPipelineMutations(clone: string): void {
    if (this.pipelineBroken) {
      return;
    }
    this.pipelineBroken = true;
    for (const mutation of PIPELINE_MUTATIONS) {
      this.addBroken(
        { ...mutation, verifier: 'pipeline' },
        clone,
        ['.gitlab-ci.yml'],
        async copy => {
          // What the whole pipeline left is not there on a first push.
          await rm(join(copy, 'build'), { recursive: true, force: true });
          const deployRoot = join(dirname(copy), 'deployments');
          const ended = await runGitlab(copy, {
            deployRoot,
            jobs: mutation.jobs,
          }).finally(() => stopDeployments(copy, deployRoot));
          return caughtByScript(ended, mutation.expects);
        },
        { weight: PIPELINE_WEIGHT, priority: THEN },
      );
    }
  }

  /** What needs a clone that was built and signed; what changes it has a copy of its own. */
  private async afterMakeVerify(
    kind: Kind,
    row: Row,
    clone: string,
  ): Promise<void> {
    const { stress } = kind;
    const strategies = kind.strategies(this.template, row);
    for (const strategy of strategies) {
      this.tasks.add(
        async () => {
          await this.check(
            row,
            'delivery',
            `Delivery, ${strategy}: a good release takes over, a bad one is taken back`,
            async () => executeDelivery(await this.copy(clone), strategy),
          );
        },
        { ...WAITS, priority: FIRST },
      );
    }
    if (stress) {
      this.tasks.add(
        async () => {
          await this.check(row, 'stress', stress.title, async () =>
            stress.verify(await this.copy(clone)),
          );
        },
        // It measures latency: beside it only what mostly waits.
        { weight: 1.5, priority: FIRST + 1 },
      );
    }
    const files = [
      ...(await openProject(clone)).files,
      ...(await listFiles(join(clone, 'build'))).map(f => `build/${f}`),
    ];
    for (const mutation of DELIVERY_MUTATIONS) {
      if (strategies.includes(mutation.strategy)) {
        this.addBroken(
          { ...mutation, verifier: 'delivery' },
          clone,
          files,
          async copy =>
            caughtBy(
              await executeDelivery(copy, mutation.strategy, {
                untilFirst: true,
              }),
              mutation.expects,
            ),
          { ...WAITS, priority: FIRST - 1 },
        );
      }
    }
    for (const mutation of mutationsOf(this.template).scripts) {
      const [command, ...args] = mutation.command;
      this.addBroken(
        { ...mutation, verifier: mutation.verifier ?? command },
        clone,
        files,
        async copy => {
          const ended = await run(command, args, {
            cwd: copy,
            env: cleanEnv({ CI: 'true' }),
            timeoutMs: 120_000,
          });
          // Of a tool that only CI has to have, no more than that is to be said here.
          const { needs } = mutation;
          if (
            ended.code === 75 &&
            needs &&
            !process.env.CI &&
            !(await which(needs))
          ) {
            return { status: 'skipped', message: `${needs} is not installed` };
          }
          return caughtByScript(ended, mutation.expects);
        },
        { ...(mutation.waits ? WAITS : {}), priority: THEN },
      );
    }
  }

  private addArtifactMutations(
    kind: Kind,
    artifact: string,
    { verify }: Trial,
    verifier: CheckId = 'service',
  ): void {
    const built = kind.builtFolder(this.template);
    this.tasks.add(
      async () => {
        const files = await listFiles(join(artifact, built)).then(all =>
          all.map(f => `${built}/${f}`),
        );
        for (const mutation of mutationsOf(this.template).artifact.filter(
          ({ trial = 'service' }) => trial === verifier,
        )) {
          this.addBroken(
            { ...mutation, verifier },
            artifact,
            files,
            async copy =>
              caughtBy(
                await verify(copy, { untilFirst: true, part: mutation.part }),
                mutation.expects,
              ),
            { ...WAITS, priority: THEN },
          );
        }
      },
      { ...WAITS, priority: THEN },
    );
  }

  private async copy(folder: string): Promise<string> {
    this.copies += 1;
    return copyOf(folder, join(this.work, `copy-${this.copies}`));
  }

  /** Breaks one of the files in a copy of a folder, and asks who has to notice. */
  private addBroken(
    mutation: Omit<Mutation, 'stage'> & Pick<ScriptMutation, 'encoding'>,
    folder: string,
    files: readonly string[],
    noticed: (copy: string) => Promise<Caught>,
    options: TaskOptions,
  ): void {
    this.tasks.add(
      () =>
        this.mutation(mutation, async () => {
          const file = files.find(f => mutation.file.test(f));
          if (!file) {
            return { status: 'missed', message: 'there is no such file' };
          }
          const copy = await this.copy(folder);
          try {
            return (await changeFile(
              copy,
              file,
              mutation.change,
              mutation.encoding,
            ))
              ? await noticed(copy)
              : { status: 'missed', message: 'no longer changes the file' };
          } finally {
            await rm(copy, { recursive: true, force: true, maxRetries: 3 });
          }
        }),
      options,
    );
  }

  private async mutation(
    mutation: { id: string; description: string; verifier: string },
    attempt: () => Promise<Caught>,
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

  private addStaticMutations(kind: Kind, rows: readonly Row[]): void {
    for (const [index, mutation] of mutationsOf(
      this.template,
    ).files.entries()) {
      const verifier = this.verifiers(kind).find(
        v => v.id === mutation.verifier,
      );
      this.tasks.add(
        () =>
          this.mutation(mutation, async () => {
            const change = await firstChanged(rows, mutation);
            if (!verifier || !('row' in change)) {
              return {
                status: 'missed',
                message:
                  'any' in change && change.any
                    ? 'no longer changes the file'
                    : 'no row of the matrix has the file',
              };
            }
            const contents = this.contents.get(change.row);
            const { outcome: result, from } = await this.known.once(
              this.template.name,
              fingerprint(
                verifier,
                withChanged(
                  contents ?? (await contentsOf(change.row.project)),
                  change.file,
                  change.content,
                ),
                mutation.stage,
              ),
              async () => {
                const folder = join(this.work, `mutation-${index}`);
                await writeBroken(change, folder);
                const broken = await openProject(folder);
                try {
                  return await answerOf(() =>
                    verifier.verify(broken, mutation.stage, {
                      untilFirst: true,
                    }),
                  );
                } finally {
                  await rm(folder, { recursive: true, force: true });
                }
              },
            );
            this.countReused(from);
            return caughtBy(result, mutation.expects);
          }),
        verifier && placeOf(verifier),
      );
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
      seconds: (performance.now() - (this.begun ?? performance.now())) / 1000,
      cpuSeconds: [...all, ...this.mutations].reduce(
        (sum, { cpuSeconds }) => sum + cpuSeconds,
        0,
      ),
      reused: Object.fromEntries(this.reused),
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

/** What needs what a pipeline built, and is not run where the pipeline was skipped or failed; one sentence each. */
export function notTried({
  pipeline,
  row,
  status,
  strategies,
  stress,
  mutations,
}: {
  /** Whether it is the executed pipeline, or `make verify`. */
  pipeline: boolean;
  row: string;
  status: Check['status'] | 'absent';
  strategies: readonly string[];
  stress: boolean;
  mutations: number;
}): string[] {
  const because = `not run: ${
    pipeline ? 'the pipeline' : 'make verify'
  } of ${row} was ${status}`;
  return [
    ...(pipeline
      ? ['trials of what it built', 'mutations of the pipeline']
      : [
          ...strategies.map(strategy => `delivery, ${strategy}`),
          ...(stress ? ['stress'] : []),
        ]),
    ...(mutations > 0
      ? [`${mutations} mutations of ${pipeline ? 'what it built' : 'scripts'}`]
      : []),
  ].map(what => `${what}: ${because}`);
}

/** Every third row and the last: together they hold most values of every answer. */
export function sampleOf<T>(rows: readonly T[]): T[] {
  return rows.filter((_, i) => i % 3 === 0 || i === rows.length - 1);
}

/** Files in which two renders differ. */
export function renderDifferences(
  one: readonly FileDigest[],
  other: readonly FileDigest[],
): Finding[] {
  const byPath = new Map(other.map(digest => [digest.path, digest]));
  const differing = one.filter(({ path, sha256, executable }) => {
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
