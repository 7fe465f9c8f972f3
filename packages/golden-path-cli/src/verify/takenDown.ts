import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { run } from '../lib/run';
import { renderManifests } from './kubernetes';
import type { KubernetesObject } from './kubernetesRules';
import { cleanEnv, cloneRender, stopDeployments } from './pipeline';
import { type Finding, outcome, type Project, type Verifier } from './types';

const UNDEPLOY = 'ci/undeploy.sh';

/** Where deploys have what fetches the programs that images of jobs lack. */
const TOOLS = 'ci/tools.sh';

/** What tells a Pushgateway how a job went. */
const PUSHES = 'src/job/outcome.py';

/** What services and workers in Python have, whose pipeline's scripts build them in seconds. */
const RUNS_HERE = ['src/service/server.py', 'src/worker/__main__.py'];

/** What a worker takes its events from, on this machine. */
const BROKER = 'ci/broker.sh';

/** What stands for each target where there is none. */
const CLIENTS: Readonly<Record<string, string>> = {
  aws: 'a client',
  kubernetes: 'a kubectl',
  vm: 'an Ansible',
};

const TARGETS = /^(kubernetes|aws|vm|paas)\)$/gm;

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5000) }).then(
    response => response.ok,
    () => false,
  );
}

/**
 * What the script asks of a program, of which there is one that only writes that down, with what it `reads`; or how the script failed.
 */
