import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { countEndedChild } from '../lib/cpu';
import { bareEnv } from '../lib/run';
import { freePort } from './service';
import { type Note, type TrialOptions, tryOut } from './trial';
import {
  type Finding,
  type Outcome,
  outcome,
  type Project,
  type Verifier,
} from './types';

const VERSION_DIGITS = 12;
const MANIFEST = 'data/manifest.json';
const SERVED = 'models/current.json';

const sha256 = (content: string | Buffer) =>
  createHash('sha256').update(content).digest('hex');

const manifestSchema = z.looseObject({
  files: z.record(z.string(), z.looseObject({ sha256: z.string() })),
});
const servedSchema = z.object({ version: z.string(), sha256: z.string() });
const modelSchema = z.looseObject({
  lineage: z.looseObject({ data: z.string(), code: z.string() }),
});

/** What is wrong with how data and models are named, from the files alone. */
export async function lineageFindings(
  project: Pick<Project, 'files' | 'read'>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (where: string, message: string) =>
    findings.push({ where, message });
  const manifest = manifestSchema.parse(
    JSON.parse(await project.read(MANIFEST)),
  );
  const data = project.files.filter(f => /^data\/[^/]+\.csv$/.test(f));
  for (const file of data) {
    const named = manifest.files[file.slice('data/'.length)]?.sha256;
    if (named !== sha256(await project.read(file))) {
      add(file, 'is not what data/manifest.json names');
    }
  }
  if (data.length === 0) {
    add('data', 'holds nothing');
  }
  const served = servedSchema.parse(JSON.parse(await project.read(SERVED)));
  const models = project.files.filter(f => /^models\/.+\/model\.json$/.test(f));
  const version = sha256(await project.read(MANIFEST));
  let ofThisData = false;
  for (const file of models) {
    const text = await project.read(file);
    const [, name] = file.split('/');
    if (sha256(text).slice(0, VERSION_DIGITS) !== name) {
      add(file, 'was changed after it was made: its digest is not its name');
      continue;
    }
    if (!project.files.includes(`models/${name}/card.md`)) {
      add(file, 'has no card');
    }
    const model = modelSchema.safeParse(JSON.parse(text));
    if (!model.success) {
      add(file, 'does not say what it was made from');
    }
    ofThisData ||= model.data?.lineage.data === version;
    if (name === served.version && sha256(text) !== served.sha256) {
      add(SERVED, 'names another digest than that of the model');
    }
  }
  if (!ofThisData) {
    add('models', 'none was made from the data that is there');
  }
  if (!models.includes(`models/${served.version}/model.json`)) {
    add(SERVED, `names version ${served.version}, which is not there`);
  }
  return findings;
}

export const modelLineage: Verifier = {
  id: 'model-lineage',
  title: 'Data and models: named by digest, and where each comes from',
  reads: file => /^(data|models)\//.test(file),
  async verify(project) {
    return project.files.includes(MANIFEST)
      ? outcome(await lineageFindings(project))
      : { status: 'absent' };
  },
};

type Workflow = {
  on?: Record<string, unknown>;
  jobs?: Record<
    string,
    {
      needs?: string | string[];
      'continue-on-error'?: unknown;
      steps?: { run?: string }[];
    }
  >;
};

type GitlabJobs = Record<
  string,
  | {
      stage?: string;
      script?: string[];
      rules?: { if?: string }[];
      allow_failure?: unknown;
    }
  | undefined
>;

/** What is wrong with training in a GitHub workflow, and with the drift check beside it. */
export function githubTraining(delivery: Workflow, drift: Workflow): string[] {
  const wrong: string[] = [];
  const runs = (flow: Workflow, job: string, script: string) =>
    flow.jobs?.[job]?.steps?.some(step => step.run?.startsWith(script));
  const needed = [delivery.jobs?.build?.needs ?? []].flat();
  if (!runs(delivery, 'train', 'ci/train.sh') || !needed.includes('train')) {
    wrong.push('builds without training');
  }
  if (delivery.jobs?.train?.['continue-on-error'] !== undefined) {
    wrong.push('goes on when training fails');
  }
  if (!drift.on?.schedule || !runs(drift, 'drift', 'ci/drift.sh production')) {
    wrong.push('does not look for drift by itself');
  }
  return wrong;
}

