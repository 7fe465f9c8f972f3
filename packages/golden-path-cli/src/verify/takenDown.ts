import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { run } from '../lib/run';
import { cleanEnv, cloneRender, stopDeployments } from './pipeline';
import { type Finding, outcome, type Project, type Verifier } from './types';

const UNDEPLOY = 'ci/undeploy.sh';

/** What services and workers in Python have, whose pipeline's scripts build them in seconds. */
const RUNS_HERE = ['src/service/server.py', 'src/worker/__main__.py'];

/** What a worker takes its events from, on this machine. */
const BROKER = 'ci/broker.sh';

const TARGETS = /^(kubernetes|aws|vm|paas)\)$/gm;

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5000) }).then(
    response => response.ok,
    () => false,
  );
}

/** What the script asks of a program, of which there is one that only writes that down; or how the script failed. */
async function askedOf(
  program: string,
  where: string,
  clone: string,
  work: string,
  env: Record<string, string>,
): Promise<{ asked: string; findings: Finding[] }> {
  const bin = join(work, 'bin');
  const log = join(work, `${program}.log`);
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, program), '#!/bin/sh\necho "$*" >>"$ASKED_LOG"\n', {
    mode: 0o755,
  });
  const { code, output } = await run(UNDEPLOY, ['staging'], {
    cwd: clone,
    env: cleanEnv({
      CI: 'true',
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      ASKED_LOG: log,
      ...env,
    }),
    timeoutMs: 60_000,
  });
  return code === 0
    ? { asked: await readFile(log, 'utf8').catch(() => ''), findings: [] }
    : {
        asked: '',
        findings: [
          { where, message: `exit ${code}: ${output.trim().slice(-1500)}` },
        ],
      };
}

/** `register-scalable-target` as policies spell it: `RegisterScalableTarget`. */
const actionOf = (command: string) =>
  command.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

/**
 * What is wrong with taking it out of an account, as far as an AWS client shows that only writes down what it is asked: the deploy job's
 * role allows each of it, no task is left or comes back, and no alarm calls somebody because there is none.
 */
async function wrongOnAws(
  project: Project,
  clone: string,
  work: string,
): Promise<Finding[]> {
  const where = `${UNDEPLOY} staging on aws`;
  const { asked, findings } = await askedOf('aws', where, clone, work, {
    DEPLOY_TARGET: 'aws',
    AWS_ROLE_ARN: 'arn:aws:iam::000000000000:role/none',
    AWS_REGION: 'none',
    AWS_ID_TOKEN: 'none',
  });
  if (findings.length > 0) {
    return findings;
  }
  const roles = await project.read('infra/aws/iam.tf');
  const calls = Array.from(asked.matchAll(/^([a-z-]+) ([a-z-]+) (.*)$/gm));
  const notAllowed = calls
    .map(([, service, command]) => `${service}:${actionOf(command)}`)
    .filter(action => !roles.includes(`"${action}"`))
    .map(action => ({
      where,
      message: `${action} is not the deploy job's to do: infra/aws/iam.tf does not allow it`,
    }));
  const left = [
    /^ecs update-service .*--desired-count 0\b/m,
    /^application-autoscaling register-scalable-target .*--max-capacity 0\b/m,
  ]
    .filter(call => !call.test(asked))
    .map(call => ({ where, message: `leaves tasks: nothing asks ${call}` }));
  // Turned off at once, and left so by whoever applies the rest.
  const waking = (await project.read('infra/aws/alarms.tf'))
    .split(/^(?=resource )/m)
    .filter(block => /treat_missing_data += "breaching"/.test(block))
    .map(block => ({
      id: /^resource "\w+" "(\w+)"/.exec(block)?.[1] ?? '',
      off: /^ +actions_enabled += false$/m.test(block),
    }))
    .filter(
      ({ id, off }) =>
        !off ||
        !new RegExp(
          `^cloudwatch disable-alarm-actions --alarm-names \\S+-staging-${id}$`,
          'm',
        ).test(asked),
    );
  return [
    ...notAllowed,
    ...left,
    ...waking.map(({ id }) => ({
      where,
      message: `the alarm ${id} still wakes somebody`,
    })),
  ];
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
  const { asked, findings } = await askedOf('kubectl', where, clone, work, {
    DEPLOY_TARGET: 'kubernetes',
    CLUSTER_API_SERVER: 'https://cluster.invalid',
    CLUSTER_CA_CERTIFICATE: 'none',
    CLUSTER_ID_TOKEN: 'none',
  });
  if (findings.length > 0) {
    return findings;
  }
  const kinds = /^delete (\S+) --selector /m.exec(asked)?.[1].split(',') ?? [];
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
      target === 'kubernetes' || target === 'aws'
        ? `${UNDEPLOY}: run for ${target} without one, with a ${
            target === 'aws' ? 'client' : 'kubectl'
          } that only writes down what it is asked`
        : `${UNDEPLOY}: not run for ${target}, which needs one; run for a local deployment`,
    );
    const runsHere = RUNS_HERE.some(file => project.files.includes(file));
    if (!runsHere) {
      notRun.unshift(
        `${UNDEPLOY}: not run in this row for a local deployment; it is in those of a Python service and a worker`,
      );
    }
    const elsewhere = { kubernetes: wrongOnCluster, aws: wrongOnAws };
    const there = Object.entries(elsewhere).flatMap(([target, wrong]) =>
      targets.includes(target) ? [wrong] : [],
    );
    if (!runsHere && there.length === 0) {
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
      for (const wrong of there) {
        findings.push(...(await wrong(project, clone, work)));
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
      if (project.files.includes(BROKER)) {
        if (!(await did(BROKER, 'start', 'staging'))) {
          return outcome(findings);
        }
        env.REDIS_URL = smoke.trim();
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
