import { createHmac } from 'node:crypto';
import { mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { JsonObject } from '@backstage/types';
import { RawDeliveryEvent, WebhookRequest } from '@pavedroad/plugin-dora-node';
import { fuzzSource } from '@pavedroad/plugin-dora-node/testUtils';
import * as payloads from './__fixtures__/payloads';
import { GithubSource } from './GithubSource';
import { COMMITS, COVERED, GONE, ISSUE, PULL, RELEASE } from './normalise';
import { readGithubOptions } from './options';
import { API_SOURCE, typeOf } from './webhook';

const { sha } = payloads;
const OLD = 'the old secret';
const NEW = 'the new secret';
const SERVICE = { repository: 'juniper-pantry/till' };

function source(config: JsonObject = { webhookSecrets: [NEW, OLD] }) {
  return GithubSource.create({
    options: readGithubOptions(new ConfigReader({ dora: { github: config } })),
    accessFor: async () => undefined,
    repositories: async () => [],
    events: mockServices.events.mock(),
    logger: mockServices.logger.mock(),
  });
}

const signature = (body: Buffer, secret = NEW) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

function request(
  event: string,
  payload: JsonObject,
  headers: WebhookRequest['headers'] = {},
): WebhookRequest {
  const body = Buffer.from(JSON.stringify(payload));
  return {
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': '72d3162e-cc78-11f0-81ab-4c9367dc0958',
      'x-hub-signature-256': signature(body),
      ...headers,
    },
    body,
    receivedAt: '2026-05-04T09:15:00.000Z',
  };
}

function read(event: string, payload: JsonObject, config?: JsonObject) {
  const github = source(config);
  const [raw] = github.webhook.receive(request(event, payload));
  return github.normalise(raw);
}

function events(event: string, payload: JsonObject, config?: JsonObject) {
  const result = read(event, payload, config);
  if (result.outcome !== 'accepted') {
    throw new Error(`${result.outcome}: ${result.reason}`);
  }
  return result.events;
}

const reason = (event: string, payload: JsonObject, config?: JsonObject) => {
  const result = read(event, payload, config);
  return 'reason' in result ? `${result.outcome}: ${result.reason}` : '';
};

function fetched(name: string, data: JsonObject): RawDeliveryEvent {
  return {
    id: `${name} 1`,
    source: API_SOURCE,
    type: typeOf(name),
    data,
    extensions: {},
    sample: false,
    receivedAt: '2026-05-05T00:00:00.000Z',
  };
}