/** The same of a GitLab pipeline: `main` is the path's, `training` is what it includes. */
export function gitlabTraining(
  main: GitlabJobs,
  training: GitlabJobs,
): string[] {
  const wrong: string[] = [];
  const { include } = main as { include?: { local?: string }[] };
  const { train, drift } = training;
  if (
    !include?.some(({ local }) => local === '.gitlab/training.yml') ||
    train?.stage !== 'test' ||
    !train.script?.includes('ci/train.sh')
  ) {
    wrong.push('builds without training');
  }
  if (train?.allow_failure !== undefined) {
    wrong.push('goes on when training fails');
  }
  if (
    !drift?.script?.includes('ci/drift.sh production') ||
    !drift.rules?.some(rule =>
      /PIPELINE_SOURCE == "schedule"/.test(`${rule.if}`),
    )
  ) {
    wrong.push('does not look for drift by itself');
  }
  for (const [name, job] of Object.entries(main)) {
    const rules = job?.rules ?? [];
    if (
      name !== 'workflow' &&
      Array.isArray(rules) &&
      rules.some(rule => !/PIPELINE_SOURCE != "schedule"/.test(`${rule.if}`))
    ) {
      wrong.push(`${name} runs on the drift check's schedule`);
    }
  }
  return wrong;
}

/** The same of Jenkins. */
export function jenkinsTraining(delivery: string, drift: string): string[] {
  const wrong: string[] = [];
  const place = (stage: string) => delivery.indexOf(`stage('${stage}')`);
  if (
    place('train') < 0 ||
    place('train') > place('build') ||
    !/stage\('train'\)[\s\S]{0,200}\bsh 'ci\/train\.sh'/.test(delivery)
  ) {
    wrong.push('builds without training');
  }
  if (
    !/triggers\s*\{\s*cron\('/.test(drift) ||
    !/'ci\/drift\.sh production'/.test(drift)
  ) {
    wrong.push('does not look for drift by itself');
  }
  return wrong;
}

const PIPELINES = [
  '.github/workflows/delivery.yml',
  '.gitlab-ci.yml',
  'Jenkinsfile',
];

export const trainingPipeline: Verifier = {
  id: 'training-pipeline',
  title: 'Training: before every build; drift looked for by itself',
  reads: file =>
    PIPELINES.includes(file) ||
    /^(\.github\/workflows\/|\.gitlab\/|\.jenkins\/)/.test(file),
  async verify(project) {
    const file = PIPELINES.find(f => project.files.includes(f));
    if (!file) {
      return { status: 'absent' };
    }
    const text = await project.read(file);
    const beside = async (path: string) =>
      project.files.includes(path) ? project.read(path) : '';
    let wrong: string[];
    switch (file) {
      case 'Jenkinsfile':
        wrong = jenkinsTraining(
          text,
          await beside('.jenkins/drift.Jenkinsfile'),
        );
        break;
      case '.gitlab-ci.yml':
        wrong = gitlabTraining(
          parse(text),
          parse(await beside('.gitlab/training.yml')) ?? {},
        );
        break;
      default:
        wrong = githubTraining(
          parse(text),
          parse(await beside('.github/workflows/drift.yml')) ?? {},
        );
    }
    return outcome(wrong.map(message => ({ where: file, message })));
  },
};

type Running = { base: string; stop(): Promise<void> };

/** Starts an artifact and waits until it is alive; `undefined` when it does not get there. */
async function started(artifact: string): Promise<Running | undefined> {
  const port = await freePort();
  const child = spawn(join(artifact, 'start'), {
    cwd: artifact,
    env: bareEnv({
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'critical',
      // One process, so that it is the one that is asked what it counted.
      WEB_CONCURRENCY: '1',
    }),
    stdio: 'ignore',
  });
  child.once('exit', countEndedChild);
  const life = { over: false };
  const ended = new Promise<void>(resolve => {
    const end = () => {
      life.over = true;
      resolve();
    };
    child.once('error', end);
    child.once('close', end);
  });
  const base = `http://127.0.0.1:${port}`;
  const stop = async () => {
    // Its workers end with it only when it is asked.
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(10_000)]);
    child.kill('SIGKILL');
    await ended;
  };
  const deadline = Date.now() + 20_000;
  while (!life.over && Date.now() < deadline) {
    const alive = await fetch(`${base}/healthz`).catch(() => undefined);
    if (alive?.ok) {
      return { base, stop };
    }
    await sleep(50);
  }
  await stop();
  return undefined;
}

