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
import { GitlabSource } from './GitlabSource';
import { readGitlabOptions } from './options';

const { sha } = payloads;
const PROJECT = `/projects/${encodeURIComponent(payloads.SLUG)}`;
/** Items on a page of the server, whatever is asked for. */
const PAGE = 2;
const START = Date.parse('2026-05-05T00:00:00Z');

/** The project as a token of some role sees it. */
function project(permissions: JsonObject, more: JsonObject = {}): JsonObject {
  return {
    id: 5_120_077,
    default_branch: 'main',
    issues_enabled: true,
    issues_access_level: 'enabled',
    permissions: { project_access: null, group_access: null, ...permissions },
    ...more,
  };
}

/** What the server has, by path without query. */
function contents(): Record<string, JsonValue> {
  const commits = ['c3', 'c2', 'c1'].map((id, index, all) =>
    payloads.apiCommit(
      id,
      index + 1 < all.length ? [all[index + 1]] : [],
      `2026-05-04T0${9 - index}:00:00.000Z`,
    ),
  );
  const deployment = (id: number, status: string): JsonObject => ({
    id,
    iid: id,
    ref: 'main',
    sha: sha('c3'),
    created_at: '2026-05-04T09:10:00.000Z',
    updated_at: '2026-05-04T09:15:00.000Z',
    status,
    user: payloads.user,
    environment: { id: 4, name: 'roads', slug: 'roads', external_url: null },
    deployable: {
      id: 9,
      status,
      started_at: '2026-05-04T09:10:05.000Z',
      finished_at: '2026-05-04T09:14:31.000Z',
      web_url: 'https://gitlab.com/Juniper/fleet/van/-/jobs/9',
      user: payloads.user,
    },
  });
  return {
    [PROJECT]: project({ project_access: { access_level: 20 } }),
    [`${PROJECT}/labels`]: ['incident', 'feature'].map((name, id) => ({
      id,
      name,
    })),
    [`${PROJECT}/repository/commits`]: commits,
    [`${PROJECT}/repository/commits/${sha('c3')}`]: payloads.apiCommit(
      'c3',
      ['c1', 'b2'],
      '2026-05-04T09:00:01.000Z',
    ),
    ...Object.fromEntries(
      ['c1', 'c2', 'c3'].map(id => [
        `${PROJECT}/repository/commits/${sha(id)}/diff`,
        [
          { old_path: `${id}/a`, new_path: `${id}/b` },
          { old_path: 'x', new_path: 'x' },
          { old_path: 'y', new_path: 'y' },
        ],
      ]),
    ),
    [`${PROJECT}/repository/compare`]: {
      commits: [commits[1], commits[0]],
    },
    [`${PROJECT}/merge_requests`]: [43, 42, 41].map(iid =>
      payloads.apiMergeRequest({ iid }),
    ),
    [`${PROJECT}/merge_requests/41`]: payloads.apiMergeRequest(),
    ...Object.fromEntries(
      [41, 42, 43].flatMap(iid => [
        [
          `${PROJECT}/merge_requests/${iid}/commits`,
          [
            payloads.apiCommit('b2', ['b1'], '2026-05-02T14:00:00.000Z'),
            payloads.apiCommit('b1', ['c1'], '2026-05-02T12:00:00.000Z'),
          ],
        ],
        [
          `${PROJECT}/merge_requests/${iid}/notes`,
          [
            {
              id: 1,
              system: true,
              body: 'approved this merge request',
              created_at: '2026-05-03T08:00:00.000Z',
            },
          ],
        ],
      ]),
    ),
    [`${PROJECT}/pipelines`]: [
      { id: 3, sha: sha('c3'), ref: 'main', source: 'push' },
      { id: 2, sha: sha('b2'), ref: 'round', source: 'merge_request_event' },
    ],
    [`${PROJECT}/pipelines/3/jobs`]: [payloads.build('image', 'build')],
    [`${PROJECT}/deployments`]: [
      deployment(3, 'success'),
      deployment(2, 'failed'),
      deployment(1, 'running'),
    ],
    [`${PROJECT}/environments`]: [
      { id: 4, name: 'roads', tier: 'production' },
      { id: 5, name: 'lab', tier: 'testing' },
    ],
    [`${PROJECT}/releases`]: [
      {
        tag_name: 'v3',
        released_at: '2026-05-04T09:30:00.000Z',
        commit: { id: sha('c3') },
        _links: { self: 'https://gitlab.com/r' },
      },
      {
        tag_name: 'v2',
        released_at: '2025-05-04T09:30:00.000Z',
        commit: { id: sha('a1') },
        _links: {},
      },
    ],
    [`${PROJECT}/issues`]: [
      {
        iid: 12,
        title: 'Vans',
        issue_type: 'incident',
        labels: [],
        created_at: '2026-05-04T10:00:00.000Z',
        updated_at: '2026-05-04T12:00:00.000Z',
        closed_at: '2026-05-04T12:00:00.000Z',
        web_url: 'https://gitlab.com/i',
      },
      { iid: 13, issue_type: 'issue', labels: ['feature'] },
    ],
    [`${PROJECT}/issues/12/resource_state_events`]: [
      { id: 1, state: 'closed', created_at: '2026-05-04T12:00:00.000Z' },
    ],
  };
}

