import {
  createServer,
  IncomingMessage,
  Server,
  ServerResponse,
} from 'node:http';
import { AddressInfo } from 'node:net';
import { mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { JsonObject, JsonValue } from '@backstage/types';
import { deriveServiceFacts } from '@pavedroad/plugin-dora-common';
import {
  ApiClient,
  BackfillProgress,
  RawDeliveryEvent,
} from '@pavedroad/plugin-dora-node';
import * as payloads from './__fixtures__/payloads';
import { GithubSource } from './GithubSource';
import { readGithubOptions } from './options';

const { sha } = payloads;
const REPO = '/repos/Juniper-Pantry/till';
/** Items on a page of the server, whatever is asked for. */
const PAGE = 2;

/** What the server has, by path without query. */
function contents(): Record<string, JsonValue> {
  const commits = ['c5', 'c4', 'c3', 'c2', 'c1'].map((id, index, all) =>
    payloads.apiCommit(
      id,
      index + 1 < all.length ? [all[index + 1]] : [],
      `2026-05-04T0${9 - index}:00:00Z`,
    ),
  );
  const pulls = [43, 42, 41, 7].map(number =>
    payloads.pullObject({
      number,
      merged_at: number === 42 ? null : '2026-05-04T09:00:01Z',
      updated_at:
        number === 7 ? '2025-12-01T00:00:00Z' : '2026-05-04T09:00:02Z',
      merge_commit_sha: sha('c3'),
    }),
  );
  const deployments = [3, 2, 1].map(id => payloads.deploymentObject({ id }));
  const status = (id: number, state: string) =>
    payloads.deploymentStatus(state, { id }).deployment_status as JsonObject;
  const pullParts = Object.fromEntries(
    [41, 43].flatMap(number => [
      [
        `${REPO}/pulls/${number}/commits`,
        [
          payloads.apiCommit('b1', ['c1'], '2026-05-02T12:00:00Z'),
          payloads.apiCommit('b2', ['b1'], '2026-05-02T14:00:00Z'),
          payloads.apiCommit('b3', ['b2'], '2026-05-02T15:00:00Z'),
        ],
      ],
      [
        `${REPO}/pulls/${number}/reviews`,
        [{ id: 1, state: 'APPROVED', submitted_at: '2026-05-03T08:00:00Z' }],
      ],
    ]),
  );
  return {
    [REPO]: payloads.repository(),
    [`${REPO}/commits`]: commits,
    [`${REPO}/commits/${sha('c3')}`]: payloads.apiCommit(
      'c3',
      ['c2'],
      '2026-05-04T09:00:00Z',
      { files: [{ filename: 'services/api/index.ts' }] },
    ),
    [`${REPO}/compare/${sha('c1')}...${sha('c3')}`]: {
      status: 'ahead',
      commits: [commits[3], commits[2]],
    },
    [`${REPO}/pulls`]: pulls,
    ...pullParts,
    [`${REPO}/actions/runs`]: {
      total_count: 3,
      workflow_runs: [3, 2, 1].map(id =>
        payloads.runObject({
          id,
          status: id === 3 ? 'in_progress' : 'completed',
        }),
      ),
    },
    [`${REPO}/deployments`]: deployments,
    [`${REPO}/deployments/3/statuses`]: [
      status(33, 'inactive'),
      status(32, 'success'),
      status(31, 'in_progress'),
    ],
    [`${REPO}/deployments/2/statuses`]: [status(21, 'failure')],
    [`${REPO}/deployments/1/statuses`]: [],
    [`${REPO}/releases`]: [payloads.release('published').release as JsonObject],
    [`${REPO}/commits/tags%2Fv3.4.0`]: payloads.apiCommit(
      'c3',
      ['c2'],
      '2026-05-04T09:00:00Z',
    ),
    [`${REPO}/issues`]: [
      payloads.issueObject({ number: 12 }),
      payloads.issueObject({ number: 41, pull_request: { url: 'x' } }),
      payloads.issueObject({ number: 13, labels: [] }),
    ],
    [`${REPO}/issues/12/events`]: [
      { id: 1, event: 'labeled', created_at: '2026-05-04T10:00:01Z' },
      { id: 2, event: 'closed', created_at: '2026-05-04T12:00:00Z' },
    ],
  };
}

/** A server that pages as GitHub does and lets a test get in the way. */
class FakeGithub {
  readonly asked: string[] = [];
  /** Answers instead of the contents, when it answers true. */
  interfere: (path: string, res: ServerResponse) => boolean = () => false;
  readonly contents = contents();
  private readonly server: Server;

  constructor() {
    this.server = createServer((req, res) => this.answer(req, res));
  }

  async start(): Promise<string> {
    await new Promise<void>(resolve => {
      this.server.listen(0, '127.0.0.1', () => resolve());
    });
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => {
      this.server.close(resolve);
    });
  }

  private answer(req: IncomingMessage, res: ServerResponse): void {
    const url = new URL(req.url ?? '/', this.url);
    this.asked.push(`${url.pathname}${url.search}`);
    if (req.headers.authorization !== 'Bearer t0ken') {
      res.writeHead(401).end('{}');
      return;
    }
    if (this.interfere(url.pathname, res)) {
      return;
    }
    const content = this.contents[url.pathname];
    if (content === undefined) {
      res.writeHead(404).end('{"message":"Not Found"}');
      return;
    }
    const list = Array.isArray(content)
      ? content
      : ((content as JsonObject).workflow_runs as JsonValue[] | undefined);
    if (!list) {
      res.writeHead(200).end(JSON.stringify(content));
      return;
    }
    const page = Number(url.searchParams.get('page') ?? '1');
    const chosen = list.filter(item => isAskedFor(item as JsonObject, url));
    const items = chosen.slice((page - 1) * PAGE, page * PAGE);
    const link = (to: number, rel: string) => {
      const other = new URL(url);
      other.searchParams.set('page', String(to));
      return `<${other}>; rel="${rel}"`;
    };
    res
      .writeHead(200, {
        ...(page * PAGE < chosen.length && {
          link: [
            link(page + 1, 'next'),
            link(Math.ceil(chosen.length / PAGE), 'last'),
          ].join(', '),
        }),
      })
      .end(
        JSON.stringify(
          Array.isArray(content)
            ? items
            : { ...(content as JsonObject), workflow_runs: items },
        ),
      );
  }
}

