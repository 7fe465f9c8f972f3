import { createHmac, randomBytes } from 'node:crypto';
import { mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { JsonObject } from '@backstage/types';
import { RawDeliveryEvent, WebhookRequest } from '@pavedroad/plugin-dora-node';
import { fuzzSource } from '@pavedroad/plugin-dora-node/testUtils';
import * as payloads from './__fixtures__/payloads';
import { GitlabSource } from './GitlabSource';
import {
  COVERED,
  DEPLOYMENT,
  GONE,
  ISSUE,
  JOBS,
  MERGE_REQUEST,
  RELEASE,
} from './normalise';
import { readGitlabOptions } from './options';
import { API_SOURCE, typeOf } from './webhook';

const { sha } = payloads;
const TOKEN = 'a secret token';
const KEY = randomBytes(32);
const SIGNING = `whsec_${KEY.toString('base64')}`;
const SERVICE = { repository: 'juniper/fleet/van' };
const RECEIVED_AT = '2026-05-04T09:15:00.000Z';
const NOW = String(Date.parse(RECEIVED_AT) / 1_000);

function source(config: JsonObject = { webhookSecrets: [TOKEN, SIGNING] }) {
  return GitlabSource.create({
    options: readGitlabOptions(new ConfigReader({ dora: { gitlab: config } })),
    accessFor: async () => undefined,
    repositories: async () => [],
    events: mockServices.events.mock(),
    logger: mockServices.logger.mock(),
  });
}

function request(
  payload: JsonObject,
  headers: WebhookRequest['headers'] = { 'x-gitlab-token': TOKEN },
): WebhookRequest {
  return {
    headers: {
      'content-type': 'application/json',
      'x-gitlab-event': 'Some Hook',
      'idempotency-key': 'f5e5f430-f57b-4e6e-9fac-d9128cd7232f',
      ...headers,
    },
    body: Buffer.from(JSON.stringify(payload)),
    receivedAt: RECEIVED_AT,
  };
}

/** As the specification that GitLab follows has it. */
const signed = (
  body: Buffer,
  { key = KEY, id = 'msg-1', timestamp = NOW } = {},
) => ({
  'webhook-id': id,
  'webhook-timestamp': timestamp,
  'webhook-signature': `v1,${createHmac('sha256', key)
    .update(`${id}.${timestamp}.`)
    .update(body)
    .digest('base64')}`,
});

function read(payload: JsonObject, config?: JsonObject) {
  const gitlab = source(config);
  const [raw] = gitlab.webhook.receive(request(payload));
  return gitlab.normalise(raw);
}

function events(payload: JsonObject, config?: JsonObject) {
  const result = read(payload, config);
  if (result.outcome !== 'accepted') {
    throw new Error(`${result.outcome}: ${result.reason}`);
  }
  return result.events;
}

const reason = (payload: JsonObject, config?: JsonObject) => {
  const result = read(payload, config);
  return 'reason' in result ? `${result.outcome}: ${result.reason}` : '';
};

function fetched(kind: string, data: JsonObject): RawDeliveryEvent {
  return {
    id: `${kind} 1`,
    source: API_SOURCE,
    type: typeOf(kind),
    data: { project: payloads.project(), ...data },
    extensions: {},
    sample: false,
    receivedAt: RECEIVED_AT,
  };
}

describe('the webhook of GitLab', () => {
  const payload = payloads.deployment('success');
  const body = Buffer.from(JSON.stringify(payload));

  it.each<[string, WebhookRequest['headers'], boolean]>([
    ['the secret token', { 'x-gitlab-token': TOKEN }, true],
    ['another token', { 'x-gitlab-token': `${TOKEN} ` }, false],
    ['no token', {}, false],
    ['the signing token as a secret', { 'x-gitlab-token': SIGNING }, false],
    ['a signature', signed(body), true],
    [
      'two signatures of which one is right',
      {
        ...signed(body),
        'webhook-signature': `v1,AAAA ${signed(body)['webhook-signature']}`,
      },
      true,
    ],
    [
      'the signature of another key',
      signed(body, { key: Buffer.alloc(32) }),
      false,
    ],
    ['the signature of another body', signed(Buffer.from('{}')), false],
    [
      'the signature of another delivery',
      { ...signed(body), 'webhook-id': 'msg-2' },
      false,
    ],
    [
      'a signature of last week',
      signed(body, { timestamp: String(Number(NOW) - 7 * 86_400) }),
      false,
    ],
  ])('with %s', async (_, headers, verified) => {
    expect(await source().webhook.verify(request(payload, headers))).toBe(
      verified,
    );
  });

  it('refuses everything without a secret', async () => {
    const unset = source({ webhookSecrets: [''] });
    expect(unset.configured).toBe(false);
    expect(
      await unset.webhook.verify(request(payload, { 'x-gitlab-token': '' })),
    ).toBe(false);
  });

  it.each<[string, WebhookRequest['headers'], boolean]>([
    ['the key of repetitions', { 'x-gitlab-event-uuid': 'other' }, true],
    [
      'the event and the body',
      { 'idempotency-key': undefined, 'x-gitlab-event-uuid': 'one' },
      false,
    ],
  ])('knows a delivery again by %s', (_, headers, sameForOtherBody) => {
    const ids = [payload, payload, payloads.deployment('failed')].map(
      each => source().webhook.receive(request(each, headers))[0].id,
    );
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2] === ids[0]).toBe(sameForOtherBody);
  });

  it('refuses what names no kind', () => {
    expect(() => source().webhook.receive(request({ object_kind: 7 }))).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });
});

