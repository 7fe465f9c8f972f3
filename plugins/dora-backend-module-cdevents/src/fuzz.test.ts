import { RawDeliveryEvent } from '@pavedroad/plugin-dora-node';
import { fuzzSource } from '@pavedroad/plugin-dora-node/testUtils';
import { createCdeventsSource } from './source';

jest.setTimeout(120_000);

const T = '2026-05-01T12:00:00.000Z';
const SHA = 'ab12'.repeat(10);
const OTHER = 'cd34'.repeat(10);

const raw = (type: string, data: object): RawDeliveryEvent => ({
  id: 'event-1',
  source: '/ci/main',
  type,
  time: T,
  data: JSON.parse(JSON.stringify(data)),
  extensions: {},
  sample: false,
  receivedAt: '2026-05-02T00:00:00.000Z',
});

const cdevent = (
  name: string,
  id: string,
  content: object,
  customData: object = {},
) =>
  raw(`dev.cdevents.${name}.0.3.0`, {
    context: {
      specversion: '0.5.0',
      id: 'event-1',
      source: '/ci/main',
      type: `dev.cdevents.${name}.0.3.0`,
      timestamp: T,
    },
    subject: { id, source: '/ci/main', content },
    customData,
  });

const environment = { id: 'production' };
const artifactId = `pkg:oci/checkout@sha256%3A${'0b31'.repeat(16)}`;

const EVENTS: RawDeliveryEvent[] = [
  ...['deployed', 'upgraded', 'rolledback'].map(predicate =>
    cdevent(
      `service.${predicate}`,
      'component:default/checkout',
      { environment, artifactId },
      {
        deploymentId: 'd1',
        jobId: 'eu',
        status: 'success',
        revision: SHA,
        startedAt: T,
        labels: ['hotfix'],
        fixesIncidents: ['incident-1'],
        blames: { revision: OTHER, environment: 'production' },
        url: 'https://ci.example/1',
      },
    ),
  ),
  ...['created', 'reviewed', 'merged', 'updated'].map(predicate =>
    cdevent(
      `change.${predicate}`,
      'pr-42',
      { description: 'Faster', repository: { id: 'payments/checkout' } },
      {
        mergeCommit: SHA,
        mergeMethod: 'squash',
        commits: [
          { id: SHA, committedAt: T, authorName: 'Ines', paths: ['a.ts'] },
        ],
        reverts: [OTHER],
        labels: ['bug'],
      },
    ),
  ),
  cdevent('build.finished', 'build-1', { artifactId }, { revision: SHA }),
  cdevent('artifact.packaged', artifactId, { change: { id: SHA } }),
  cdevent('artifact.published', artifactId, {}),
  ...['detected', 'reported', 'resolved'].map(predicate =>
    cdevent(
      `incident.${predicate}`,
      'incident-1',
      {
        environment,
        description: 'Slow',
        service: { id: 'checkout' },
        artifactId,
        ticketURI: 'https://issues.example/345',
      },
      { deployment: { id: 'd1' }, revision: SHA, reopened: true },
    ),
  ),
  ...['pipelinerun', 'taskrun'].map(subject =>
    cdevent(
      `${subject}.finished`,
      'run-7',
      { outcome: 'success', url: 'https://ci.example/7' },
      {
        deployment: {
          service: 'component:default/checkout',
          environment: 'production',
          revision: SHA,
        },
      },
    ),
  ),
  ...['created', 'updated', 'closed'].map(predicate =>
    cdevent(
      `ticket.${predicate}`,
      'OPS-1',
      {
        summary: 'Checkout is down',
        ticketType: 'incident',
        group: 'sre',
        priority: 'high',
        labels: ['service:checkout', 'outage'],
        uri: 'https://issues.example/OPS-1',
      },
      { createdAt: T, reopened: false, environment },
    ),
  ),
  cdevent('approval.closed', 'approval-1', {
    resourceTargetUrl: 'https://git.example/payments/checkout/pull/42',
    decision: 'approved',
    status: 'approved',
  }),
  raw('dev.cdevents.service.deployed.0.3.0', {
    context: {
      id: 'event-1',
      chainId: 'chain',
      links: [
        {
          linkType: 'RELATION',
          linkKind: 'ARTIFACT',
          target: { contextId: 'event-0' },
        },
        { linkType: 'PATH', from: { contextId: 'event-0' } },
      ],
    },
    subject: { id: 'checkout', content: { environment } },
  }),
  raw('dev.cdevents.artifact.packaged.0.3.0', {
    context: { id: 'event-0', chainId: 'chain', links: [] },
    subject: {
      id: artifactId,
      content: { change: { id: 'pr-42', source: 'payments/checkout' } },
    },
  }),
  raw('dev.pavedroad.git.commits.0.1.0', {
    repository: 'payments/checkout',
    defaultBranch: 'main',
    commits: [
      {
        id: SHA,
        parents: [OTHER],
        authoredAt: T,
        committedAt: T,
        authorName: 'Ines',
        authorEmail: 'ines@example.org',
        subject: 'Change',
        paths: ['src/a.ts'],
        reverts: [OTHER],
      },
    ],
  }),
  raw('dev.pavedroad.git.release.0.1.0', {
    entityRef: 'component:default/checkout',
    repository: 'payments/checkout',
    tag: 'v1.2.0',
    revision: SHA,
    releasedAt: T,
    url: 'https://git.example/v1.2.0',
  }),
  raw('dev.pavedroad.source.declared.0.1.0', {
    entityRef: 'component:default/checkout',
    provides: 'incidents',
    since: T,
  }),
];

describe('hostile CDEvents', () => {
  it('never make the source throw or answer what cannot be kept', async () => {
    const report = await fuzzSource({
      source: createCdeventsSource({
        incidentTickets: [{ types: ['incident'], serviceLabel: 'service:' }],
      }),
      events: EVENTS,
      mutations: 20_000,
    });
    expect(report.cases).toBe(20_000);
    expect(report.accepted).toBeGreaterThan(1_000);
    expect(report.rejected).toBeGreaterThan(1_000);
  });
});