/** As GitHub narrows the listing of issues. */
function isAskedFor(item: JsonObject, { pathname, searchParams }: URL) {
  const labels = searchParams.get('labels');
  const since = searchParams.get('since');
  return (
    !pathname.endsWith('/issues') ||
    ((labels === null ||
      (item.labels as JsonObject[]).some(({ name }) => name === labels)) &&
      (since === null ||
        Date.parse(String(item.updated_at)) >= Date.parse(since)))
  );
}

const START = Date.parse('2026-05-05T00:00:00Z');

/** The source with the server, an inbox that knows duplicates, and a clock that waits at once. */
async function running(github: FakeGithub, config: JsonObject = {}) {
  let clock = START;
  const waits: number[] = [];
  const inbox = new Map<string, RawDeliveryEvent>();
  const states = new Map<string, JsonValue>();
  let duplicates = 0;
  const events = mockServices.events();
  const source = GithubSource.create({
    options: readGithubOptions(
      new ConfigReader({
        dora: {
          github: {
            webhookSecrets: ['s'],
            releases: {},
            backfill: { enabled: true, since: '2026-01-01' },
            ...config,
          },
        },
      }),
    ),
    accessFor: async () => ({
      apiBaseUrl: github.url,
      webBaseUrl: 'https://github.com',
      client: ApiClient.create({
        headers: async () => ({ authorization: 'Bearer t0ken' }),
        now: () => clock,
        sleep: async milliseconds => {
          waits.push(milliseconds);
          clock += milliseconds;
        },
      }),
    }),
    repositories: async () => [
      { slug: 'Juniper-Pantry/till', host: 'github.com', monorepo: false },
    ],
    events,
    logger: mockServices.logger.mock(),
    now: () => clock,
  });
  await source.connect(
    {
      async submit(batch) {
        return batch.map(event => {
          const key = `${event.source} ${event.id}`;
          duplicates += inbox.has(key) ? 1 : 0;
          inbox.set(key, inbox.get(key) ?? event);
          // As the inbox does, which keeps nothing that cannot be read.
          const { outcome } = source.normalise(event);
          return { status: outcome };
        });
      },
    },
    {
      get: async name => states.get(name),
      set: async (name, value) => {
        states.set(name, JSON.parse(JSON.stringify(value)));
      },
    },
  );
  return {
    source,
    events,
    waits,
    inbox,
    duplicates: () => duplicates,
    states,
    progress: () =>
      states.get(
        'backfill github.com juniper-pantry/till',
      ) as unknown as BackfillProgress,
    pass: (milliseconds: number) => {
      clock += milliseconds;
    },
    facts: () =>
      [...inbox.values()].flatMap(event => {
        const result = source.normalise(event);
        return result.outcome === 'accepted' ? result.events : [];
      }),
  };
}

