import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bareEnv, run, which } from '../lib/run';
import { metricNames, type Rules } from './prometheus';
import { freePort, withoutEnvironment } from './service';
import { CannotTry, type Note, type TrialOptions, tryOut } from './trial';
import type { Outcome } from './types';

const STREAM = 'proof';
const GROUP = 'proof';

/** After so many seconds of silence a consumer's events are taken over in a trial. */
const CLAIM_AFTER_SECONDS = 2;

/** Waits until something holds; `false` when it does not within so many seconds, or when it no longer can. */
async function eventually(
  holds: () => Promise<boolean>,
  seconds: number,
  inVain: () => boolean = () => false,
): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    // Looked at before: what holds when it ends has come to hold.
    const last = inVain() || Date.now() > deadline;
    if (await holds()) {
      return true;
    }
    if (last) {
      return false;
    }
    await sleep(50);
  }
}

/** A Redis of the trial's own, asked through redis-cli, which Debian's redis-server brings along. */
class Redis {
  private server: ChildProcess | undefined;

  constructor(readonly port: number, private readonly folder: string) {}

  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  async start(): Promise<void> {
    this.server = spawn(
      'redis-server',
      [
        ...['--port', String(this.port), '--bind', '127.0.0.1'],
        ...['--dir', this.folder, '--save', '', '--appendonly', 'yes'],
      ],
      { stdio: 'ignore' },
    );
    if (
      !(await eventually(async () => (await this.ask('PING')) === 'PONG', 10))
    ) {
      throw new CannotTry('redis-server does not answer within 10 seconds');
    }
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    // One that was stopped before closes only once.
    if (server?.exitCode === null && server.signalCode === null) {
      const gone = once(server, 'close');
      server.kill('SIGKILL');
      await gone;
    }
  }

  async ask(...command: string[]): Promise<string> {
    const { stdout } = await run(
      'redis-cli',
      ['-h', '127.0.0.1', '-p', String(this.port), ...command],
      { cwd: this.folder, timeoutMs: 10_000 },
    );
    return stdout.trim();
  }

  /** Publishes many entries at once. */
  async publish(events: readonly string[]): Promise<void> {
    // RESP as the server reads it: texts with their lengths, so that nothing has to be quoted.
    const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
    const { stdout } = await run(
      'redis-cli',
      ['-h', '127.0.0.1', '-p', String(this.port), '--pipe'],
      {
        cwd: this.folder,
        timeoutMs: 20_000,
        input: events
          .map(
            event =>
              `*5\r\n${['XADD', STREAM, '*', 'event', event]
                .map(bulk)
                .join('')}`,
          )
          .join(''),
      },
    );
    if (!/errors: 0\b/.test(stdout)) {
      throw new CannotTry(`redis-cli --pipe: ${stdout.trim()}`);
    }
  }

  async number(...command: string[]): Promise<number> {
    return Number((await this.ask(...command)).split('\n')[0]);
  }

  /** How many events were given to a consumer and are not done. */
  pending(): Promise<number> {
    return this.number('XPENDING', STREAM, GROUP);
  }

  async total(customer: string): Promise<number> {
    return this.number('HGET', `${STREAM}.totals`, customer);
  }
}

/** One worker process. */
class WorkerProcess {
  readonly exited: Promise<number | NodeJS.Signals | null>;
  log = '';
  over = false;
  private readonly child: ChildProcess;

