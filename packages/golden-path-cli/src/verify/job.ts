import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countEndedChild } from '../lib/cpu';
import { bareEnv } from '../lib/run';
import { digestFiles } from '../lib/files';
import { metricNames, type Rules } from './prometheus';
import { type Note, type TrialOptions, tryOut } from './trial';
import type { Outcome } from './types';

/** A Pushgateway in small: the bodies that were pushed, and to which groups. */
async function startGateway() {
  const pushed: string[] = [];
  const groups = new Set<string>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', chunk => {
      body += chunk;
    });
    request.on('end', () => {
      pushed.push(body);
      groups.add(request.url ?? '');
      response.writeHead(202).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${
      typeof address === 'object' && address ? address.port : 0
    }`,
    pushed,
    groups,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

type Run = { code: number | null; log: string };

async function runJob(
  artifact: string,
  env: Record<string, string>,
): Promise<Run> {
  const child = spawn(join(artifact, 'start'), [], {
    cwd: artifact,
    env: bareEnv({ ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.once('exit', countEndedChild);
  let log = '';
  const keep = (chunk: string) => {
    log += chunk;
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const code = await new Promise<number | null>(resolve => {
    child.once('error', error => {
      log += error.message;
      resolve(1);
    });
    child.once('close', resolve);
  });
  clearTimeout(timer);
  return { code, log };
}

/** A line of a log; `undefined` when it is no JSON. */
function readLine(line: string): { trace_id?: string } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const SUCCESS = 'job_last_success_timestamp_seconds';

/**
 * What a job must do: succeed, write the same again when it is run again, say in JSON what it does with the trace that asked for it, push
 * every metric the rules read, fail with an exit code and without touching the last success, and refuse a wrong environment by name.
 */
export function verifyJob(
  artifact: string,
  rules: Rules,
  options: TrialOptions = {},
): Promise<Outcome> {
  return tryOut('job', options, add => runs(artifact, rules, add));
}

async function runs(artifact: string, rules: Rules, add: Note): Promise<void> {
  const gateway = await startGateway();
  const data = await mkdtemp(join(tmpdir(), 'golden-path-job-'));
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const env = {
    DATA_DIR: data,
    RUN_FOR: '2026-01-01',
    DEADLINE_SECONDS: '30',
    PUSHGATEWAY_URL: gateway.url,
    DEPLOYMENT_ENVIRONMENT: 'proof',
    TRACEPARENT: `00-${traceId}-b7ad6b7169203331-01`,
  };
  try {
    const first = await runJob(artifact, env);
    if (first.code !== 0) {
      add('first run', `ends with ${first.code}:\n${first.log.slice(-2000)}`);
      return;
    }
    const written = JSON.stringify(await digestFiles(data));
    const lines = first.log.split('\n').filter(line => line.trim() !== '');
    for (const line of lines) {
      const said = readLine(line);
      if (!said) {
        add('log', `is not JSON: ${line.slice(0, 200)}`);
      } else if (said.trace_id !== traceId) {
        add('log', `is without the trace that asked: ${line.slice(0, 200)}`);
      }
    }
    if (lines.length === 0) {
      add('log', 'says nothing');
    }

    for (const group of gateway.groups) {
      if (!group.endsWith(`/environment/${env.DEPLOYMENT_ENVIRONMENT}`)) {
        add(
          'outcome',
          `is pushed to ${group}: runs of other environments overwrite it`,
        );
      }
    }
    const outcome = gateway.pushed.join('\n');
    const all = rules.groups.flatMap(group => group.rules);
    const recorded = new Set(all.flatMap(rule => rule.record ?? []));
    for (const name of new Set(
      all.flatMap(rule => metricNames(String(rule.expr))),
    )) {
      if (
        !recorded.has(name) &&
        !new RegExp(`^${name}[{ ]`, 'm').test(outcome)
      ) {
        add('outcome', `has no ${name}, which the rules read`);
      }
    }

    const again = await runJob(artifact, env);
    if (again.code !== 0) {
      add('second run', `ends with ${again.code}`);
    }
    if (JSON.stringify(await digestFiles(data)) !== written) {
      add('second run', 'leaves something else than the first one');
    }

    // A file where its folder belongs: whatever the task is, it cannot do it.
    const nowhere = join(data, 'no-folder');
    await writeFile(nowhere, '');
    gateway.pushed.length = 0;
    const failed = await runJob(artifact, { ...env, DATA_DIR: nowhere });
    if (failed.code === 0 || failed.code === 78) {
      add('failing run', `ends with ${failed.code}`);
    }
    const outcomeOfFailure = gateway.pushed.join('\n');
    if (!/^job_last_run_success\{[^}]*\} 0(\.0)?$/m.test(outcomeOfFailure)) {
      add('failing run', 'does not push that it failed');
    }
    if (outcomeOfFailure.includes(SUCCESS)) {
      add('failing run', `pushes ${SUCCESS}`);
    }

    const wrong = await runJob(artifact, { ...env, DEADLINE_SECONDS: 'soon' });
    // 78 is EX_CONFIG: supervisors and runbooks tell a wrong configuration from a failure by it.
    if (wrong.code !== 78 || !wrong.log.includes('DEADLINE_SECONDS')) {
      add(
        'configuration',
        `an invalid DEADLINE_SECONDS ends with ${wrong.code}; 78 and the variable's name are right`,
      );
    }
  } finally {
    gateway.close();
    await rm(data, { recursive: true, force: true });
  }
}