describe('the backfill of GitHub', () => {
  let github: FakeGithub;
  beforeEach(async () => {
    github = new FakeGithub();
    await github.start();
  });
  afterEach(() => github.stop());

  it('reads every page of everything', async () => {
    const portal = await running(github);
    await portal.source.backfill();
    const facts = portal.facts();
    const count = (type: string) =>
      facts.filter(fact => fact.type === type).length;

    expect(
      facts.flatMap(fact =>
        fact.type === 'commits' ? fact.commits.map(({ id }) => id) : [],
      ),
    ).toEqual(['c5', 'c4', 'c3', 'c2', 'c1'].map(sha));
    // Merged ones, and not those from before the beginning.
    expect(facts.filter(({ type }) => type === 'pull_request')).toMatchObject([
      { number: 43, mergeMethod: 'squash' },
      { number: 41, commits: [{}, {}, {}], approvedAt: expect.anything() },
    ]);
    expect(count('build')).toBe(2);
    expect(
      facts.flatMap(fact =>
        fact.type === 'deployment'
          ? [`${fact.deploymentId} ${fact.status}`]
          : [],
      ),
    ).toEqual([
      'github:3 pending',
      'github:3 inactive',
      'github:3 succeeded',
      'github:3 running',
      'github:2 pending',
      'github:2 failed',
      'github:1 pending',
      'github:release:219004511 succeeded',
    ]);
    expect(facts.filter(({ type }) => type === 'incident')).toMatchObject([
      { incidentId: 'github:juniper-pantry/till#12', action: 'opened' },
      { action: 'updated' },
      { action: 'resolved' },
    ]);
    expect(portal.progress()).toMatchObject({
      repository: 'Juniper-Pantry/till',
      since: '2026-01-01T00:00:00.000Z',
      completedAt: '2026-05-05T00:00:00.000Z',
    });
    expect(portal.progress()).not.toHaveProperty('step');
  });

  it('goes on after what cannot be read, and counts it', async () => {
    github.contents[`${REPO}/deployments/2/statuses`] = [
      { id: 22, state: 'success', created_at: 'yesterday' },
    ];
    const portal = await running(github);
    await portal.source.backfill();
    expect(portal.progress()).toMatchObject({
      rejected: 1,
      completedAt: expect.any(String),
    });
  });

  it('makes of what came by webhook already the same facts', async () => {
    const portal = await running(github);
    await portal.source.backfill();
    const webhook = payloads.deploymentStatus('success', { id: 32 }, { id: 3 });
    const [raw] = portal.source.webhook.receive({
      headers: {
        'x-github-event': 'deployment_status',
        'x-github-delivery': 'd',
      },
      body: Buffer.from(JSON.stringify(webhook)),
      receivedAt: '2026-05-04T09:15:00Z',
    });
    const result = portal.source.normalise(raw);
    expect(portal.facts()).toEqual(
      expect.arrayContaining<unknown>(
        'events' in result ? result.events : ['none'],
      ),
    );
  });

  it.each<[string, (res: ServerResponse) => void, number]>([
    [
      'the primary limit',
      res =>
        res
          .writeHead(403, {
            'x-ratelimit-limit': '5000',
            'x-ratelimit-remaining': '0',
            'x-ratelimit-reset': String(START / 1_000 + 300),
          })
          .end('{"message":"API rate limit exceeded for installation"}'),
      301_000,
    ],
    [
      'a secondary limit that says how long',
      res => res.writeHead(429, { 'retry-after': '47' }).end('{}'),
      47_000,
    ],
    [
      'a secondary limit that does not',
      res =>
        res
          .writeHead(403, { 'x-ratelimit-remaining': '4000' })
          .end('{"message":"You have exceeded a secondary rate limit"}'),
      60_000,
    ],
    ['a passing fault', res => res.writeHead(502).end('<html>'), 1_000],
    ['a broken connection', res => res.destroy(), 1_000],
  ])('waits out %s', async (_, refuse, wait) => {
    let refused = false;
    github.interfere = (path, res) => {
      if (path === `${REPO}/pulls/43/reviews` && !refused) {
        refused = true;
        refuse(res);
        return true;
      }
      return false;
    };
    const portal = await running(github);
    await portal.source.backfill();
    expect(portal.waits).toEqual([wait]);
    expect(portal.progress().completedAt).toBeDefined();
    expect(portal.facts().filter(f => f.type === 'pull_request')).toHaveLength(
      2,
    );
  });

  it('leaves a tenth of the budget to others', async () => {
    github.interfere = (path, res) => {
      if (path === `${REPO}/releases`) {
        res.setHeader('x-ratelimit-limit', '100');
        res.setHeader('x-ratelimit-remaining', '10');
        res.setHeader('x-ratelimit-reset', String(START / 1_000 + 60));
      }
      return false;
    };
    const portal = await running(github);
    await portal.source.backfill();
    expect(portal.waits).toEqual([61_000]);
  });

  it('stops in the middle and goes on from there', async () => {
    let broken = true;
    github.interfere = (path, res) => {
      if (broken && path === `${REPO}/deployments/1/statuses`) {
        res.writeHead(500).end();
        return true;
      }
      return false;
    };
    const portal = await running(github);
    await portal.source.backfill();
    expect(portal.progress()).toMatchObject({
      step: 'deployments',
      cursor: expect.stringContaining('page=2'),
      problem: expect.stringContaining('500'),
    });
    expect(portal.progress()).not.toHaveProperty('completedAt');
    const before = portal.inbox.size;

    broken = false;
    github.asked.length = 0;
    await portal.source.backfill();
    expect(github.asked[1]).toMatch(/\/deployments\?.*page=2/);
    expect(github.asked.join()).not.toContain('/pulls');
    expect(portal.duplicates()).toBe(0);
    expect(portal.inbox.size).toBeGreaterThan(before);
    expect(portal.progress().completedAt).toBeDefined();
    expect(portal.progress()).not.toHaveProperty('problem');
    expect(portal.facts().filter(f => f.type === 'deployment')).toHaveLength(8);
  });

  it('gives up a limit that lasts too long until the next run', async () => {
    let limited = true;
    github.interfere = (path, res) => {
      if (limited && path === `${REPO}/issues`) {
        res
          .writeHead(403, {
            'x-ratelimit-remaining': '0',
            'x-ratelimit-reset': String(START / 1_000 + 3_600),
          })
          .end();
        return true;
      }
      return false;
    };
    const portal = await running(github);
    await portal.source.backfill();
    expect(portal.waits).toEqual([]);
    expect(portal.progress()).toMatchObject({
      step: 'incidents',
      problem: expect.stringContaining('2026-05-05T01:00:01'),
    });
    limited = false;
    await portal.source.backfill();
    expect(portal.progress().completedAt).toBeDefined();
  });

  it('reads afterwards only what changed', async () => {
    const portal = await running(github);
    await portal.source.backfill();
    github.asked.length = 0;
    portal.pass(6 * 3_600_000);
    await portal.source.backfill();
    expect(github.asked).toContainEqual(
      expect.stringContaining('since=2026-05-04T23%3A00%3A00.000Z'),
    );
    expect(github.asked.join()).not.toMatch(/pulls\/4[13]/);
    expect(portal.progress()).toMatchObject({
      since: '2026-01-01T00:00:00.000Z',
      startedAt: '2026-05-05T06:00:00.000Z',
    });
  });

  it('leaves out what it has no right to read', async () => {
    github.interfere = (path, res) => {
      if (path === `${REPO}/actions/runs`) {
        res
          .writeHead(403, { 'x-ratelimit-remaining': '4000' })
          .end('{"message":"Resource not accessible by integration"}');
        return true;
      }
      return false;
    };
    const portal = await running(github);
    await portal.source.backfill();
    expect(portal.progress().completedAt).toBeDefined();
    expect(portal.facts().some(({ type }) => type === 'build')).toBe(false);
  });

  it('never follows a page to another origin', async () => {
    let elsewhere = 0;
    const other = createServer((_req, res) => {
      elsewhere += 1;
      res.end('[]');
    });
    await new Promise<void>(resolve => {
      other.listen(0, '127.0.0.1', () => resolve());
    });
    const { port } = other.address() as AddressInfo;
    github.interfere = (path, res) => {
      if (path === `${REPO}/commits`) {
        res
          .writeHead(200, {
            link: `<http://127.0.0.1:${port}/steal>; rel="next"`,
          })
          .end('[]');
        return true;
      }
      if (path === `${REPO}/releases`) {
        res
          .writeHead(302, { location: `http://127.0.0.1:${port}/steal` })
          .end();
        return true;
      }
      return false;
    };
    const portal = await running(github);
    await portal.source.backfill();
    await new Promise(resolve => {
      other.close(resolve);
    });
    expect(elsewhere).toBe(0);
  });

  it('asks after a webhook for what it leaves out', async () => {
    const portal = await running(github);
    const deliver = (data: JsonObject) =>
      portal.events.publish({
        topic: portal.source.webhook.topic ?? '',
        eventPayload: data,
      });
    const two = payloads.pushedCommit('c3', '2026-05-04T11:59:58+02:00');
    await deliver(
      payloads.push(
        [payloads.pushedCommit('c2', '2026-05-04T10:59:58+02:00'), two],
        { forced: true },
      ),
    );
    await deliver(payloads.pullRequest('closed'));
    await deliver(payloads.pullRequest('opened', payloads.OPEN));
    await deliver(payloads.issue('closed'));
    await deliver(payloads.release('published'));
    await deliver(payloads.deploymentStatus('success'));
    expect(portal.facts()).toMatchObject([
      {
        type: 'commits',
        commits: [
          {
            id: sha('c2'),
            parents: [sha('c1')],
            paths: ['src/old.ts', 'src/total.ts'],
          },
          { id: sha('c3'), parents: [sha('c2')] },
        ],
      },
      { type: 'pull_request', number: 41, mergeMethod: 'squash' },
      { type: 'incident', action: 'opened' },
      { type: 'incident', action: 'updated' },
      { type: 'incident', action: 'resolved' },
      { type: 'deployment', revision: sha('c3') },
    ]);

    // And the backfill knows what was asked for.
    const before = portal.inbox.size;
    await portal.source.backfill();
    expect(portal.inbox.size).toBeGreaterThan(before);
    expect(portal.duplicates()).toBeGreaterThan(0);
  });
});