  constructor(
    artifact: string,
    readonly port: number,
    env: Record<string, string>,
  ) {
    this.child = spawn(join(artifact, 'start'), [], {
      cwd: artifact,
      env: bareEnv({
        HOST: '127.0.0.1',
        PORT: String(port),
        DEPLOYMENT_ENVIRONMENT: 'proof',
        STREAM,
        CONSUMER_GROUP: GROUP,
        CLAIM_AFTER_SECONDS: String(CLAIM_AFTER_SECONDS),
        MAX_ATTEMPTS: '2',
        RETRY_BACKOFF_MILLISECONDS: '50',
        SHUTDOWN_GRACE_SECONDS: '10',
        ...env,
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: string) => {
      this.log += chunk;
    };
    this.child.stdout?.setEncoding('utf8').on('data', keep);
    this.child.stderr?.setEncoding('utf8').on('data', keep);
    this.exited = new Promise(resolve => {
      this.child.once('error', error => {
        this.log += error.message;
        resolve(1);
      });
      this.child.once('close', (code, signal) => resolve(code ?? signal));
    });
    this.exited.then(() => {
      this.over = true;
    });
  }

  get(path: string): Promise<Response | undefined> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, {
      signal: AbortSignal.timeout(5000),
    }).catch(() => undefined);
  }

  async status(path: string): Promise<number | undefined> {
    return (await this.get(path))?.status;
  }

  /** Value of a metric; the sum of its series. */
  async metric(name: string): Promise<number | undefined> {
    const scrape = (await (await this.get('/metrics'))?.text()) ?? '';
    const values = Array.from(
      scrape.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm')),
      match => Number(match[1]),
    );
    return values.length > 0 ? values.reduce((a, b) => a + b, 0) : undefined;
  }

  ready(): Promise<boolean> {
    return eventually(
      async () => this.over || (await this.status('/readyz')) === 200,
      30,
    ).then(done => done && !this.over);
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.over) {
      this.child.kill(signal);
    }
  }
}

const order = (
  id: string,
  customer: string,
  amount: number,
  traceparent?: string,
) =>
  JSON.stringify({
    specversion: '1.0',
    id,
    source: '/proof',
    type: 'order.placed.v1',
    data: { customer, amount },
    ...(traceparent ? { traceparent } : {}),
  });

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

type Trial = {
  artifact: string;
  redis: Redis;
  rules: Rules;
  add: Note;
  /** Events of one customer that were published so far, each to be added up once. */
  published: number;
  start(env?: Record<string, string>): Promise<WorkerProcess>;
};

/** Events, a duplicate, poison of both sorts; logs, probes and every metric the rules read. */
async function works(trial: Trial): Promise<void> {
  const { redis, add } = trial;
  const worker = await trial.start();
  if (!(await worker.ready())) {
    add(
      '/readyz',
      `is not ready within 30 seconds:\n${worker.log.slice(-2000)}`,
    );
    return;
  }
  if ((await worker.status('/healthz')) !== 200) {
    add('/healthz', 'does not answer 200');
  }
  const first = order('1', 'ada', 5, `00-${TRACE_ID}-b7ad6b7169203331-01`);
  await redis.publish([
    first,
    'no event at all',
    order('2', 'ada', -1),
    first,
    order('3', 'ada', 7),
  ]);
  const done = await eventually(
    async () =>
      (await redis.total('ada')) >= 12 &&
      (await redis.pending()) === 0 &&
      (await worker.metric('worker_lag_events')) === 0,
    10,
    () => worker.over,
  );
  const total = await redis.total('ada');
  if (total !== 12) {
    add(
      'effects',
      `${total} was added up; 12 is right, an event that came twice counted once`,
    );
  } else if (!done) {
    add('effects', 'are there, but events are left that nobody will finish');
  }
  const letters = await redis.ask('XRANGE', `${STREAM}.dead`, '-', '+');
  for (const [what, reason, text] of [
    ['what is no event', 'malformed', 'no event at all'],
    ['what a handler refuses', 'refused', '"amount":-1'],
  ]) {
    if (!letters.includes(reason) || !letters.includes(text)) {
      add('dead letters', `hold nothing of ${what}, with reason and original`);
    }
  }
  const scrape = (await (await worker.get('/metrics'))?.text()) ?? '';
  const names = new Set(
    Array.from(scrape.matchAll(/^([a-zA-Z_:][\w:]*)[{ ]/gm), m => m[1]),
  );
  const all = trial.rules.groups.flatMap(group => group.rules);
  const recorded = new Set(all.flatMap(rule => rule.record ?? []));
  for (const name of new Set(
    all.flatMap(rule => metricNames(String(rule.expr))),
  )) {
    if (!recorded.has(name) && !names.has(name)) {
      add('/metrics', `has no ${name}, which the rules read`);
    }
  }
  const unsaid = withoutEnvironment(scrape, 'proof');
  if (unsaid.length > 0) {
    add(
      '/metrics',
      `does not say the environment of ${unsaid.slice(0, 5).join(', ')}`,
    );
  }
  if (/type="(?!other"|order\.placed\.v1"|dev\.)/.test(scrape)) {
    add('/metrics', 'has a label of whatever others send');
  }
  const lines = worker.log
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => {
      try {
        return JSON.parse(line) as Record<string, unknown>;
      } catch {
        add('log', `is not JSON: ${line.slice(0, 200)}`);
        return {};
      }
    });
  if (!lines.some(line => line.trace_id === TRACE_ID)) {
    add('log', "has no line with the event's trace id");
  }
  if (!lines.some(line => line.category === 'security')) {
    add('log', 'says nothing of the malformed event as a security event');
  }
  worker.kill('SIGTERM');
  if ((await Promise.race([worker.exited, sleep(12_000)])) !== 0) {
    add('SIGTERM', 'an idle worker does not end with 0');
  }
}