describe('a deployment', () => {
  it.each([
    ['success', 'succeeded'],
    ['failed', 'failed'],
    ['canceled', 'canceled'],
    ['running', 'running'],
    ['created', 'pending'],
    ['blocked', 'pending'],
  ])('of status %s is %s', (status, expected) => {
    expect(events(payloads.deployment(status))).toEqual([
      {
        type: 'deployment',
        service: SERVICE,
        deploymentId: 'gitlab:88102',
        status: expected,
        at: '2026-05-04T09:14:31.000Z',
        environment: 'roads',
        tier: 'production',
        revision: sha('c3'),
        url: 'https://gitlab.com/Juniper/fleet/van/-/jobs/9001377',
      },
    ]);
  });

  it('is the same one when it is asked for', () => {
    expect(
      source().normalise(
        fetched(DEPLOYMENT, {
          deployment: {
            id: 88_102,
            sha: sha('c3'),
            status: 'success',
            created_at: '2026-05-04T09:10:00.000Z',
            updated_at: '2026-05-04T09:15:00.000Z',
            environment: { name: 'roads', tier: 'production' },
            deployable: {
              started_at: '2026-05-04T09:10:05.000Z',
              finished_at: '2026-05-04T09:14:31.000Z',
            },
          },
        }),
      ),
    ).toMatchObject({
      events: [
        {
          deploymentId: 'gitlab:88102',
          status: 'succeeded',
          at: '2026-05-04T09:14:31.000Z',
          startedAt: '2026-05-04T09:10:05.000Z',
          tier: 'production',
        },
      ],
    });
  });

  it('of a review app is ignored, unless it is asked for', () => {
    const review = payloads.deployment('success', {
      environment: 'review/round',
      environment_tier: 'development',
    });
    expect(reason(review)).toBe('ignored: a deployment of a review app');
    expect(events(review, { reviewEnvironments: true })).toMatchObject([
      { tier: 'development' },
    ]);
  });

  it('is of no known tier where GitLab knows none', () => {
    expect(
      events(payloads.deployment('success', { environment_tier: 'other' }))[0],
    ).not.toHaveProperty('tier');
  });

  it('is what the first rule that fits says', () => {
    expect(
      events(payloads.deployment('success'), {
        deployments: [
          {
            repository: 'juniper/**',
            name: 'roads',
            countAs: 'production',
            entityRef: 'Component:default/van',
          },
        ],
      }),
    ).toMatchObject([
      {
        environment: 'production',
        service: { entityRef: 'component:default/van' },
      },
    ]);
  });

  it('can be jobs of a pipeline, which are one', () => {
    const config = { deployJobs: [{ job: 'ship *' }] };
    expect(
      events(
        payloads.pipeline([
          payloads.build('ship eu', 'deploy'),
          payloads.build('ship us', 'deploy', {
            status: 'failed',
            finished_at: '2026-05-04 09:08:00 UTC',
          }),
          payloads.build('ship later', 'deploy', {
            status: 'manual',
            started_at: null,
            finished_at: null,
          }),
        ]),
        config,
      ),
    ).toMatchObject([
      {
        deploymentId: 'gitlab:pipeline:62007',
        jobId: 'ship eu',
        status: 'succeeded',
      },
      {
        deploymentId: 'gitlab:pipeline:62007',
        jobId: 'ship us',
        status: 'failed',
      },
    ]);
    expect(
      events(payloads.job({ build_name: 'ship eu' }), config),
    ).toMatchObject([
      {
        jobId: 'ship eu',
        at: '2026-05-04T09:06:40.000Z',
        environment: 'production',
      },
    ]);
  });

  it('can be a release', () => {
    const config = { releases: { tags: ['v*'] } };
    const expected = {
      deploymentId: 'gitlab:release:v3.4.0',
      at: '2026-05-04T09:30:00.000Z',
      revision: sha('c3'),
    };
    expect(events(payloads.release('create'), config)).toMatchObject([
      expected,
    ]);
    expect(
      source(config).normalise(
        fetched(RELEASE, {
          release: {
            tag_name: 'v3.4.0',
            released_at: '2026-05-04T09:30:00.000Z',
            commit: { id: sha('c3') },
          },
        }),
      ),
    ).toMatchObject({ events: [expected] });
    expect(reason(payloads.release('create'))).toMatch(/not deployments/);
    expect(reason(payloads.release('update'), config)).toMatch(/made/);
  });
});