describe('the webhook of GitHub', () => {
  const body = payloads.deploymentStatus('success');

  it.each<[string, WebhookRequest['headers'], boolean]>([
    ['the signature of a secret', {}, true],
    [
      'the signature of the secret that is going out of use',
      {
        'x-hub-signature-256': signature(
          Buffer.from(JSON.stringify(body)),
          OLD,
        ),
      },
      true,
    ],
    ['no signature', { 'x-hub-signature-256': undefined }, false],
    [
      'the signature of another secret',
      { 'x-hub-signature-256': signature(Buffer.from('{}'), 'else') },
      false,
    ],
    [
      'the signature of another body',
      { 'x-hub-signature-256': signature(Buffer.from('{}')) },
      false,
    ],
    [
      'a signature of the older kind',
      { 'x-hub-signature-256': 'sha1=0123456789' },
      false,
    ],
    ['an empty signature', { 'x-hub-signature-256': 'sha256=' }, false],
    [
      'two signatures',
      { 'x-hub-signature-256': ['sha256=a', 'sha256=b'] },
      false,
    ],
  ])('with %s', async (_, headers, verified) => {
    expect(
      await source().webhook.verify(
        request('deployment_status', body, headers),
      ),
    ).toBe(verified);
  });

  it('refuses everything without a secret, and says so', async () => {
    const unset = source({ webhookSecrets: [''] });
    const empty = createHmac('sha256', '').update('{}').digest('hex');
    expect(unset.configured).toBe(false);
    expect(
      await unset.webhook.verify({
        ...request('push', {}),
        body: Buffer.from('{}'),
        headers: { 'x-hub-signature-256': `sha256=${empty}` },
      }),
    ).toBe(false);
  });

  it('keeps the delivery under the id that GitHub gave it', () => {
    const [raw] = source().webhook.receive(request('deployment_status', body));
    expect(raw).toMatchObject({
      id: '72d3162e-cc78-11f0-81ab-4c9367dc0958',
      source: '/webhooks/github',
      type: 'com.github.deployment_status',
    });
    const text = JSON.stringify(raw.data);
    expect(text.length).toBeLessThan(JSON.stringify(body).length / 2);
    expect(text).not.toContain('odile-brandt');
  });

  it('reads it sent as a form, too', () => {
    const form = Buffer.from(
      new URLSearchParams({ payload: JSON.stringify(body) }).toString(),
    );
    const [raw] = source().webhook.receive({
      ...request('deployment_status', body, {
        'content-type': 'application/x-www-form-urlencoded',
      }),
      body: form,
    });
    expect(source().normalise(raw).outcome).toBe('accepted');
  });

  it('takes in a pull request with an endless description', () => {
    const long = payloads.pullRequest('closed', { body: '😀'.repeat(60_000) });
    const [raw] = source().webhook.receive(request('pull_request', long));
    expect(JSON.stringify(raw.data)).not.toMatch(/[^\ud83d]\\?ude00"/);
    expect(source().normalise(raw).outcome).toBe('accepted');
  });

  it.each<[string, WebhookRequest['headers'], string]>([
    ['no event', { 'x-github-event': undefined }, '{}'],
    ['no delivery', { 'x-github-delivery': '' }, '{}'],
    ['half a body', {}, '{"action":'],
    ['a body that is no object', {}, '[]'],
  ])('refuses %s', (_, headers, text) => {
    expect(() =>
      source().webhook.receive({
        ...request('push', {}, headers),
        body: Buffer.from(text),
      }),
    ).toThrow(expect.objectContaining({ name: 'InputError' }));
  });
});

describe('a deployment', () => {
  it.each([
    ['success', 'succeeded'],
    ['failure', 'failed'],
    ['error', 'failed'],
    ['inactive', 'inactive'],
    ['in_progress', 'running'],
    ['queued', 'pending'],
    ['pending', 'pending'],
    ['waiting', 'pending'],
  ])('in state %s is %s', (state, status) => {
    expect(
      events('deployment_status', payloads.deploymentStatus(state)),
    ).toEqual([
      {
        type: 'deployment',
        service: SERVICE,
        deploymentId: 'github:2480113377',
        status,
        at: '2026-05-04T09:14:31.000Z',
        startedAt: '2026-05-04T09:10:00.000Z',
        environment: 'counter-eu',
        tier: 'production',
        revision: sha('c3'),
        url: 'https://github.com/Juniper-Pantry/till/actions/runs/9001/job/77',
      },
    ]);
  });

  it('is pending when it is created', () => {
    expect(events('deployment', payloads.deployment())).toMatchObject([
      { deploymentId: 'github:2480113377', status: 'pending' },
    ]);
  });

  it('of another host has an id of its own', () => {
    const payload = payloads.deployment();
    payload.repository = {
      ...payloads.repository(),
      html_url: 'https://git.juniper.example/Juniper-Pantry/till',
    };
    expect(events('deployment', payload)).toMatchObject([
      { deploymentId: 'github:git.juniper.example:2480113377' },
    ]);
  });

  it('is of no known tier where GitHub knows none', () => {
    expect(
      events(
        'deployment',
        payloads.deployment({ production_environment: false }),
      )[0],
    ).not.toHaveProperty('tier');
  });

  it('to a transient environment is ignored, unless it is asked for', () => {
    const preview = payloads.deployment({
      environment: 'pr-41',
      transient_environment: true,
      production_environment: false,
    });
    expect(reason('deployment', preview)).toBe(
      'ignored: a deployment to a transient environment',
    );
    expect(
      events('deployment', preview, { transientEnvironments: true }),
    ).toMatchObject([{ environment: 'pr-41' }]);
  });

  it('is what its own payload says', () => {
    expect(
      events(
        'deployment',
        payloads.deployment({
          payload: JSON.stringify({
            entityRef: 'component:default/till-api',
            path: 'services/api',
            labels: ['Hotfix'],
            fixesIncidents: ['#12', 'PD-7'],
            blames: '2480000000',
          }),
          task: 'rollback',
        }),
      ),
    ).toMatchObject([
      {
        service: {
          entityRef: 'component:default/till-api',
          path: 'services/api',
          ...SERVICE,
        },
        labels: ['hotfix'],
        rollback: true,
        blames: { id: 'github:2480000000' },
        fixesIncidents: ['github:juniper-pantry/till#12', 'PD-7'],
      },
    ]);
  });

  it('is what the first rule that fits says', () => {
    const deployments = [
      { name: 'counter-*', repository: 'other/*', ignore: true },
      {
        name: 'COUNTER-*',
        repository: 'juniper-pantry/*',
        countAs: 'production-eu',
        tier: 'production',
        path: 'services/api',
      },
      { task: 'docs', ignore: true },
    ];
    expect(
      events('deployment', payloads.deployment(), { deployments }),
    ).toMatchObject([
      {
        environment: 'production-eu',
        service: { ...SERVICE, path: 'services/api' },
      },
    ]);
    expect(
      reason(
        'deployment',
        payloads.deployment({ environment: 'pages', task: 'docs' }),
        { deployments },
      ),
    ).toBe('ignored: a rule says that it is no deployment');
  });

  it('can be the run of a workflow', () => {
    const config = {
      deployWorkflows: [{ workflow: 'Ship *', branch: 'main' }],
    };
    const run = (action: string, more: JsonObject) =>
      payloads.workflowRun(action, { name: 'Ship it', ...more });
    expect(
      [
        run('in_progress', { status: 'in_progress', conclusion: null }),
        run('completed', { conclusion: 'failure' }),
        run('completed', { conclusion: 'cancelled' }),
        run('completed', { run_attempt: 2 }),
      ].flatMap(payload => events('workflow_run', payload, config)),
    ).toMatchObject(
      ['running', 'failed', 'canceled', 'succeeded'].map(status => ({
        type: 'deployment',
        deploymentId: 'github:run:9001',
        status,
        environment: 'production',
        revision: sha('c3'),
        at: '2026-05-04T09:06:40.000Z',
      })),
    );
    expect(
      reason(
        'workflow_run',
        run('completed', { conclusion: 'skipped' }),
        config,
      ),
    ).toBe('ignored: a run that did nothing');
    expect(
      reason(
        'workflow_run',
        run('completed', { event: 'pull_request' }),
        config,
      ),
    ).toBe('ignored: a run for a pull request that is not merged');
  });

  it('can be a published release, whose tag is resolved when asked', () => {
    const config = { releases: { tags: ['v*'] } };
    expect(
      events('release', payloads.release('published'), config),
    ).toMatchObject([
      {
        type: 'deployment',
        deploymentId: 'github:release:219004511',
        status: 'succeeded',
        at: '2026-05-04T09:30:00.000Z',
        environment: 'production',
        artifact: 'pkg:github/juniper-pantry/till@v3.4.0',
      },
    ]);
    expect(
      source(config).normalise(
        fetched(RELEASE, {
          ...payloads.release('published'),
          revision: sha('c3'),
        }),
      ),
    ).toMatchObject({
      events: [
        { deploymentId: 'github:release:219004511', revision: sha('c3') },
      ],
    });
    expect(reason('release', payloads.release('published'))).toBe(
      'ignored: its releases are not deployments',
    );
    expect(
      reason(
        'release',
        payloads.release('published', { prerelease: true }),
        config,
      ),
    ).toBe('ignored: a pre-release');
    expect(reason('release', payloads.release('created'), config)).toBe(
      'ignored: a release counts when it is published',
    );
  });
});

describe('a push', () => {
  const one = payloads.pushedCommit('c2', '2026-05-04T10:59:58+02:00');
  const two = payloads.pushedCommit('c3', '2026-05-04T11:59:58+02:00', {
    message: `Revert "Round"\n\nThis reverts commit ${sha('c2')}.`,
  });

  it('of commits one upon another is a piece of the history', () => {
    expect(events('push', payloads.push([one, two]))).toEqual([
      {
        type: 'commits',
        repository: 'juniper-pantry/till',
        defaultBranch: 'main',
        commits: [
          {
            id: sha('c2'),
            parents: [sha('c1')],
            committedAt: '2026-05-04T08:59:58.000Z',
            authorName: 'Odile Brandt',
            authorEmail: 'odile@juniper-pantry.example',
            subject: 'Round c2 to the cent',
            paths: ['src/old.ts', 'src/total.ts'],
          },
          expect.objectContaining({
            id: sha('c3'),
            parents: [sha('c2')],
            reverts: [sha('c2')],
          }),
        ],
      },
    ]);
  });

  it.each<[string, JsonObject]>([
    [
      'with a merge',
      payloads.push([
        one,
        { ...two, message: 'Merge pull request #41 from Juniper-Pantry/round' },
      ]),
    ],
    [
      'of several commits by the button of a pull request',
      payloads.push([
        one,
        {
          ...two,
          committer: {
            name: 'GitHub',
            email: 'noreply@github.com',
            username: 'web-flow',
          },
        },
      ]),
    ],
    ['by force', payloads.push([one, two], { forced: true })],
    [
      'that begins a branch',
      payloads.push([one], { created: true, before: '0'.repeat(40) }),
    ],
    ['without its last commit', payloads.push([one], { after: sha('c9') })],
  ])('%s does not tell the parents', (_, payload) => {
    expect(reason('push', payload)).toMatch(/^ignored: the parents/);
  });

  it.each<[string, JsonObject, string]>([
    [
      'to another branch',
      payloads.push([one], { ref: 'refs/heads/round' }),
      'a push to another branch than the default one',
    ],
    [
      'of a tag',
      payloads.push([one], { ref: 'refs/tags/v1' }),
      'a push to another branch than the default one',
    ],
    [
      'that deletes',
      payloads.push([], { deleted: true, after: '0'.repeat(40) }),
      'the branch was deleted',
    ],
    ['of nothing', payloads.push([]), 'it brings no commits'],
  ])('%s is ignored', (_, payload, why) => {
    expect(reason('push', payload)).toBe(`ignored: ${why}`);
  });

  it('is the same history when it is asked for', () => {
    const commits = [
      payloads.apiCommit('c3', ['c2'], '2026-05-04T09:59:58Z', {
        files: [{ filename: 'b', previous_filename: 'a', status: 'renamed' }],
      }),
      payloads.apiCommit('c2', ['c1', 'b9'], '2026-05-04T08:59:58Z'),
    ];
    expect(
      source().normalise(
        fetched(COMMITS, { repository: payloads.repository(), commits }),
      ),
    ).toMatchObject({
      events: [
        {
          type: 'commits',
          commits: [
            { id: sha('c3'), parents: [sha('c2')], paths: ['a', 'b'] },
            { id: sha('c2'), parents: [sha('c1'), sha('b9')] },
          ],
        },
      ],
    });
  });
});

describe('a pull request', () => {
  it('says when it was opened', () => {
    expect(
      events('pull_request', payloads.pullRequest('opened', payloads.OPEN)),
    ).toEqual([
      {
        type: 'pull_request',
        repository: 'juniper-pantry/till',
        number: 41,
        updatedAt: '2026-05-02T13:00:00.000Z',
        title: 'Round to the cent',
        url: 'https://github.com/Juniper-Pantry/till/pull/41',
        openedAt: '2026-05-02T13:00:00.000Z',
        labels: [],
      },
    ]);
  });

  it('says when it was merged, and as which commit', () => {
    expect(
      events('pull_request', payloads.pullRequest('closed')),
    ).toMatchObject([
      { mergedAt: '2026-05-04T09:00:01.000Z', mergeCommit: sha('c3') },
    ]);
  });

  it('marked as a hotfix is one, and fixes the issues that it closes', () => {
    expect(
      events(
        'pull_request',
        payloads.pullRequest('closed', { labels: [payloads.label('Urgent')] }),
        { hotfixLabels: ['urgent', 'hot*'] },
      ),
    ).toMatchObject([
      { type: 'pull_request', labels: ['hotfix', 'urgent'] },
      {
        type: 'remediation',
        deployment: { revision: sha('c3') },
        incidentId: 'github:juniper-pantry/till#12',
      },
    ]);
  });

  it('was approved when a review before the merge says so', () => {
    expect(
      events(
        'pull_request_review',
        payloads.review('approved', '2026-05-03T08:00:00Z'),
      ),
    ).toMatchObject([{ number: 41, approvedAt: '2026-05-03T08:00:00.000Z' }]);
    expect(
      reason(
        'pull_request_review',
        payloads.review('commented', '2026-05-03T08:00:00Z'),
      ),
    ).toBe('ignored: a review that does not approve');
    expect(
      reason('pull_request_review', {
        ...payloads.review('approved', '2026-05-05T08:00:00Z'),
        pull_request: payloads.pullObject(),
      }),
    ).toBe('ignored: an approval after the merge');
  });

  it.each<[string, JsonObject, string | undefined]>([
    [
      'by a merge commit',
      payloads.apiCommit('c3', ['c1', 'b2'], '2026-05-04T09:00:01Z'),
      'merge',
    ],
    [
      'by squashing',
      payloads.apiCommit('c3', ['c1'], '2026-05-04T09:00:01Z', {
        message: 'Round to the cent (#41)',
      }),
      'squash',
    ],
    [
      'by rebasing',
      payloads.apiCommit('c3', ['c2'], '2026-05-04T09:00:01Z', {
        message: 'Change b2',
        authoredAt: '2026-05-02T14:00:00Z',
      }),
      'rebase',
    ],
    [
      'by moving the branch forward',
      payloads.apiCommit('b2', ['b1'], '2026-05-02T14:00:00Z'),
      undefined,
    ],
  ])('merged %s keeps its original commits', (_, made, method) => {
    const result = source().normalise(
      fetched(PULL, {
        repository: payloads.repository(),
        pull_request: payloads.pullObject({ merge_commit_sha: made.sha }),
        commits: [
          payloads.apiCommit('b1', ['c1'], '2026-05-02T12:00:00Z'),
          payloads.apiCommit('b2', ['b1'], '2026-05-02T14:00:00Z'),
        ],
        reviews: [
          { state: 'APPROVED', submitted_at: '2026-05-03T08:00:00Z' },
          { state: 'APPROVED', submitted_at: '2026-05-04T08:00:00Z' },
          { state: 'DISMISSED', submitted_at: '2026-05-04T08:30:00Z' },
          { state: 'APPROVED', submitted_at: '2026-05-04T10:00:00Z' },
        ],
        merge_commit: made,
      }),
    );
    const [event] = result.outcome === 'accepted' ? result.events : [];
    expect(event).toMatchObject({
      type: 'pull_request',
      approvedAt: '2026-05-04T08:00:00.000Z',
      commits: [{ id: sha('b1') }, { id: sha('b2') }],
    });
    expect('mergeMethod' in event ? event.mergeMethod : undefined).toBe(method);
  });
});

describe('a build', () => {
  it('is a run for a commit that succeeded', () => {
    expect(events('workflow_run', payloads.workflowRun('completed'))).toEqual([
      {
        type: 'build',
        service: SERVICE,
        artifact: `pkg:github/juniper-pantry/till@${sha('c3')}`,
        revision: sha('c3'),
        finishedAt: '2026-05-04T09:06:40.000Z',
        url: 'https://github.com/Juniper-Pantry/till/actions/runs/9001',
      },
    ]);
  });

  it.each<[string, JsonObject, JsonObject, string]>([
    ['fails', { conclusion: 'failure' }, {}, 'a run that did not succeed'],
    [
      'is of another workflow',
      {},
      { buildWorkflows: ['image'] },
      'a run that is no build',
    ],
  ])('is not a run that %s', (_, run, config, why) => {
    expect(
      reason('workflow_run', payloads.workflowRun('completed', run), config),
    ).toBe(`ignored: ${why}`);
  });
});

describe('an incident', () => {
  const opened = {
    type: 'incident',
    service: SERVICE,
    incidentId: 'github:juniper-pantry/till#12',
    acrossServices: true,
    action: 'opened',
    at: '2026-05-04T10:00:00.000Z',
    title: 'Receipts show one cent too much',
    url: 'https://github.com/Juniper-Pantry/till/issues/12',
    environment: 'counter-eu',
    deployment: { id: 'github:2480113377' },
    labels: ['incident', 'payments'],
  };
  const closed = {
    state: 'closed',
    closed_at: '2026-05-04T12:00:00Z',
    updated_at: '2026-05-04T12:00:01Z',
  };

  it('is an issue with the label', () => {
    expect(events('issues', payloads.issue('opened'))).toEqual([opened]);
  });

  it('goes on in the repository that it is transferred to, and nowhere else', () => {
    const { issue, repository } = payloads.issue('opened') as unknown as {
      issue: object;
      repository: object;
    };
    expect(
      events(
        'issues',
        payloads.issue(
          'opened',
          {
            changes: {
              old_issue: {
                ...issue,
                number: 7,
                created_at: '2026-05-04T09:00:00Z',
                updated_at: '2026-05-04T09:30:00Z',
              },
              old_repository: {
                ...repository,
                full_name: 'Juniper-Pantry/shelf',
              },
            },
          },
          {},
        ),
      ),
    ).toEqual([
      { ...opened, at: '2026-05-04T09:00:00.000Z' },
      {
        ...opened,
        service: { repository: 'juniper-pantry/shelf' },
        incidentId: 'github:juniper-pantry/shelf#7',
        action: 'dismissed',
        at: '2026-05-04T09:30:00.000Z',
      },
    ]);
  });

  it('opened when it was written, whenever it was labelled', () => {
    expect(
      events(
        'issues',
        payloads.issue(
          'labeled',
          { label: payloads.label('incident') },
          { updated_at: '2026-05-04T11:00:00Z' },
        ),
      ),
    ).toEqual([
      opened,
      { ...opened, action: 'updated', at: '2026-05-04T11:00:00.000Z' },
    ]);
  });

  it('is resolved when it is closed, and open again when it is reopened', () => {
    expect(
      events('issues', payloads.issue('closed', {}, closed)),
    ).toMatchObject([
      { action: 'opened' },
      { action: 'resolved', at: '2026-05-04T12:00:00.000Z' },
    ]);
    expect(
      events(
        'issues',
        payloads.issue('reopened', {}, { updated_at: '2026-05-04T13:00:00Z' }),
      ),
    ).toMatchObject([
      { action: 'opened' },
      { action: 'reopened', at: '2026-05-04T13:00:00.000Z' },
    ]);
  });

  it('is none once it is not labelled any more', () => {
    expect(
      events(
        'issues',
        payloads.issue(
          'unlabeled',
          { label: payloads.label('incident') },
          { labels: [], updated_at: '2026-05-04T11:00:00Z' },
        ),
      ),
    ).toMatchObject([
      {
        incidentId: opened.incidentId,
        action: 'dismissed',
        at: '2026-05-04T11:00:00.000Z',
      },
    ]);
  });

  it.each<[string, string, object]>([
    ['a commit', `Caused by: ${sha('c3')}`, { revision: sha('c3') }],
    [
      'a deployment by its address',
      'deployment: https://github.com/a/b/deployments/77',
      { deployment: { id: 'github:77' } },
    ],
    [
      'a service',
      'Service: component:default/till-api',
      { service: { ...SERVICE, entityRef: 'component:default/till-api' } },
    ],
  ])('can name %s', (_, body, expected) => {
    expect(
      events('issues', payloads.issue('opened', {}, { body })),
    ).toMatchObject([expected]);
  });

  it('is not an issue without the label, nor a pull request', () => {
    expect(reason('issues', payloads.issue('opened', {}, { labels: [] }))).toBe(
      'ignored: an issue without the label of incidents',
    );
    expect(
      reason(
        'issues',
        payloads.issue('opened', {}, { pull_request: { url: 'x' } }),
      ),
    ).toBe('ignored: an issue without the label of incidents');
  });

  it('has the same history when it is asked for', () => {
    const github = source();
    expect(
      github.normalise(
        fetched(ISSUE, {
          ...payloads.issue('', {}, closed),
          events: [
            { event: 'closed', created_at: '2026-05-04T10:30:00Z' },
            { event: 'reopened', created_at: '2026-05-04T10:40:00Z' },
            {
              event: 'closed',
              created_at: '2026-05-04T12:00:00Z',
              commit_id: sha('c4'),
            },
          ],
        }),
      ),
    ).toMatchObject({
      events: [
        { action: 'opened', at: opened.at },
        { action: 'updated', at: '2026-05-04T12:00:01.000Z' },
        { action: 'resolved' },
        { action: 'reopened' },
        { action: 'resolved', at: '2026-05-04T12:00:00.000Z' },
        {
          type: 'remediation',
          incidentId: opened.incidentId,
          deployment: { revision: sha('c4') },
        },
      ],
    });
  });

  it('is known of everywhere only where that is said', () => {
    const ping = payloads.ping(['issues', 'push']);
    expect(reason('ping', ping)).toBe('ignored: a greeting of the webhook');
    expect(events('ping', ping, { incidents: { complete: true } })).toEqual([
      {
        type: 'failure_data',
        service: SERVICE,
        provides: 'incidents',
        since: '2026-05-01T08:00:00.000Z',
      },
    ]);
    expect(
      source({ incidents: { complete: true } }).normalise(
        fetched(COVERED, {
          repository: payloads.repository(),
          since: '2026-01-01T00:00:00.000Z',
        }),
      ),
    ).toMatchObject({ events: [{ since: '2026-01-01T00:00:00.000Z' }] });
  });
});

it.each(['star', 'create', 'check_run', 'constructor'])(
  'ignores the event %s, and says so',
  event => {
    expect(reason(event, { repository: payloads.repository() })).toBe(
      `ignored: ${event} says nothing about delivery metrics`,
    );
  },
);

it('names the settings by which it reads, without the secrets', () => {
  const { settings } = source({
    webhookSecrets: [NEW],
    incidents: { labels: ['outage'] },
  });
  expect(settings).toContain('outage');
  expect(settings).not.toContain(NEW);
});

it('withstands ten thousand hostile payloads', async () => {
  const github = source({
    webhookSecrets: [NEW],
    deployWorkflows: [{ workflow: 'Ship *' }],
    releases: {},
    transientEnvironments: true,
    incidents: { complete: true },
  });
  const one = payloads.pushedCommit('c2', '2026-05-04T10:59:58+02:00');
  const commits = [
    payloads.apiCommit('b1', ['c1'], '2026-05-02T12:00:00Z'),
    payloads.apiCommit('b2', ['b1'], '2026-05-02T14:00:00Z', {
      files: [{ filename: 'a' }],
    }),
  ];
  const webhooks = (
    [
      ['deployment', payloads.deployment()],
      ['deployment_status', payloads.deploymentStatus('success')],
      ['push', payloads.push([one])],
      ['pull_request', payloads.pullRequest('closed')],
      [
        'pull_request_review',
        payloads.review('approved', '2026-05-03T08:00:00Z'),
      ],
      ['workflow_run', payloads.workflowRun('completed')],
      ['workflow_run', payloads.workflowRun('completed', { name: 'Ship it' })],
      ['release', payloads.release('published')],
      ['issues', payloads.issue('opened')],
      ['ping', payloads.ping(['issues'])],
    ] as const
  ).map(([name, payload]) => ({
    name,
    payload,
    headers: { 'x-github-event': name, 'x-github-delivery': 'd-1' },
  }));
  const report = await fuzzSource({
    source: github,
    webhooks,
    authentication: {
      headers: body => ({ 'x-hub-signature-256': signature(body) }),
      coversBody: true,
    },
    events: [
      fetched(COMMITS, { repository: payloads.repository(), commits }),
      fetched(PULL, {
        repository: payloads.repository(),
        pull_request: payloads.pullObject(),
        commits,
        reviews: [{ state: 'APPROVED', submitted_at: '2026-05-03T08:00:00Z' }],
        merge_commit: commits[1],
      }),
      fetched(ISSUE, {
        ...payloads.issue(''),
        events: [{ event: 'closed', created_at: '2026-05-04T10:30:00Z' }],
      }),
      fetched(ISSUE, {
        ...payloads.issue('', { former: true }, { labels: [] }),
        events: [{ event: 'closed', created_at: '2026-05-04T10:30:00Z' }],
      }),
      fetched(GONE, {
        repository: payloads.repository(),
        issue: { number: 12 },
        at: '2026-05-05T00:00:00.000Z',
      }),
    ],
    mutations: 12_000,
  });
  expect(report.accepted).toBeGreaterThan(1_000);
  expect(report.rejected).toBeGreaterThan(500);
  expect(report.refusedRequests).toBeGreaterThan(1_000);
}, 300_000);
