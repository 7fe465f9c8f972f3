import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { run, which } from '../lib/run';
import { allBlocks, type Block, readDeclarative } from './declarative';
import {
  DEPLOYMENT_MINUTES,
  MAY_NOT_RUN,
  orderFindings,
  scriptIn,
  type ScriptRun,
} from './pathStages';
import {
  type Finding,
  type Outcome,
  outcome,
  type Project,
  type Verifier,
} from './types';

const JENKINSFILE = 'Jenkinsfile';

/** The stages every CI system has, with the script each of them runs. */
const STAGES: readonly (readonly [stage: string, script: RegExp])[] = [
  ['lint', /'ci\/lint\.sh'/],
  ['unit-test', /'ci\/unit-test\.sh'/],
  ['alert-rules', /'ci\/alert-rules\.sh'/],
  ['build', /'ci\/build\.sh'/],
  ['scan', /'ci\/scan\.sh'/],
  ['sbom', /'ci\/sbom\.sh'/],
  ['sign', /'ci\/sign\.sh'/],
  ['deploy-staging', /'ci\/deploy\.sh staging'[\s\S]*'ci\/smoke\.sh staging'/],
  [
    'deploy-production',
    /'ci\/deploy\.sh production'[\s\S]*'ci\/smoke\.sh production'/,
  ],
  ['report', /'ci\/report\.sh'/],
];

/** What lets a stage pass although something in it failed; the helper does for a script that may say NOT RUN. */
const GOES_ON = /\b(catchError|warnError|try|returnStatus|currentBuild)\b/;
const WARNS = /\brunOrWarn\b/;
/** The one stage that may fail and let the next begin: staging is reported all the same. The stage and the build have failed then. */
const MAY_FAIL_LATER = 'deploy-production';
const FAILS_LATER =
  /^catchError \(buildResult: 'FAILURE', stageResult: 'FAILURE'\)$/m;

const RELEASE_STAGES = [
  'container-image',
  'deploy-staging',
  'deploy-production',
  'report',
];

