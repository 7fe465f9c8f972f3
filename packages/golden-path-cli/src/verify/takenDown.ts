import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { run } from '../lib/run';
import { cleanEnv, cloneRender, stopDeployments } from './pipeline';
import { type Finding, outcome, type Project, type Verifier } from './types';

const UNDEPLOY = 'ci/undeploy.sh';

/** What a service in Python has and its pipeline's scripts build in seconds. */
const RUNS_HERE = 'src/service/server.py';

const TARGETS = /^(kubernetes|aws|vm|paas)\)$/gm;

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5000) }).then(
    response => response.ok,
    () => false,
  );
}

/**
 * What is wrong with taking it off a cluster, as far as a kubectl shows that only writes down what it is asked: the script comes to its
 * end in this very repository, and deletes what its manifests have running.
 */
async function wrongOnCluster(
  project: Project,
  clone: string,
  work: string,
): Promise<Finding[]> {
  const where = `${UNDEPLOY} staging on kubernetes`;
  const bin = join(work, 'bin');
  const asked = join(work, 'kubectl.log');
  await mkdir(bin);
  await writeFile(
    join(bin, 'kubectl'),
    '#!/bin/sh\necho "$*" >>"$KUBECTL_LOG"\n',
    { mode: 0o755 },
  );
  const { code, output } = await run(UNDEPLOY, ['staging'], {
    cwd: clone,
    env: cleanEnv({
      CI: 'true',
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      KUBECTL_LOG: asked,
      DEPLOY_TARGET: 'kubernetes',
      CLUSTER_API_SERVER: 'https://cluster.invalid',
      CLUSTER_CA_CERTIFICATE: 'none',
      CLUSTER_ID_TOKEN: 'none',
    }),
    timeoutMs: 60_000,
  });
  if (code !== 0) {
    return [{ where, message: `exit ${code}: ${output.trim().slice(-1500)}` }];
  }
  const kinds =
    /^delete (\S+) --selector /m
      .exec(await readFile(asked, 'utf8'))?.[1]
      .split(',') ?? [];
  const manifests = await Promise.all(
    project.files
      .filter(file => file.startsWith('infra/kubernetes/'))
      .map(file => project.read(file)),
  );
  const has = (kind: string) =>
    manifests.some(text => new RegExp(`^kind: ${kind}$`, 'm').test(text));
  return [
    ['Deployment', 'deployments'],
    ['CronJob', 'cronjobs'],
    ['Rollout', 'rollouts.argoproj.io'],
  ]
    .filter(([kind, name]) => has(kind) && !kinds.includes(name))
    .map(([kind]) => ({ where, message: `leaves the ${kind}` }));
}

/**
 * A repository that is taken out of service. Of one for a cluster, what is asked of kubectl. Of one that runs here, its release brought out
 * as before and then its pipeline's scripts run: what answered has to be gone, the smoke test has to have looked, and a second time nothing
 * is wrong.
 */
export const takenDown: Verifier = {
  id: 'taken-down',
  title: 'Taken out of service: what ran is gone after the deploy stage',
  async verify(project) {
    if (!project.files.includes(UNDEPLOY)) {
      return { status: 'absent' };
    }
    const targets = Array.from(
      (await project.read(UNDEPLOY)).matchAll(TARGETS),
      ([, target]) => target,
    );
    const notRun = targets.map(target =>
      target === 'kubernetes'
        ? `${UNDEPLOY}: run for kubernetes without a cluster, with a kubectl that only writes down what it is asked`
        : `${UNDEPLOY}: not run for ${target}, which needs one; run for a local deployment`,
    );
    const runsHere = project.files.includes(RUNS_HERE);
    if (!runsHere) {
      notRun.unshift(
        `${UNDEPLOY}: not run in this row for a local deployment; it is in that of a Python service`,
      );
    }
    const onCluster = targets.includes('kubernetes');
    if (!runsHere && !onCluster) {
      return outcome([], notRun);
    }
    const work = await mkdtemp(join(tmpdir(), 'golden-path-taken-down-'));
    const deployRoot = join(work, 'deployments');
    const clone = await cloneRender(project, work);
    const env = cleanEnv({
      CI: 'true',
      DEPLOY_ROOT: deployRoot,
      LOCAL_DEPLOY_SECONDS: '120',
    });
    const findings: Finding[] = [];
    let smoke = '';
    /** Whether a script did what it should; its last words are a finding otherwise. */
    const did = async (script: string, ...args: string[]) => {
      const { code, output } = await run(script, args, {
        cwd: clone,
        env,
        timeoutMs: 180_000,
      });
      smoke = output;
      if (code !== 0) {
        findings.push({
          where: [script, ...args].join(' '),
          message: `exit ${code}: ${output.trim().slice(-1500)}`,
        });
      }
      return code === 0;
    };
    try {
      if (onCluster) {
        findings.push(...(await wrongOnCluster(project, clone, work)));
      }
      if (!runsHere || findings.length > 0) {
        return outcome(findings, notRun);
      }
      const installed = await run('ci/install.sh', [], {
        cwd: clone,
        env,
        timeoutMs: 180_000,
      });
      if (installed.code === 75) {
        return {
          status: 'skipped',
          missing: 'what pyproject.toml asks for (see .ci/run)',
        };
      }
      // The pipeline's own way to bring it out, which is turned round now.
      if (
        !(await did('ci/build.sh')) ||
        !(await did('ci/sign.sh')) ||
        !(await did('ci/deploy-local.sh', 'staging'))
      ) {
        return outcome(findings);
      }
      const url =
        /^DEPLOYMENT_URL=(.+)$/m.exec(
          await readFile(join(clone, 'build/deployments/staging.env'), 'utf8'),
        )?.[1] ?? '';
      if (!(await answers(url))) {
        findings.push({ where: url, message: 'did not answer to begin with' });
      }
      await did('ci/deploy.sh', 'staging');
      if (await answers(url)) {
        findings.push({
          where: 'ci/deploy.sh staging',
          message: `${url} still answers: it was not taken down`,
        });
        return outcome(findings, notRun);
      }
      await did('ci/smoke.sh', 'staging');
      if (!/no longer answers in staging/.test(smoke)) {
        findings.push({
          where: 'ci/smoke.sh staging',
          message: `did not look whether it is gone: ${smoke.trim()}`,
        });
      }
      await did('ci/deploy.sh', 'staging');
      return outcome(findings, notRun);
    } finally {
      await stopDeployments(clone, deployRoot);
      await rm(work, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};