/** A server that pages as GitLab does and lets a test get in the way. */
class FakeGitlab {
  readonly asked: string[] = [];
  interfere: (path: string, res: ServerResponse) => boolean = () => false;
  readonly contents = contents();
  private readonly server: Server = createServer((req, res) =>
    this.answer(req, res),
  );

  async start(): Promise<void> {
    await new Promise<void>(resolve => {
      this.server.listen(0, '127.0.0.1', () => resolve());
    });
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
    if (this.interfere(url.pathname, res)) {
      return;
    }
    const content = this.contents[url.pathname];
    if (content === undefined) {
      res.writeHead(404).end('{"message":"404 Not Found"}');
      return;
    }
    if (!Array.isArray(content)) {
      res.end(JSON.stringify(content));
      return;
    }
    const chosen = content.filter(item => isAskedFor(item as JsonObject, url));
    // Keyset paging: the place is an opaque cursor.
    const at = Number(
      Buffer.from(url.searchParams.get('cursor') ?? '', 'base64').toString() ||
        0,
    );
    const end = at + PAGE;
    if (end < chosen.length) {
      const next = new URL(url);
      next.searchParams.set(
        'cursor',
        Buffer.from(String(end)).toString('base64'),
      );
      res.setHeader('link', `<${next}>; rel="next"`);
    }
    res.end(JSON.stringify(chosen.slice(at, end)));
  }
}

/** As GitLab narrows the listing of issues. */
function isAskedFor(item: JsonObject, { pathname, searchParams }: URL) {
  const [type, label, after] = ['issue_type', 'labels', 'updated_after'].map(
    name => searchParams.get(name),
  );
  return (
    !pathname.endsWith('/issues') ||
    ((type === null || item.issue_type === type) &&
      (label === null || (item.labels as JsonValue[]).includes(label)) &&
      (after === null ||
        item.updated_at === undefined ||
        Date.parse(String(item.updated_at)) > Date.parse(after)))
  );
}

async function running(
  gitlab: FakeGitlab,
  options: { monorepo?: boolean } = {},
) {
  let clock = START;
  const waits: number[] = [];
  const inbox = new Map<string, RawDeliveryEvent>();
  const states = new Map<string, JsonValue>();
  const events = mockServices.events();
  const source = GitlabSource.create({
    options: readGitlabOptions(
      new ConfigReader({
        dora: {
          gitlab: {
            webhookSecrets: ['s'],
            releases: {},
            backfill: { enabled: true, since: '2026-01-01' },
          },
        },
      }),
    ),
    accessFor: async () => ({
      apiBaseUrl: gitlab.url,
      webBaseUrl: 'https://gitlab.com',
      client: ApiClient.create({
        headers: async () => ({}),
        now: () => clock,
        sleep: async milliseconds => {
          waits.push(milliseconds);
          clock += milliseconds;
        },
      }),
    }),
    repositories: async () => [
      {
        slug: payloads.SLUG,
        host: 'gitlab.com',
        monorepo: options.monorepo ?? false,
      },
    ],
    events,
    logger: mockServices.logger.mock(),
    now: () => clock,
  });
  await source.connect(
    {
      async submit(batch) {
        return batch.map(event => {
          inbox.set(event.id, inbox.get(event.id) ?? event);
          return { status: 'accepted' as const };
        });
      },
    },
    {
      get: async name => states.get(name),
      set: async (name, value) => {
        states.set(name, value);
      },
    },
  );
  return {
    source,
    events,
    waits,
    inbox,
    states,
    pass: (milliseconds: number) => {
      clock += milliseconds;
    },
    progress: () =>
      states.get(
        'backfill gitlab.com juniper/fleet/van',
      ) as unknown as BackfillProgress,
    facts: () =>
      [...inbox.values()].flatMap(event => {
        const result = source.normalise(event);
        return result.outcome === 'accepted' ? result.events : [];
      }),
  };
}