async function askedOf(
  program: string,
  environment: string,
  clone: string,
  work: string,
  env: Record<string, string>,
  reads = '',
): Promise<{ asked: string; findings: Finding[] }> {
  const where = `${UNDEPLOY} ${environment} on ${env.DEPLOY_TARGET}`;
  const bin = join(work, 'bin');
  const log = join(work, `${program}.log`);
  await mkdir(bin, { recursive: true });
  await writeFile(
    join(bin, program),
    `#!/bin/sh\n{ echo "$*"; ${reads || ':'}; } >>"$ASKED_LOG"\n`,
    { mode: 0o755 },
  );
  const { code, output } = await run(UNDEPLOY, [environment], {
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

/** That the programs a deploy fetches are fetched here, too: the image of the job is the same. */
async function fetches(project: Project, words: RegExp): Promise<Finding[]> {
  return !project.files.includes(TOOLS) ||
    words.test(await project.read(UNDEPLOY))
    ? []
    : [
        {
          where: UNDEPLOY,
          message: `does not fetch what the job lacks, as the deploy does: ${words}`,
        },
      ];
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
  const { asked, findings } = await askedOf('aws', 'staging', clone, work, {
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
  const alarms = await project.read('infra/aws/alarms.tf');
  const burns = Array.from(
    alarms.matchAll(/^ {4}(\w+) += \{ factor = /gm),
    ([, burn]) => burn,
  );
  const mayTurnOff = roles
    .split(/^ {2}statement \{$/m)
    .filter(statement => /"cloudwatch:DisableAlarmActions"/.test(statement))
    .join('');
  // Turned off at once, and left so by whoever applies the rest.
  const waking = alarms
    .split(/^(?=resource )/m)
    .filter(block =>
      /treat_missing_data += "breaching"|_composite_alarm" "burn"/.test(block),
    )
    .map(block => {
      const [, type, id] = /^resource "(\w+)" "(\w+)"/.exec(block) ?? [];
      return {
        id,
        address: `${type}.${id}`,
        names: /^ +for_each += local\.burns$/m.test(block)
          ? burns.map(burn => `${id}-${burn}`)
          : [id],
        off: /^ +actions_enabled += false$/m.test(block),
      };
    });
  return [
    ...notAllowed,
    ...left,
    ...waking
      .filter(
        ({ off, names }) =>
          !off ||
          !names.every(name =>
            new RegExp(
              `^cloudwatch disable-alarm-actions --alarm-names .*-staging-${name}( |$)`,
              'm',
            ).test(asked),
          ),
      )
      .map(({ id }) => ({
        where,
        message: `the alarm ${id} still wakes somebody`,
      })),
    ...waking
      .filter(({ address }) => !mayTurnOff.includes(address))
      .map(({ id }) => ({
        where,
        message: `the alarm ${id} is not the deploy job's to turn off: infra/aws/iam.tf does not allow it`,
      })),
    ...(await fetches(project, /^ *\. .*\/tools\.sh"\n *need aws$/m)),
  ];
}

/** Kinds that run, reach what runs or tell the monitoring of it, as kubectl names them. */
const GOES: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  CronJob: 'cronjobs',
  Deployment: 'deployments',
  HorizontalPodAutoscaler: 'horizontalpodautoscalers',
  Ingress: 'ingresses',
  Job: 'jobs',
  Rollout: 'rollouts.argoproj.io',
  Service: 'services',
};

/**
 * What is wrong with what a kubectl was asked, a call a line, to take objects down: one that no call selects, a kind that no object has (who
 * may delete those alone is refused), what runs before the alerts that miss it.
 */
export function wrongDeletions(
  asked: string,
  objects: readonly KubernetesObject[],
): string[] {
  const calls = Array.from(
    asked.matchAll(
      /^delete (\S+) --selector (\S+?)(?:=(\S+)| in \(([^)]*)\)) /gm,
    ),
    ([, kinds, label, one, several]) => ({
      kinds: kinds.split(','),
      label,
      values: one ? [one] : several.split(','),
    }),
  );
  const there = objects.filter(({ kind }) => Object.hasOwn(GOES, kind));
  const known = new Set(there.map(({ kind }) => GOES[kind]));
  const named = calls.flatMap(({ kinds }) => kinds);
  return [
    ...there
      .filter(
        ({ kind, metadata }) =>
          !calls.some(
            ({ kinds, label, values }) =>
              kinds.includes(GOES[kind]) &&
              values.includes(metadata.labels?.[label] ?? ''),
          ),
      )
      .map(({ kind, metadata }) => `leaves the ${kind} ${metadata.name}`),
    ...named
      .filter(kind => !known.has(kind))
      .map(kind => `asks for ${kind}, of which there are none`),
    ...(named.indexOf(GOES.ConfigMap) > 0
      ? ['the alerts go after what they miss then']
      : []),
  ];
}

/** What a Pushgateway is asked while something runs. */
async function askedOfGateway<T>(
  during: (url: string) => Promise<T>,
): Promise<{ result: T; requests: string[] }> {
  const requests: string[] = [];
  const gateway = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(202).end();
  });
  await new Promise<void>(resolve => {
    gateway.listen(0, '127.0.0.1', resolve);
  });
  try {
    const { port } = gateway.address() as AddressInfo;
    return { result: await during(`http://127.0.0.1:${port}`), requests };
  } finally {
    gateway.closeAllConnections();
    gateway.close();
  }
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
  // All that staging has is there as well.
  const where = `${UNDEPLOY} production on kubernetes`;
  const {
    result: { asked, findings },
    requests,
  } = await askedOfGateway(url =>
    askedOf('kubectl', 'production', clone, work, {
      DEPLOY_TARGET: 'kubernetes',
      CLUSTER_API_SERVER: 'https://cluster.invalid',
      CLUSTER_CA_CERTIFICATE: 'none',
      CLUSTER_ID_TOKEN: 'none',
      PUSHGATEWAY_URL: url,
    }),
  );
  if (findings.length > 0) {
    return findings;
  }
  const { objects, problem } = await renderManifests(project, 'production');
  if (problem !== undefined) {
    return [{ where: 'infra/kubernetes', message: problem }];
  }
  return [
    ...wrongDeletions(asked, objects).map(message => ({ where, message })),
    ...(project.files.includes(PUSHES) &&
    !requests.some(request =>
      /^DELETE \/metrics\/job\/[^/]+\/environment\/production$/.test(request),
    )
      ? [{ where, message: 'leaves what the job told the Pushgateway' }]
      : []),
    ...(await fetches(project, /^ *\. .*\/tools\.sh"$/m)),
  ];
}

/**
 * What is wrong with taking it off machines, as far as an Ansible shows that only writes down what it is asked: it stops the service on the
 * machines that the deploy brings it to, as whom the deploy does, with the password that opens their inventory.
 */
async function wrongOnMachines(
  _: Project,
  clone: string,
  work: string,
): Promise<Finding[]> {
  const { asked, findings } = await askedOf(
    'ansible-playbook',
    'staging',
    clone,
    work,
    {
      DEPLOY_TARGET: 'vm',
      SSH_KNOWN_HOSTS: 'none',
      SSH_PRIVATE_KEY: 'none',
      ANSIBLE_VAULT_PASSWORD: 'opens the inventory',
    },
    'cat "$1" "${ANSIBLE_VAULT_PASSWORD_FILE:-/dev/null}"',
  );
  return [
    ...findings,
    ...(findings.length > 0
      ? []
      : [
          /^ +state: stopped$/m,
          /^ +enabled: false$/m,
          /^ +hosts: service$/m,
          /^ +become: .*\bservice_as_root\b/m,
          /^opens the inventory$/m,
        ]
    )
      .filter(words => !words.test(asked))
      .map(words => ({
        where: `${UNDEPLOY} staging on vm`,
        message: `does not do as the deploy does: nothing says ${words}`,
      })),
  ];
}

/**
 * A repository that is taken out of service. Of one for a cluster, an account or machines, what is asked of the client. Of one that runs here, its release brought out
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
      Object.hasOwn(CLIENTS, target)
        ? `${UNDEPLOY}: run for ${target} without one, with ${CLIENTS[target]} that only writes down what it is asked`
        : `${UNDEPLOY}: not run for ${target}, which needs one; run for a local deployment`,
    );
    const runsHere = RUNS_HERE.some(file => project.files.includes(file));
    if (!runsHere) {
      notRun.unshift(
        `${UNDEPLOY}: not run in this row for a local deployment; it is in those of a Python service and a worker`,
      );
    }
    const elsewhere = {
      kubernetes: wrongOnCluster,
      aws: wrongOnAws,
      vm: wrongOnMachines,
    };
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