const stageName = (stage: Block) =>
  /^\(\s*(['"])(.*?)\1\s*\)$/.exec(stage.argument)?.[2] ?? stage.argument;

const child = (block: Block | undefined, name: string) =>
  block?.children.find(c => c.name === name);

/** What a block says, its own words and everything below it. */
function words(block: Block | undefined): string {
  return block
    ? allBlocks([block])
        .map(b => `${b.name} ${b.argument}`)
        .join('\n')
    : '';
}

/** What says that a stage is for what is merged, and what narrows it further; nothing that lets others in. */
function isForMerged(when: Block): boolean {
  const expression = child(when, 'expression')?.children ?? [];
  const said = expression.map(b => b.name + b.argument).join('\n');
  // What is in brackets narrows what is before them.
  const outside = said.trim().replace(/&& !?\([^()]*\)/g, '');
  return /^env\.BRANCH_IS_PRIMARY == 'true'( *&& *[^|?\n]*)*$/.test(
    outside.trim(),
  );
}

/**
 * Own rules for a declarative Jenkinsfile. `toolchain` are the Dockerfiles its agents are built from, by path; `files` are those of the
 * repository.
 */
export function jenkinsFindings(
  text: string,
  toolchain: ReadonlyMap<string, string>,
  files: readonly string[],
): Finding[] {
  const findings: Finding[] = [];
  const blocks = readDeclarative(text);
  const pipeline = blocks.find(b => b.name === 'pipeline');
  if (!pipeline) {
    return [{ where: JENKINSFILE, message: 'has no declarative pipeline' }];
  }
  const add = (block: Block, message: string) =>
    findings.push({ where: `${JENKINSFILE}:${block.line}`, message });

  const options = words(child(pipeline, 'options'));
  for (const wanted of ['disableConcurrentBuilds', 'buildDiscarder']) {
    if (!options.includes(wanted)) {
      add(pipeline, `has no ${wanted}`);
    }
  }
  if (!options.includes('withFolderProperties')) {
    add(pipeline, 'does not read the properties of its folder');
  }
  if (options.includes('skipStagesAfterUnstable')) {
    add(pipeline, 'ends at a warning, which is not a failure');
  }
  if (!child(pipeline, 'post')) {
    add(pipeline, 'has no post block: nobody is told why the line stopped');
  }

  const seen: string[] = [];
  const runs: ScriptRun[] = [];
  const visit = (stage: Block, above: Block[]) => {
    const lineage = [stage, ...above];
    const name = stageName(stage);
    const nested = child(stage, 'stages');
    const agent = child(stage, 'agent');
    if (agent && agent.argument !== 'none') {
      const image = child(agent, 'docker');
      const built = child(agent, 'dockerfile');
      const file = /filename\s+'([^']+)'/.exec(words(built))?.[1];
      if (image && !/@sha256:[0-9a-f]{64}/.test(words(image))) {
        add(agent, `stage ${name} runs in an image not named by digest`);
      }
      if (built && (!file || !toolchain.has(file))) {
        add(agent, `stage ${name} runs in ${file}, which is not there`);
      }
      if (agent.argument === 'any') {
        add(agent, `stage ${name} runs on any agent`);
      }
      if (
        !child(child(stage, 'post'), 'cleanup') ||
        !/deleteDir/.test(words(child(stage, 'post')))
      ) {
        add(stage, `stage ${name} leaves its workspace behind`);
      }
    }
    if (nested) {
      nested.children.forEach(s => visit(s, lineage));
      return;
    }
    seen.push(name);
    const steps = child(stage, 'steps');
    const works = words(steps);
    const commands = allBlocks(steps ? [steps] : []).flatMap(
      ({ name: step, argument }) => scriptIn(`${step} ${argument}`) ?? [],
    );
    for (const command of commands) {
      runs.push({ command, job: name, step: runs.length });
      if (!works.includes(`'${command}'`)) {
        add(stage, `stage ${name} passes over a failure of ${command}`);
      }
    }
    if (
      /ci\//.test(works) &&
      !lineage.some(s => {
        const own = child(s, 'agent');
        return own !== undefined && own.argument !== 'none';
      })
    ) {
      add(stage, `stage ${name} has no agent`);
    }
    if (!lineage.some(s => /timeout\s*\(/.test(words(child(s, 'options'))))) {
      add(stage, `stage ${name} has no time limit`);
    }
    const [, minutes] =
      /timeout\s*\(\s*time:\s*(\d+),\s*unit:\s*'MINUTES'/.exec(
        words(child(stage, 'options')),
      ) ?? [];
    if (name.startsWith('deploy-') && Number(minutes) < DEPLOYMENT_MINUTES) {
      add(stage, `stage ${name} is ended before a deployment is`);
    }
    for (const script of MAY_NOT_RUN) {
      if (works.includes(`sh '${script}'`)) {
        add(stage, `stage ${name} takes NOT RUN (exit 75) for a failure`);
      }
    }
    const whens = lineage.flatMap(s => child(s, 'when') ?? []);
    if (RELEASE_STAGES.includes(name) && !whens.some(isForMerged)) {
      add(stage, `stage ${name} runs for branches that are not merged`);
    }
    const wanted = STAGES.find(([s]) => s === name);
    if (wanted && !wanted[1].test(works)) {
      add(stage, `stage ${name} does not run its script`);
    }
    const stops =
      name === MAY_FAIL_LATER ? works.replace(FAILS_LATER, '') : works;
    if (
      (wanted || commands.length > 0) &&
      name !== 'report' &&
      (GOES_ON.test(stops) ||
        (WARNS.test(works) &&
          !MAY_NOT_RUN.some(script => works.includes(`'${script}'`))))
    ) {
      add(stage, `stage ${name} goes on after a failure`);
    }
    if (
      (wanted || commands.length > 0) &&
      !RELEASE_STAGES.includes(name) &&
      whens.length > 0
    ) {
      add(stage, `stage ${name} runs only sometimes`);
    }
    if (name.startsWith('deploy-') && !/unstash\s*\(?'signed'/.test(works)) {
      add(stage, `stage ${name} does not deploy the artifact that was signed`);
    }
  };
  child(pipeline, 'stages')?.children.forEach(s => visit(s, []));

  const order = seen.filter(name => STAGES.some(([s]) => s === name));
  const wanted = STAGES.map(([s]) => s);
  if (order.join() !== wanted.join()) {
    add(
      child(pipeline, 'stages') ?? pipeline,
      `its stages are ${order.join(', ')}; the path has ${wanted.join(', ')}`,
    );
  }

  findings.push(
    // One stage after the other: what stands before has passed.
    ...orderFindings(
      JENKINSFILE,
      files,
      runs,
      job => new Set(seen.slice(0, seen.indexOf(job))),
    ),
  );

  const helper = blocks
    .filter(b => b !== pipeline)
    .map(words)
    .join('\n');
  if (!/== 75/.test(helper) || !/unstable/.test(helper)) {
    add(pipeline, 'does not show NOT RUN (exit 75) as a warning');
  }
  if (!/\belse if \(status != 0\)\n+error\b/.test(helper)) {
    add(pipeline, 'passes over a failure of what may say NOT RUN');
  }
  text.split('\n').forEach((line, index) => {
    const where = `${JENKINSFILE}:${index + 1}`;
    if (/credentialsId:\s*'[^']{24,}'/.test(line)) {
      findings.push({ where, message: 'has a secret where an id belongs' });
    }
    // Groovy would write the secret into the command; in single quotes the shell reads it from its environment.
    if (
      /\b(sh|echo)\b[^'\n]*"[^"]*\$\{?(env\.)?\w*(TOKEN|PASSWORD|SECRET|KEY_FILE)/.test(
        line,
      ) ||
      /\b(sh|echo)\b.*\becho\b.*\$\w*(TOKEN|PASSWORD|SECRET)/.test(line) ||
      /\bset -x\b|\bprintenv\b/.test(line)
    ) {
      findings.push({ where, message: 'may print a secret' });
    }
  });
  for (const [file, content] of toolchain) {
    for (const [, image] of content.matchAll(/^FROM\s+(\S+)/gim)) {
      if (!/@sha256:[0-9a-f]{64}$/.test(image)) {
        findings.push({
          where: file,
          message: `${image} is not pinned by digest`,
        });
      }
    }
  }
  return findings;
}

type GroovyLint = {
  files?: Record<
    string,
    { errors: { rule: string; line: number | string; msg: string }[] }
  >;
};

/**
 * What Java is told: it is over before code that is compiled thoroughly, or collected by several threads, would have been worth it.
 */
const JAVA = '-Xms256m,-Xmx2048m,-XX:TieredStopAtLevel=1,-XX:+UseSerialGC';

const parsed = new Map<string, Promise<Outcome>>();

/** Whether Jenkinsfiles are Groovy at all. The same text is parsed once, and several at once cost little more than one. */
function parse(texts: readonly string[]): Promise<Outcome>[] {
  const unknown = Array.from(new Set(texts)).filter(text => !parsed.has(text));
  if (unknown.length > 0) {
    const all = groovyLint(unknown);
    unknown.forEach((text, index) => {
      const one = all.then(outcomes => outcomes[index]);
      parsed.set(text, one);
      // What could not be found out with the others is tried alone where it is asked for.
      one.catch(() => parsed.delete(text));
    });
  }
  return texts.flatMap(text => parsed.get(text) ?? []);
}

/** What npm-groovy-lint says with the Java of this machine, by text: parse errors. */
async function groovyLint(texts: readonly string[]): Promise<Outcome[]> {
  // Without a Java, npm-groovy-lint would fetch one.
  if (!(await which('java'))) {
    return texts.map(() => ({ status: 'skipped', missing: 'java' }));
  }
  const library = createRequire(__filename).resolve('npm-groovy-lint');
  const folder = await mkdtemp(join(tmpdir(), 'golden-path-jenkins-'));
  try {
    for (const [index, text] of texts.entries()) {
      await mkdir(join(folder, String(index)));
      await writeFile(join(folder, String(index), JENKINSFILE), text);
    }
    const config = join(folder, '.groovylintrc.json');
    await writeFile(config, JSON.stringify({ rules: { DeadCode: {} } }));
    const result = await run(
      process.execPath,
      [
        join(dirname(library), 'index.js'),
        '--noserver',
        '--nolintafter',
        `--javaoptions=${JAVA}`,
        '--output=json',
        '--config',
        config,
        '--files',
        `**/${JENKINSFILE}`,
        '--path',
        folder,
      ],
      { cwd: folder, timeoutMs: 300_000 },
    );
    const begin = result.stdout.indexOf('{"');
    if (begin < 0) {
      throw new Error(
        `npm-groovy-lint failed (exit ${result.code}): ${result.output.slice(
          -500,
        )}`,
      );
    }
    const report = JSON.parse(result.stdout.slice(begin)) as GroovyLint;
    const errors = new Map(
      Object.entries(report.files ?? {}).map(([file, found]) => [
        basename(dirname(file)),
        found.errors,
      ]),
    );
    return texts.map((_, index) => {
      const found = errors.get(String(index));
      if (!found) {
        throw new Error('npm-groovy-lint did not read every Jenkinsfile');
      }
      return outcome(
        found
          .filter(error => error.rule === 'NglParseError')
          .map(error => ({
            where: `${JENKINSFILE}:${
              /@ line (\d+)/.exec(error.msg)?.[1] ?? error.line
            }`,
            message: error.msg.trim().split('\n')[0],
          })),
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The Dockerfiles that agents are built from, by path. */
async function toolchainOf(project: Project): Promise<Map<string, string>> {
  const files = project.files.filter(f => /^\.jenkins\/.*Dockerfile$/.test(f));
  return new Map(
    await Promise.all(
      files.map(async file => [file, await project.read(file)] as const),
    ),
  );
}

/** The pipelines of a project: the path's own, and what it has beside that. Only the former has to have the path's stages. */
async function pipelinesOf(project: Project): Promise<string[]> {
  const beside = project.files.filter(f =>
    /^\.jenkins\/.+\.Jenkinsfile$/.test(f),
  );
  return Promise.all([JENKINSFILE, ...beside].map(file => project.read(file)));
}

export const jenkins: Verifier = {
  id: 'jenkins',
  title: 'Jenkinsfile: parsed; stages, agents, credentials',
  reads: file => /^(Jenkinsfile$|\.jenkins\/|renovate\.json$)/.test(file),
  async prepare(projects) {
    const texts: string[] = [];
    for (const project of projects) {
      if (project.files.includes(JENKINSFILE)) {
        const text = await project.read(JENKINSFILE);
        // What own rules find wrong is not parsed.
        const toolchain = await toolchainOf(project);
        if (jenkinsFindings(text, toolchain, project.files).length === 0) {
          texts.push(...(await pipelinesOf(project)));
        }
      }
    }
    await Promise.all(parse(texts));
  },
  async verify(project) {
    if (!project.files.includes(JENKINSFILE)) {
      return { status: 'absent' };
    }
    const text = await project.read(JENKINSFILE);
    const findings = jenkinsFindings(
      text,
      await toolchainOf(project),
      project.files,
    );
    const updates = project.files.includes('renovate.json')
      ? await project.read('renovate.json')
      : '';
    if (!updates.includes('.jenkins')) {
      findings.push({
        where: 'renovate.json',
        message: 'dependency updates do not include the toolchain',
      });
    }
    if (findings.length > 0) {
      return outcome(findings);
    }
    const groovy = await Promise.all(parse(await pipelinesOf(project)));
    return (
      groovy.find(({ status }) => status !== 'passed') ??
      outcome([], ['Jenkinsfile: parsed, not run; it needs Jenkins'])
    );
  },
};