describe('incidents that the backfill of GitHub knows', () => {
  const ISSUES = `${REPO}/issues`;
  const LEDGER = '/repos/Juniper-Pantry/ledger';
  const KNOWN = 'incidents github.com juniper-pantry/till';
  const LATER = '2026-05-05T03:00:00Z';
  const HERE = 'github:juniper-pantry/till#12';

  let github: FakeGithub;
  beforeEach(async () => {
    github = new FakeGithub();
    github.contents[ISSUES] = [payloads.issueObject({ number: 12 })];
    await github.start();
  });
  afterEach(() => github.stop());

  const incidents = (portal: Awaited<ReturnType<typeof running>>) =>
    deriveServiceFacts({
      serviceRef: 'component:default/till',
      events: portal.facts(),
    }).incidents.map(({ id }) => id);
  /** They are listed, and can be asked for their history. */
  const are = (...numbers: number[]) => {
    github.contents[ISSUES] = numbers.map(number =>
      payloads.issueObject({ number }),
    );
    for (const number of numbers) {
      github.contents[`${ISSUES}/${number}/events`] ??= [];
    }
  };

  /** What is known of incidents after a round, and after another one six hours later. */
  async function twoRounds(between: () => void, config?: JsonObject) {
    const portal = await running(github, config);
    await portal.source.backfill();
    const before = incidents(portal);
    between();
    github.asked.length = 0;
    portal.pass(6 * 3_600_000);
    await portal.source.backfill();
    expect(portal.progress()).not.toHaveProperty('problem');
    return { portal, before, after: incidents(portal) };
  }

  const alone = (more: JsonObject) => {
    github.contents[ISSUES] = [];
    github.contents[`${ISSUES}/12`] = payloads.issueObject(more);
  };
  /** What the issue's own address leads to from now on. */
  const leadsTo = (status: number, location?: string) => {
    github.contents[ISSUES] = [];
    github.interfere = (path, res) => {
      if (path === `${ISSUES}/12`) {
        res
          .writeHead(status, location ? { location } : {})
          .end('{"message":"…"}');
        return true;
      }
      return false;
    };
  };
  const transferred = (labels: JsonObject[]) => {
    leadsTo(301, '/repositories/731002/issues/5');
    github.contents['/repositories/731002/issues/5'] = payloads.issueObject({
      number: 5,
      labels,
      updated_at: LATER,
      url: `https://api.github.com${LEDGER}/issues/5`,
      repository_url: `https://api.github.com${LEDGER}`,
    });
    github.contents[`${LEDGER}/issues/5/events`] = [
      { id: 9, event: 'transferred', created_at: LATER, commit_id: null },
      { id: 10, event: 'closed', created_at: LATER, commit_id: null },
    ];
  };

  it.each<[string, () => void, string[]]>([
    ['stay incidents', () => {}, [HERE]],
    [
      'are none without the label',
      () => alone({ labels: [payloads.label('payments')], updated_at: LATER }),
      [],
    ],
    [
      'are none when the label is deleted, which does not change them',
      () => alone({ labels: [] }),
      [],
    ],
    [
      'go on in the repository that they were transferred to',
      () => transferred([payloads.label('incident')]),
      ['github:juniper-pantry/ledger#5'],
    ],
    ['are none in one that does not have the label', () => transferred([]), []],
    ['are gone when transferred out of sight', () => leadsTo(404), []],
    ['are gone when deleted', () => leadsTo(410), []],
    [
      'are gone when they lead to another host',
      () => leadsTo(302, 'https://elsewhere.example/issues/5'),
      [],
    ],
    [
      'stay while the issues of the repository are switched off',
      () => {
        leadsTo(410);
        github.contents[REPO] = {
          ...payloads.repository(),
          has_issues: false,
        };
      },
      [HERE],
    ],
    ['stay when the law withholds them', () => leadsTo(451), [HERE]],
    [
      'stay when nobody may say what became of them',
      () => leadsTo(403),
      [HERE],
    ],
    [
      'stay when only the listing missed them',
      () => alone({ updated_at: LATER }),
      [HERE],
    ],
    [
      'stay in a repository that is called otherwise now',
      () => {
        github.contents[REPO] = {
          ...payloads.repository(),
          full_name: 'Juniper-Pantry/counter',
        };
        alone({
          repository_url: 'https://api.github.com/repos/Juniper-Pantry/counter',
        });
      },
      [HERE],
    ],
  ])('%s', async (_, between, expected) => {
    const { before, after } = await twoRounds(between);
    expect(before).toEqual([HERE]);
    expect(after).toEqual(expected);
  });

  it('take their beginning and end along', async () => {
    const { portal } = await twoRounds(() =>
      transferred([payloads.label('incident')]),
    );
    expect(
      portal
        .facts()
        .flatMap(fact =>
          fact.type === 'incident' && fact.incidentId.endsWith('ledger#5')
            ? [[fact.service?.repository, fact.action, fact.at]]
            : [],
        ),
    ).toEqual([
      ['juniper-pantry/ledger', 'opened', '2026-05-04T10:00:00.000Z'],
      ['juniper-pantry/ledger', 'updated', '2026-05-05T03:00:00.000Z'],
      ['juniper-pantry/ledger', 'resolved', '2026-05-05T03:00:00.000Z'],
    ]);
  });

  it('are of the service that they name last', async () => {
    const named = (body: string, updated_at: string) => {
      github.contents[ISSUES] = [payloads.issueObject({ body, updated_at })];
    };
    named('Service: component:default/till', '2026-05-04T10:00:00Z');
    const { portal } = await twoRounds(() =>
      named('Service: component:default/ledger', LATER),
    );
    const services = portal
      .facts()
      .filter(fact => fact.type === 'incident')
      .sort((a, b) => (a.at < b.at ? -1 : 1))
      .map(({ service }) => service?.entityRef);
    expect(services.at(0)).toBe('component:default/till');
    expect(services.at(-1)).toBe('component:default/ledger');
  });

  it('are incidents again with the label', async () => {
    const { portal, after } = await twoRounds(() =>
      alone({ labels: [], updated_at: LATER }),
    );
    expect(after).toEqual([]);
    expect(portal.states.get(KNOWN)).toEqual([]);
    github.contents[ISSUES] = [
      payloads.issueObject({ updated_at: '2026-05-05T08:00:00Z' }),
    ];
    portal.pass(6 * 3_600_000);
    await portal.source.backfill();
    expect(portal.states.get(KNOWN)).toEqual([12]);
    expect(incidents(portal)).toEqual([HERE]);
  });

  it('stay when the token is refused, which is a problem', async () => {
    const portal = await running(github);
    await portal.source.backfill();
    leadsTo(401);
    portal.pass(6 * 3_600_000);
    await portal.source.backfill();
    expect(incidents(portal)).toEqual([HERE]);
    expect(portal.states.get(KNOWN)).toEqual([12]);
    expect(portal.progress()).toMatchObject({
      step: 'former incidents',
      problem: expect.stringContaining('401'),
    });
  });

  it('are gone as often as they go', async () => {
    const { portal, after } = await twoRounds(() => leadsTo(404));
    expect(after).toEqual([]);
    github.contents[ISSUES] = [
      payloads.issueObject({ updated_at: '2026-05-05T08:00:00Z' }),
    ];
    portal.pass(6 * 3_600_000);
    await portal.source.backfill();
    expect(incidents(portal)).toEqual([HERE]);
    leadsTo(404);
    portal.pass(6 * 3_600_000);
    await portal.source.backfill();
    expect(incidents(portal)).toEqual([]);
  });

  it('are asked for only where some are known, and only those that are missed', async () => {
    github.contents[ISSUES] = [];
    const none = await twoRounds(() => {});
    expect(none.portal.states.get(KNOWN)).toEqual([]);
    expect(github.asked.filter(url => url.includes('issues'))).toHaveLength(1);

    are(14, 13, 12);
    const some = await twoRounds(() => are(14, 13));
    expect(github.asked.filter(url => /issues\/\d+$/.test(url))).toEqual([
      `${ISSUES}/12`,
    ]);
    expect(some.portal.states.get(KNOWN)).toEqual([13, 14]);
  });

  it('are listed by every label that makes an incident', async () => {
    github.contents[`${REPO}/labels`] = ['sev-1', 'bug', 'sev-2'].map(name =>
      payloads.label(name),
    );
    const labelled = (name: string) =>
      payloads.issueObject({ labels: [payloads.label(name)] });
    github.contents[ISSUES] = [labelled('sev-1')];
    const config = { incidents: { labels: ['sev-*'] } };
    const raised = await twoRounds(() => {
      github.contents[ISSUES] = [labelled('sev-2')];
    }, config);
    expect(raised.after).toEqual([HERE]);
    const lost = await twoRounds(() => {
      github.contents[ISSUES] = [];
      github.contents[`${ISSUES}/12`] = labelled('bug');
    }, config);
    expect(lost.before).toEqual([HERE]);
    expect(lost.after).toEqual([]);
  });

  it('are listed by every label, however many there are', async () => {
    github.contents[`${REPO}/labels`] = [
      ...Array.from({ length: 200 }, (_, index) => `area-${index}`),
      'sev-1',
    ].map(name => payloads.label(name));
    github.contents[ISSUES] = [
      payloads.issueObject({ labels: [payloads.label('sev-1')] }),
    ];
    const portal = await running(github, { incidents: { labels: ['sev-*'] } });
    await portal.source.backfill();
    expect(portal.states.get(KNOWN)).toEqual([12]);
  });

  it('are all remembered when the first listing of them fails', async () => {
    const portal = await running(github);
    await portal.source.backfill();
    portal.states.delete(KNOWN);
    portal.pass(6 * 3_600_000);
    let refused = false;
    github.interfere = (path, res) => {
      // Not the listing of what changed.
      if (path === ISSUES && !github.asked.at(-1)?.includes('since=')) {
        refused = true;
        res.writeHead(401).end('{}');
        return true;
      }
      return false;
    };
    await portal.source.backfill();
    expect(refused).toBe(true);
    expect(portal.progress().problem).toContain('401');
    github.interfere = () => false;
    await portal.source.backfill();
    expect(portal.states.get(KNOWN)).toEqual([12]);
  });

  it('are remembered from now on where earlier versions read them', async () => {
    const portal = await running(github);
    await portal.source.backfill();
    portal.states.delete(KNOWN);
    portal.pass(6 * 3_600_000);
    await portal.source.backfill();
    expect(portal.states.get(KNOWN)).toEqual([12]);
  });

  it('are all found, also when a run is cut off in the middle', async () => {
    const numbers = Array.from({ length: 45 }, (_, index) => index + 100);
    are(...numbers);
    const portal = await running(github);
    await portal.source.backfill();
    expect(portal.states.get(KNOWN)).toEqual(numbers);
    github.contents[ISSUES] = [];
    github.interfere = (path, res) => {
      if (path === `${ISSUES}/130`) {
        res
          .writeHead(403, {
            'x-ratelimit-remaining': '0',
            'x-ratelimit-reset': String(START / 1_000 + 90_000),
          })
          .end();
        return true;
      }
      return false;
    };
    portal.pass(6 * 3_600_000);
    await portal.source.backfill();
    expect(portal.progress()).toMatchObject({
      step: 'former incidents',
      cursor: '119',
      problem: expect.stringContaining('rate limit'),
    });
    expect(portal.states.get(KNOWN)).toEqual(numbers.slice(20));

    github.interfere = () => false;
    github.asked.length = 0;
    await portal.source.backfill();
    expect(github.asked.join()).not.toContain('issues/119');
    expect(portal.states.get(KNOWN)).toEqual([]);
    expect(
      portal
        .facts()
        .filter(
          fact => fact.type === 'incident' && fact.action === 'dismissed',
        ),
    ).toHaveLength(45);
  });
});