describe('a push', () => {
  const one = payloads.pushedCommit('c2', '2026-05-04T10:59:58+02:00');
  const two = payloads.pushedCommit('c3', '2026-05-04T11:59:58+02:00');

  it('of commits one upon another is a piece of the history', () => {
    expect(events(payloads.push([one, two]))).toMatchObject([
      {
        type: 'commits',
        repository: 'juniper/fleet/van',
        defaultBranch: 'main',
        commits: [
          {
            id: sha('c2'),
            parents: [sha('c1')],
            committedAt: '2026-05-04T08:59:58.000Z',
            paths: ['route.py', 'way.py'],
          },
          { id: sha('c3'), parents: [sha('c2')] },
        ],
      },
    ]);
  });

  it.each<[string, JsonObject]>([
    [
      'with a merge',
      payloads.push([one, { ...two, message: "Merge branch 'a' into 'main'" }]),
    ],
    [
      'of a merge with words of its own',
      payloads.push([
        one,
        { ...two, message: 'Round\n\nSee merge request juniper/fleet/van!41' },
      ]),
    ],
    [
      'of more commits than it tells',
      payloads.push([one, two], { total_commits_count: 31 }),
    ],
    ['that begins a branch', payloads.push([one], { before: '0'.repeat(40) })],
  ])('%s does not tell the parents', (_, payload) => {
    expect(reason(payload)).toMatch(/^ignored: the parents/);
  });

  it.each<[JsonObject, RegExp]>([
    [payloads.push([one], { ref: 'refs/heads/a' }), /another branch/],
    [payloads.push([], { after: '0'.repeat(40) }), /deleted/],
    [payloads.push([]), /no commits/],
  ])('%# is ignored', (payload, why) => {
    expect(reason(payload)).toMatch(why);
  });
});