/** Samples of a metric in a scrape: its labels, and its value. */
export function samplesOf(
  scrape: string,
  name: string,
): { labels: Record<string, string>; value: number }[] {
  return Array.from(
    scrape.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm')),
    ([, labels = '', value]) => ({
      labels: Object.fromEntries(
        Array.from(labels.matchAll(/(\w+)="([^"]*)"/g), m => [m[1], m[2]]),
      ),
      value: Number(value),
    }),
  );
}

type Example = {
  input: Record<string, number>;
  prediction: number;
  model: string;
};

type ModelFile = {
  features: { name: string; highest: number }[];
  references: Record<string, { bounds: number[]; shares: number[] }>;
};

/** What a service with its model has to do: predict, refuse, say by which model, and count what drift is seen by. */
async function asked(artifact: string, add: Note): Promise<void> {
  const served = servedSchema.parse(
    JSON.parse(await readFile(join(artifact, SERVED), 'utf8')),
  );
  const model = JSON.parse(
    await readFile(
      join(artifact, 'models', served.version, 'model.json'),
      'utf8',
    ),
  ) as ModelFile;
  const running = await started(artifact);
  if (!running) {
    add('start', 'is not alive within 20 seconds');
    return;
  }
  const { base, stop } = running;
  const predict = (body: unknown) =>
    fetch(`${base}/v1/predictions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const scraped = async () => (await fetch(`${base}/metrics`)).text();
  try {
    if (!(await fetch(`${base}/readyz`)).ok) {
      add('/readyz', 'is not ready with its model');
      return;
    }
    const example = (await (
      await fetch(`${base}/v1/predictions/example`)
    ).json()) as Example;
    const before = await scraped();
    if (samplesOf(before, 'predictions_total').some(s => s.value > 0)) {
      add('/v1/predictions/example', 'counts as a prediction');
    }
    const answer = (await (await predict(example.input)).json()) as Example;
    if (answer.prediction !== example.prediction) {
      add('/v1/predictions', 'predicts otherwise than in training');
    }
    if (answer.model !== served.version) {
      add('/v1/predictions', `names model ${answer.model}`);
    }
    const [feature] = model.features;
    for (const [what, body] of [
      ['a value out of range', { [feature.name]: feature.highest + 1 }],
      ['a text', { [feature.name]: 'many' }],
      ['an unknown feature', { colour: 1 }],
    ] as const) {
      const { status } = await predict({ ...example.input, ...body });
      if (status !== 422) {
        add('/v1/predictions', `answers ${status} to ${what}; 422 is right`);
      }
    }
    await predict({ ...example.input, [feature.name]: feature.highest });

    const scrape = await scraped();
    const total = samplesOf(scrape, 'predictions_total');
    if (total.length !== 1 || total[0].value !== 2) {
      add('/metrics', 'does not count the two predictions that were made');
    }
    if (total.some(s => s.labels.model !== served.version)) {
      add('/metrics', 'does not say which model predicts');
    }
    const refused = samplesOf(scrape, 'predictions_refused_total');
    if (refused.reduce((sum, s) => sum + s.value, 0) !== 3) {
      add('/metrics', 'does not count the three refusals');
    }
    if (
      !samplesOf(scrape, 'model_info').some(
        s => s.labels.model === served.version && s.value === 1,
      )
    ) {
      add('/metrics', 'does not say which model serves');
    }
    const values = samplesOf(scrape, 'prediction_values_total');
    const shares = samplesOf(scrape, 'model_reference_ratio');
    for (const [name, reference] of Object.entries(model.references)) {
      const counted = values.filter(s => s.labels.feature === name);
      if (
        counted.length !== reference.shares.length ||
        counted.reduce((sum, s) => sum + s.value, 0) !== 2
      ) {
        add('/metrics', `does not count ${name} by bin`);
      }
      const held = reference.shares.every((share, bin) =>
        shares.some(
          s =>
            s.labels.feature === name &&
            s.labels.bin === String(bin) &&
            s.value === share,
        ),
      );
      if (!held) {
        add('/metrics', `does not say how ${name} was spread in training`);
      }
    }
    const last = String(model.references[feature.name].bounds.length);
    if (
      !values.some(
        s =>
          s.labels.feature === feature.name &&
          s.labels.bin === last &&
          s.value >= 1,
      )
    ) {
      add('/metrics', `does not see ${feature.name} move`);
    }
  } finally {
    await stop();
  }
}

/** Ways in which a model is not the one that was promoted. Each makes a copy of an artifact wrong. */
const WRONG_MODELS: readonly {
  what: string;
  make(folder: string): Promise<void>;
}[] = [
  {
    what: 'a model that was changed after it was promoted',
    async make(folder) {
      const { file, text } = await servedModel(folder);
      // Nothing it answers changes, so only the digest tells.
      await writeFile(
        file,
        text.replace(/("data": ")[0-9a-f]{8}/, '$100000000'),
      );
    },
  },
  {
    what: 'a model that answers otherwise than in training',
    async make(folder) {
      const { file, text, version } = await servedModel(folder);
      const other = text.replace(/("intercept": )/, '$10');
      const changed = other.replace(/"intercept": 0-?/, '"intercept": 1');
      const digest = sha256(changed);
      const name = digest.slice(0, VERSION_DIGITS);
      await writeFile(file, changed);
      await rename(
        join(folder, 'models', version),
        join(folder, 'models', name),
      );
      await writeFile(
        join(folder, SERVED),
        JSON.stringify({ version: name, sha256: digest }),
      );
    },
  },
  {
    what: 'no model',
    make: folder => rm(join(folder, SERVED)),
  },
];

async function servedModel(folder: string) {
  const { version } = servedSchema.parse(
    JSON.parse(await readFile(join(folder, SERVED), 'utf8')),
  );
  const file = join(folder, 'models', version, 'model.json');
  return { version, file, text: await readFile(file, 'utf8') };
}

/** A replica without its model is alive, is not ready, and predicts nothing. */
async function startedWithWrongModels(
  artifact: string,
  add: Note,
): Promise<void> {
  for (const { what, make } of WRONG_MODELS) {
    const copy = await mkdtemp(join(tmpdir(), 'golden-path-model-'));
    try {
      await cp(artifact, copy, { recursive: true });
      await make(copy);
      const running = await started(copy);
      if (!running) {
        add(what, 'ends the service');
        continue;
      }
      const statuses = await Promise.all(
        ['/readyz', '/v1/predictions/example'].map(
          async path => (await fetch(`${running.base}${path}`)).status,
        ),
      ).finally(running.stop);
      if (statuses.some(status => status !== 503)) {
        add(what, `is served: ${statuses.join(', ')} instead of 503`);
        break;
      }
    } finally {
      await rm(copy, { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

/** Parts of what is tried with a model: asked with its own, and started with wrong ones. */
export const MODEL_PARTS: readonly string[] = ['asked', 'wrong'];

/** Asked with its model, and started with wrong ones where nothing was wrong before. */
export function verifyModel(
  artifact: string,
  options: TrialOptions = {},
): Promise<Outcome> {
  return tryOut('model', options, async add => {
    let right = true;
    const note: Note = (where, message) => {
      right = false;
      add(where, message);
    };
    if (options.part !== 'wrong') {
      await asked(artifact, note);
    }
    if (right && options.part !== 'asked') {
      await startedWithWrongModels(artifact, note);
    }
  });
}