describe('the backfill of GitLab', () => {
  let gitlab: FakeGitlab;
  beforeEach(async () => {
    gitlab = new FakeGitlab();
    await gitlab.start();
  });
  afterEach(() => gitlab.stop());

  const summary = (facts: Awaited<ReturnType<typeof running>>) =>
    facts.facts().map(fact => {
      switch (fact.type) {
        case 'commits':
          return `commits ${fact.commits
            .map(({ id }) => id.slice(0, 2))
            .join(' ')}`;
        case 'pull_request':
          return `merge request ${fact.number} ${fact.mergeMethod} ${fact.approvedAt} ${fact.commits?.length}`;
        case 'deployment':
          return `deployment ${fact.deploymentId} ${fact.status} ${fact.tier}`;
        case 'incident':
          return `incident ${fact.action}`;
        default:
          return fact.type;
      }
    });
  const EVERYTHING = [
    'commits c3 c2',
    'commits c1',
    ...[43, 42, 41].map(
      iid => `merge request ${iid} merge 2026-05-03T08:00:00.000Z 2`,
    ),
    'build',
    'deployment gitlab:3 succeeded production',
    'deployment gitlab:2 failed production',
    'deployment gitlab:1 running production',
    'deployment gitlab:release:v3 succeeded undefined',
    'incident opened',
    'incident updated',
    'incident resolved',
  ];

  it('reads every page of everything', async () => {
    const portal = await running(gitlab);
    await portal.source.backfill();
    expect(summary(portal)).toEqual(EVERYTHING);
    expect(portal.progress().completedAt).toBeDefined();
    expect(gitlab.asked.join()).not.toContain('/diff');
  });

  it('asks what commits touch where services share a project', async () => {
    const portal = await running(gitlab, { monorepo: true });
    await portal.source.backfill();
    const [first] = portal.facts();
    expect(first).toMatchObject({
      commits: [
        { paths: ['c3/a', 'c3/b', 'x', 'y'] },
        { paths: ['c2/a', 'c2/b', 'x', 'y'] },
      ],
    });
  });

  it.each<[string, number, Record<string, string>, number]>([
    ['how long', 429, { 'retry-after': '30' }, 30_000],
    [
      'until when',
      429,
      {
        'ratelimit-limit': '600',
        'ratelimit-remaining': '0',
        'ratelimit-reset': String(START / 1_000 + 90),
      },
      91_000,
    ],
    ['nothing', 429, {}, 60_000],
    ['that it is away', 503, { 'retry-after': '5' }, 5_000],
  ])('waits when a refusal says %s', async (_, status, headers, wait) => {
    let refused = false;
    gitlab.interfere = (path, res) => {
      if (path.endsWith('/merge_requests/42/notes') && !refused) {
        refused = true;
        res.writeHead(status, headers).end('Retry later');
        return true;
      }
      return false;
    };
    const portal = await running(gitlab);
    await portal.source.backfill();
    expect(portal.waits).toEqual([wait]);
    expect(summary(portal)).toEqual(EVERYTHING);
  });

  it('stops in the middle and goes on from there', async () => {
    let broken = true;
    gitlab.interfere = (path, res) => {
      if (broken && path.endsWith('/merge_requests/41/commits')) {
        res.destroy();
        return true;
      }
      return false;
    };
    const portal = await running(gitlab);
    await portal.source.backfill();
    expect(portal.progress()).toMatchObject({
      step: 'merge requests',
      cursor: expect.stringContaining('cursor='),
      problem: expect.any(String),
    });
    broken = false;
    gitlab.asked.length = 0;
    await portal.source.backfill();
    expect(gitlab.asked[1]).toMatch(/merge_requests\?.*cursor=/);
    expect(summary(portal)).toEqual(EVERYTHING);
    expect(portal.progress()).not.toHaveProperty('problem');
  });

  it('leaves out what it has no right to read', async () => {
    gitlab.interfere = (path, res) => {
      if (/\/(deployments|environments|issues)$/.test(path)) {
        res.writeHead(403).end('{"message":"403 Forbidden"}');
        return true;
      }
      return false;
    };
    const portal = await running(gitlab);
    await portal.source.backfill();
    expect(portal.progress().completedAt).toBeDefined();
    expect(summary(portal)).toEqual(
      EVERYTHING.filter(text => !/^(deployment gitlab:\d|incident)/.test(text)),
    );
  });

  it('asks after a webhook for what it leaves out', async () => {
    const portal = await running(gitlab);
    const deliver = (data: JsonObject) =>
      portal.events.publish({
        topic: portal.source.webhook.topic ?? '',
        eventPayload: data,
      });
    await deliver(
      payloads.push(
        [payloads.pushedCommit('c3', '2026-05-04T11:00:00+02:00')],
        { total_commits_count: 40 },
      ),
    );
    await deliver(payloads.mergeRequest('merge', payloads.MERGED));
    await deliver(payloads.mergeRequest('open'));
    await deliver(payloads.deployment('success'));
    expect(portal.facts()).toMatchObject([
      {
        type: 'commits',
        commits: [
          { id: sha('c2'), parents: [sha('c1')] },
          {
            id: sha('c3'),
            parents: [sha('c2')],
            paths: ['route.py', 'way.py'],
          },
        ],
      },
      { type: 'pull_request', number: 41, commits: [{}, {}] },
    ]);
  });
});