describe('a merge request', () => {
  it('says when it was opened, approved and merged', () => {
    expect(
      [
        payloads.mergeRequest('open'),
        payloads.mergeRequest('approval', {
          updated_at: '2026-05-03 08:00:00 UTC',
        }),
        payloads.mergeRequest('merge', payloads.MERGED),
      ].flatMap(payload => events(payload)),
    ).toMatchObject([
      {
        type: 'pull_request',
        repository: 'juniper/fleet/van',
        number: 41,
        openedAt: '2026-05-02T13:00:00.000Z',
      },
      { approvedAt: '2026-05-03T08:00:00.000Z' },
      { mergedAt: '2026-05-04T09:00:01.000Z', mergeCommit: sha('c3') },
    ]);
  });

  it.each<[string, JsonObject, object]>([
    [
      'by squashing, also when a merge commit was made',
      { squash_commit_sha: sha('d1') },
      { mergeCommit: sha('d1'), mergeMethod: 'squash' },
    ],
    [
      'by moving the branch forward',
      { merge_commit_sha: null },
      { mergeCommit: sha('b2') },
    ],
  ])('is merged %s', (_, about, expected) => {
    expect(
      events(payloads.mergeRequest('merge', { ...payloads.MERGED, ...about })),
    ).toMatchObject([expected]);
  });

  it('marked as a hotfix is one, and fixes the issues that it closes', () => {
    expect(
      events(
        payloads.mergeRequest('merge', payloads.MERGED, {
          labels: [payloads.label('Hotfix')],
        }),
      ),
    ).toMatchObject([
      { labels: ['hotfix'] },
      {
        type: 'remediation',
        incidentId: 'gitlab:juniper/fleet/van#12',
        deployment: { revision: sha('c3') },
      },
    ]);
  });

  it('is not told anew by what changes nothing', () => {
    expect(reason(payloads.mergeRequest('update'))).toMatch(/nothing/);
    expect(reason(payloads.mergeRequest('unapproved'))).toMatch(/nothing/);
    expect(
      events(payloads.mergeRequest('update', {}, { changes: { labels: {} } })),
    ).toHaveLength(1);
    expect(reason(payloads.mergeRequest('approved', payloads.MERGED))).toMatch(
      /after the merge/,
    );
  });

  it('has its original commits and approvals when it is asked for', () => {
    const note = (at: string, body: string) => ({
      system: true,
      body,
      created_at: at,
    });
    const result = source().normalise(
      fetched(MERGE_REQUEST, {
        merge_request: payloads.apiMergeRequest(),
        commits: [
          payloads.apiCommit('b1', ['c1'], '2026-05-02T12:00:00.000Z'),
          payloads.apiCommit('b2', ['b1'], '2026-05-02T14:00:00.000Z'),
        ],
        notes: [
          note('2026-05-03T08:00:00.000Z', 'approved this merge request'),
          note('2026-05-03T09:00:00.000Z', 'unapproved this merge request'),
          note('2026-05-05T09:00:00.000Z', 'approved this merge request'),
        ],
        merge_commit: payloads.apiCommit(
          'c3',
          ['c1', 'b2'],
          '2026-05-04T09:00:01.000Z',
        ),
      }),
    );
    expect(result).toMatchObject({
      events: [
        {
          mergeMethod: 'merge',
          approvedAt: '2026-05-03T08:00:00.000Z',
          commits: [{ id: sha('b1') }, { id: sha('b2') }],
        },
      ],
    });
  });
});