/** A consumer that died with an event in its hands, and a worker killed in the middle: others take over, and the lag says so meanwhile. */
async function survives(trial: Trial): Promise<void> {
  const { redis, add } = trial;
  await redis.publish([order('held', 'eve', 1)]);
  // There already, unless this is the only part that is tried.
  await redis.ask('XGROUP', 'CREATE', STREAM, GROUP, '0');
  await redis.ask(
    ...['XREADGROUP', 'GROUP', GROUP, 'ghost', 'COUNT', '1'],
    ...['STREAMS', STREAM, '>'],
  );
  // One that takes nothing over, however long it takes to start here: the event waits.
  const onlooker = await trial.start({ CLAIM_AFTER_SECONDS: '3600' });
  if (!(await onlooker.ready())) {
    add('/readyz', 'is not ready beside a consumer that died');
    return;
  }
  await sleep(200);
  const waiting = await onlooker.metric('worker_lag_events');
  const age = await onlooker.metric('worker_lag_seconds');
  if (waiting !== 1 || !(age !== undefined && age > 0 && age < 600)) {
    add(
      'lag',
      `is ${waiting} events and ${age} seconds while one event waits for somebody to take over`,
    );
    return;
  }
  onlooker.kill('SIGKILL');
  await onlooker.exited;
  const worker = await trial.start();
  if (
    !(await eventually(
      async () =>
        (await redis.total('eve')) === 1 && (await redis.pending()) === 0,
      CLAIM_AFTER_SECONDS + 12,
    ))
  ) {
    add('take-over', 'what a dead consumer held is never processed');
    return;
  }
  const redelivered = await worker.metric('worker_redelivered_total');
  if (!redelivered) {
    add('take-over', 'is not counted as a redelivery');
  }

  const events = Array.from({ length: 400 }, (_, i) =>
    order(`burst-${i}`, 'bob', 1),
  );
  await redis.publish(events);
  trial.published += events.length;
  worker.kill('SIGKILL');
  await worker.exited;
  const next = await trial.start();
  await next.ready();
  await eventually(
    async () =>
      (await redis.total('bob')) === 400 && (await redis.pending()) === 0,
    CLAIM_AFTER_SECONDS + 12,
    () => next.over,
  );
  const total = await redis.total('bob');
  if (total !== 400) {
    add(
      'kill -9',
      `${total} of 400 events had their effect after a worker was killed in the middle`,
    );
  }

  // Told to stop in the middle: what it began it finishes, the rest stays for others.
  await redis.publish(events.map(event => event.replace('burst', 'drain')));
  trial.published += events.length;
  next.kill('SIGTERM');
  const code = await Promise.race([
    next.exited,
    sleep(12_000).then(() => 'still running'),
  ]);
  if (code !== 0) {
    add('SIGTERM', `in the middle of events ends with ${code}`);
  }
  const left = await redis.pending();
  if (left !== 0) {
    add('SIGTERM', `leaves ${left} events it had begun`);
  }
}