describe('incidents that the backfill of GitLab knows', () => {
  const ISSUES = `${PROJECT}/issues`;
  const LATER = '2026-05-05T03:00:00.000Z';
  const HERE = 'gitlab:juniper/fleet/van#12';
  const incident = (more: JsonObject = {}): JsonObject => ({
    id: 150_220_008,
    iid: 12,
    project_id: 5_120_077,
    title: 'Vans go round in circles',
    description: 'Since this morning.',
    state: 'opened',
    type: 'INCIDENT',
    issue_type: 'incident',
    labels: ['fleet'],
    author: payloads.user,
    assignees: [],
    created_at: '2026-05-04T10:00:00.000Z',
    updated_at: '2026-05-04T10:00:00.000Z',
    closed_at: null,
    closed_by: null,
    confidential: false,
    moved_to_id: null,
    severity: 'HIGH',
    web_url: 'https://gitlab.com/Juniper/fleet/van/-/issues/12',
    ...more,
  });
  /** It is listed where its fields say, and can be asked for. */
  const is = (gitlab: FakeGitlab, about: JsonObject) => {
    gitlab.contents[ISSUES] = [about];
    gitlab.contents[`${ISSUES}/12`] = about;
  };

  let gitlab: FakeGitlab;
  beforeEach(async () => {
    gitlab = new FakeGitlab();
    await gitlab.start();
  });
  afterEach(() => gitlab.stop());

  const PLAIN = { type: 'ISSUE', issue_type: 'issue' };
  const KNOWN = 'incidents gitlab.com juniper/fleet/van';
  /** It is not found any more, in a project that looks like this now. */
  const missing = (about: JsonObject) => (server: FakeGitlab) => {
    server.contents[ISSUES] = [];
    server.contents[PROJECT] = about;
  };
  const REPORTER = { access_level: 20, notification_level: 3 };
  const GUEST = { access_level: 10, notification_level: 3 };
  it.each<[string, JsonObject, (server: FakeGitlab) => void, string[]]>([
    ['stay incidents', {}, () => {}, [HERE]],
    [
      'are none of another type',
      {},
      server => is(server, incident({ ...PLAIN, updated_at: LATER })),
      [],
    ],
    [
      'stay incidents of another type with the label',
      {},
      server =>
        is(
          server,
          incident({ ...PLAIN, labels: ['incident'], updated_at: LATER }),
        ),
      [HERE],
    ],
    [
      'are none without the label',
      { ...PLAIN, labels: ['incident'] },
      server => is(server, incident({ ...PLAIN, updated_at: LATER })),
      [],
    ],
    [
      'are none when the label is deleted, which does not change them',
      { ...PLAIN, labels: ['incident'] },
      server => is(server, incident(PLAIN)),
      [],
    ],
    [
      'are not of the project that they were moved from',
      {},
      server =>
        is(
          server,
          incident({
            state: 'closed',
            closed_at: LATER,
            updated_at: LATER,
            moved_to_id: 150_220_099,
          }),
        ),
      [],
    ],
    [
      'are gone when deleted',
      {},
      server => {
        server.contents[ISSUES] = [];
      },
      [],
    ],
    [
      'are gone when deleted, for a role in the group',
      {},
      missing(project({ project_access: GUEST, group_access: REPORTER })),
      [],
    ],
    [
      'stay when a guest does not find them: they may be confidential now',
      {},
      missing(project({ project_access: GUEST, group_access: GUEST })),
      [HERE],
    ],
    [
      'stay when nobody says of which role the token is',
      {},
      missing({ id: 5_120_077, default_branch: 'main' }),
      [HERE],
    ],
    [
      'stay while the issues of the project are switched off',
      {},
      missing(
        project(
          { project_access: REPORTER },
          { issues_enabled: false, issues_access_level: 'disabled' },
        ),
      ),
      [HERE],
    ],
    [
      'stay when the law withholds them',
      {},
      server => {
        server.contents[ISSUES] = [];
        server.interfere = (path, res) => {
          if (path === `${ISSUES}/12`) {
            res.writeHead(451).end('{}');
            return true;
          }
          return false;
        };
      },
      [HERE],
    ],
    [
      'stay when nobody may say what became of them',
      {},
      server => {
        server.contents[ISSUES] = [];
        server.interfere = (path, res) => {
          if (path === `${ISSUES}/12`) {
            res.writeHead(403).end('{"message":"403 Forbidden"}');
            return true;
          }
          return false;
        };
      },
      [HERE],
    ],
    [
      'stay when issues cannot be listed any more',
      {},
      server => {
        server.interfere = (path, res) => {
          if (path.startsWith(ISSUES)) {
            res.writeHead(403).end('{"message":"403 Forbidden"}');
            return true;
          }
          return false;
        };
      },
      [HERE],
    ],
  ])('%s', async (_, before, between, expected) => {
    is(gitlab, incident(before));
    const portal = await running(gitlab);
    const incidents = () =>
      deriveServiceFacts({
        serviceRef: 'component:default/van',
        events: portal.facts(),
      }).incidents.map(({ id }) => id);
    await portal.source.backfill();
    expect(incidents()).toEqual([HERE]);
    delete gitlab.contents[`${ISSUES}/12`];
    between(gitlab);
    portal.pass(6 * 3_600_000);
    await portal.source.backfill();
    expect(portal.progress()).not.toHaveProperty('problem');
    expect(incidents()).toEqual(expected);
  });

  it('are gone as often as they go', async () => {
    is(gitlab, incident());
    const portal = await running(gitlab);
    await portal.source.backfill();
    const dismissals = async () => {
      delete gitlab.contents[`${ISSUES}/12`];
      gitlab.contents[ISSUES] = [];
      portal.pass(6 * 3_600_000);
      await portal.source.backfill();
      return portal
        .facts()
        .filter(
          fact => fact.type === 'incident' && fact.action === 'dismissed',
        );
    };
    expect(await dismissals()).toHaveLength(1);
    is(gitlab, incident({ updated_at: '2026-05-05T08:00:00.000Z' }));
    portal.pass(6 * 3_600_000);
    await portal.source.backfill();
    expect(portal.states.get(KNOWN)).toEqual([12]);
    expect(await dismissals()).toHaveLength(2);
  });

  it('are listed by labels as the project writes them, however many there are', async () => {
    gitlab.contents[`${PROJECT}/labels`] = [
      ...Array.from({ length: 200 }, (_, index) => `area-${index}`),
      'Incident',
    ].map((name, id) => ({ id, name }));
    is(gitlab, incident({ ...PLAIN, labels: ['Incident'] }));
    const portal = await running(gitlab);
    await portal.source.backfill();
    expect(portal.states.get(KNOWN)).toEqual([12]);
  });

  it('are asked for only where some are known, and only those that are missed', async () => {
    gitlab.contents[ISSUES] = [];
    const portal = await running(gitlab);
    const asked = async () => {
      gitlab.asked.length = 0;
      portal.pass(6 * 3_600_000);
      await portal.source.backfill();
      return gitlab.asked.filter(url => /\/issues\b/.test(url));
    };
    await portal.source.backfill();
    expect(await asked()).toHaveLength(1);
    is(gitlab, incident({ updated_at: '2026-05-05T09:00:00.000Z' }));
    await asked();
    expect(portal.states.get(KNOWN)).toEqual([12]);
    gitlab.contents[ISSUES] = [];
    delete gitlab.contents[`${ISSUES}/12`];
    expect((await asked()).at(-1)).toBe(`${ISSUES}/12`);
    expect(await asked()).toHaveLength(1);
  });
});