describe('a build', () => {
  const built = {
    type: 'build',
    service: SERVICE,
    artifact: `pkg:gitlab/juniper/fleet/van@${sha('c3')}`,
    revision: sha('c3'),
    finishedAt: '2026-05-04T09:06:40.000Z',
  };

  it('ends with the last job that builds', () => {
    const jobs = [
      payloads.build('compile', 'build', {
        finished_at: '2026-05-04 09:03:00 UTC',
      }),
      payloads.build('image', 'build'),
      payloads.build('unit', 'test', {
        finished_at: '2026-05-04 09:09:00 UTC',
      }),
      payloads.build('roads', 'deploy', {
        environment: { name: 'roads', action: 'start' },
      }),
    ];
    expect(events(payloads.pipeline(jobs))).toEqual([built]);
    expect(
      source().normalise(
        fetched(JOBS, {
          pipeline: { id: 62_007, sha: sha('c3'), ref: 'main' },
          jobs,
        }),
      ),
    ).toEqual({ outcome: 'accepted', events: [built] });
    expect(events(payloads.job())).toEqual([built]);
  });

  it('is neither a failed job nor one of a merge request', () => {
    expect(reason(payloads.job({ build_status: 'failed' }))).toMatch(/neither/);
    expect(
      reason(
        payloads.pipeline([payloads.build('image', 'build')], {
          source: 'merge_request_event',
        }),
      ),
    ).toMatch(/not merged/);
  });
});

describe('an incident', () => {
  const opened = {
    type: 'incident',
    service: SERVICE,
    incidentId: 'gitlab:juniper/fleet/van#12',
    acrossServices: true,
    action: 'opened',
    at: '2026-05-04T10:00:00.000Z',
    title: 'Vans go round in circles',
    url: 'https://gitlab.com/Juniper/fleet/van/-/issues/incident/12',
    environment: 'roads',
    deployment: { id: 'gitlab:88102' },
  };

  it('is an issue of that type', () => {
    expect(events(payloads.issue('open'))).toEqual([opened]);
  });

  it.each([
    ['as it was closed', 'close'],
    ['as anything else tells of it later', 'update'],
  ])('is none of a project that it was moved from, %s', (_, action) => {
    expect(
      events(
        payloads.issue(action, {
          moved_to_id: 150_220_099,
          updated_at: '2026-05-04 11:00:00 UTC',
          closed_at: '2026-05-04 11:00:00 UTC',
        }),
      ),
    ).toEqual([
      { ...opened, action: 'dismissed', at: '2026-05-04T11:00:00.000Z' },
    ]);
  });

  it('is an issue with the label', () => {
    expect(
      events(
        payloads.issue(
          'update',
          { type: 'Issue' },
          { labels: [payloads.label('incident')] },
        ),
      ),
    ).toMatchObject([
      { ...opened, labels: ['incident'] },
      { action: 'updated', at: '2026-05-04T10:00:00.000Z' },
    ]);
    expect(reason(payloads.issue('open', { type: 'Issue' }))).toBe(
      'ignored: an issue that is no incident',
    );
  });

  it('is resolved and reopened', () => {
    expect(
      events(
        payloads.issue('close', {
          state: 'closed',
          closed_at: '2026-05-04 12:00:00 UTC',
        }),
      ),
    ).toMatchObject([
      { action: 'opened' },
      { action: 'resolved', at: '2026-05-04T12:00:00.000Z' },
    ]);
    expect(
      events(
        payloads.issue('reopen', { updated_at: '2026-05-04 13:00:00 UTC' }),
      ),
    ).toMatchObject([
      { action: 'opened' },
      { action: 'reopened', at: '2026-05-04T13:00:00.000Z' },
    ]);
  });

  it('is none once it is not labelled any more', () => {
    expect(
      events(
        payloads.issue(
          'update',
          { type: 'Issue' },
          {
            changes: {
              labels: { previous: [payloads.label('incident')], current: [] },
            },
          },
        ),
      ),
    ).toMatchObject([{ action: 'dismissed' }]);
    expect(
      events(
        payloads.issue('update', { updated_at: '2026-05-04 14:00:00 UTC' }),
      ),
    ).toMatchObject([
      { action: 'opened' },
      { action: 'updated', at: '2026-05-04T14:00:00.000Z' },
    ]);
  });

  it('has the same history when it is asked for', () => {
    expect(
      source({ incidents: { complete: true } }).normalise(
        fetched(ISSUE, {
          issue: {
            iid: 12,
            title: 'Vans',
            issue_type: 'incident',
            created_at: '2026-05-04T10:00:00.000Z',
            closed_at: '2026-05-04T12:00:00.000Z',
          },
          events: [
            { state: 'closed', created_at: '2026-05-04T10:30:00.000Z' },
            { state: 'reopened', created_at: '2026-05-04T10:40:00.000Z' },
            { state: 'closed', created_at: '2026-05-04T12:00:00.000Z' },
          ],
        }),
      ),
    ).toMatchObject({
      events: [
        { action: 'opened' },
        { action: 'resolved' },
        { action: 'reopened' },
        { action: 'resolved', at: '2026-05-04T12:00:00.000Z' },
      ],
    });
    expect(
      source({ incidents: { complete: true } }).normalise(
        fetched(COVERED, { since: '2026-01-01T00:00:00Z' }),
      ),
    ).toMatchObject({ events: [{ type: 'failure_data' }] });
  });
});