/** The broker goes and comes back. */
async function outlives(trial: Trial): Promise<void> {
  const { redis, add } = trial;
  const worker = await trial.start();
  if (!(await worker.ready())) {
    add('/readyz', 'is not ready with events waiting');
    return;
  }
  await redis.stop();
  if (
    !(await eventually(
      async () =>
        (await worker.status('/readyz')) === 503 &&
        (await worker.metric('worker_broker_connected')) === 0,
      10,
      () => worker.over,
    ))
  ) {
    add('broker lost', 'is neither unready nor says so in its metrics');
  }
  if ((await worker.status('/healthz')) !== 200) {
    add('broker lost', '/healthz fails; restarting is no cure for that');
  }
  await redis.start();
  await redis.publish([order('back', 'zoe', 3)]);
  const goesOn = await eventually(
    async () => (await redis.total('zoe')) === 3,
    15,
    () => worker.over,
  );
  if (!goesOn) {
    add('broker back', 'the worker does not go on');
  }
  // What the drained one left, and what was on its way when the broker went.
  const whole = await eventually(
    async () => (await redis.total('bob')) === trial.published,
    CLAIM_AFTER_SECONDS + 12,
    () => worker.over,
  );
  if (!whole) {
    add(
      'SIGTERM',
      `${await redis.total('bob')} of ${
        trial.published
      } events had their effect after a drain and a lost broker`,
    );
  }
  worker.kill('SIGTERM');
  const code = await Promise.race([
    worker.exited,
    sleep(12_000).then(() => 'still running'),
  ]);
  if (code !== 0) {
    add('SIGTERM', `ends with ${code}`);
  }
}

/** A wrong environment is refused by name. */
async function refuses(trial: Trial): Promise<void> {
  const wrong = await trial.start({ REDIS_URL: 'nowhere' });
  const code = await Promise.race([wrong.exited, sleep(30_000)]);
  // 78 is EX_CONFIG: supervisors and runbooks tell a wrong configuration from a crash by it.
  if (code !== 78 || !wrong.log.includes('REDIS_URL')) {
    trial.add(
      'configuration',
      `an invalid REDIS_URL ends with ${code}; 78 and the variable's name are right`,
    );
  }
}

/** In their order; each can be tried alone, too. */
const PARTS: Readonly<Record<string, (trial: Trial) => Promise<void>>> = {
  works,
  survives,
  outlives,
  refuses,
};

/**
 * What a worker must do, tried on a real Redis: give every event one effect, however often it comes and whoever dies; make dead letters of
 * what cannot work; say how far behind it is; drain; outlive its broker; refuse a wrong environment by name. Speaks the words of the example
 * handler (`order.placed.v1`).
 */
export async function verifyWorker(
  artifact: string,
  rules: Rules,
  options: TrialOptions = {},
): Promise<Outcome> {
  for (const tool of ['redis-server', 'redis-cli']) {
    if (!(await which(tool))) {
      return { status: 'skipped', missing: tool };
    }
  }
  return tryOut('worker', options, async add => {
    const folder = await mkdtemp(join(tmpdir(), 'golden-path-worker-'));
    const redis = new Redis(await freePort(), folder);
    const workers: WorkerProcess[] = [];
    let wrong = false;
    const trial: Trial = {
      artifact,
      redis,
      rules,
      published: 0,
      add(where, message) {
        wrong = true;
        add(where, message);
      },
      async start(env = {}) {
        const worker = new WorkerProcess(artifact, await freePort(), {
          REDIS_URL: redis.url,
          CONSUMER_NAME: `consumer-${workers.length}`,
          ...env,
        });
        workers.push(worker);
        return worker;
      },
    };
    try {
      await redis.start();
      for (const [name, part] of Object.entries(PARTS)) {
        // What is wrong already would be wrong again, and slower.
        if (!wrong && (options.part ?? name) === name) {
          await part(trial);
        }
      }
    } finally {
      workers.forEach(worker => worker.kill('SIGKILL'));
      await Promise.all(workers.map(worker => worker.exited));
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
}
