import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../lib/run';
import { cleanEnv, cloneRender, stopDeployments } from './pipeline';
import { type Finding, outcome, type Verifier } from './types';

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
 * A repository that is taken out of service, its release brought out as before and then its pipeline's scripts run: what answered has to
 * be gone, the smoke test has to have looked, and a second time nothing is wrong.
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
    const notRun = targets.map(
      target =>
        `${UNDEPLOY}: not run for ${target}, which needs one; run for a local deployment`,
    );
    if (!project.files.includes(RUNS_HERE)) {
      return outcome(
        [],
        [
          `${UNDEPLOY}: not run in this row; for a local deployment it is in that of a Python service`,
          ...notRun,
        ],
      );
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