it.each([
  'emoji',
  'note',
  'wiki_page',
  'tag_push',
  'feature_flag',
  'constructor',
])('ignores %s, and says so', kind => {
  expect(reason({ object_kind: kind, project: payloads.project() })).toBe(
    `ignored: ${kind} says nothing about delivery metrics`,
  );
});

it('withstands ten thousand hostile payloads', async () => {
  const webhooks = [
    payloads.deployment('success'),
    payloads.push([
      payloads.pushedCommit('c2', '2026-05-04T10:59:58+02:00'),
      payloads.pushedCommit('c3', '2026-05-04T11:59:58+02:00'),
    ]),
    payloads.mergeRequest('merge', payloads.MERGED, {
      labels: [payloads.label('hotfix')],
    }),
    payloads.pipeline([
      payloads.build('image', 'build'),
      payloads.build('ship eu', 'deploy'),
    ]),
    payloads.job(),
    payloads.release('create'),
    payloads.issue('open'),
    payloads.issue('close', { closed_at: '2026-05-04 12:00:00 UTC' }),
  ].map(payload => ({ name: String(payload.object_kind), payload }));
  const report = await fuzzSource({
    source: source({
      webhookSecrets: [SIGNING],
      deployJobs: [{ job: 'ship *' }],
      releases: {},
      incidents: { complete: true },
    }),
    webhooks,
    authentication: {
      headers: body =>
        signed(body, {
          // The harness receives at this moment.
          timestamp: String(Date.parse('2026-06-01T00:00:00Z') / 1_000),
        }),
      coversBody: true,
    },
    events: [
      fetched(MERGE_REQUEST, {
        merge_request: payloads.apiMergeRequest(),
        commits: [payloads.apiCommit('b1', ['c1'], '2026-05-02T12:00:00.000Z')],
        notes: [
          {
            system: true,
            body: 'approved this merge request',
            created_at: '2026-05-03T08:00:00.000Z',
          },
        ],
        merge_commit: payloads.apiCommit(
          'c3',
          ['c1'],
          '2026-05-04T09:00:01.000Z',
        ),
      }),
      fetched(JOBS, {
        pipeline: { id: 7, sha: sha('c3'), ref: 'main' },
        jobs: [payloads.build('image', 'build')],
      }),
      fetched(ISSUE, {
        issue: {
          iid: 12,
          issue_type: 'incident',
          created_at: '2026-05-04T10:00:00.000Z',
          updated_at: '2026-05-04T12:00:00.000Z',
          closed_at: '2026-05-04T12:00:00.000Z',
        },
        events: [{ state: 'closed', created_at: '2026-05-04T12:00:00.000Z' }],
      }),
      fetched(ISSUE, {
        former: true,
        issue: { iid: 12, updated_at: '2026-05-04T12:00:00.000Z' },
        events: [],
      }),
      fetched(GONE, { issue: { iid: 12 }, at: '2026-05-05T00:00:00.000Z' }),
    ],
    mutations: 12_000,
  });
  expect(report.accepted).toBeGreaterThan(1_000);
  expect(report.rejected).toBeGreaterThan(500);
  expect(report.refusedRequests).toBeGreaterThan(1_000);
}, 300_000);
