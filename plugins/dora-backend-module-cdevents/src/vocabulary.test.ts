import { ConfigReader } from '@backstage/config';
import { deriveServiceFacts, DomainEvent } from '@pavedroad/plugin-dora-common';
import { RawDeliveryEvent } from '@pavedroad/plugin-dora-node';
import { readCdeventsOptions } from './options';
import { createCdeventsSource } from './source';

const T = '2026-05-01T12:00:00.000Z';
const SHA = 'ab12'.repeat(10);
const PURL = `pkg:oci/checkout@sha256:${'0b31'.repeat(16)}`;
const SPECS = ['0.3.0', '0.4.1', '0.5.1'] as const;
type Spec = (typeof SPECS)[number];

const LINKS = [
  {
    linkType: 'RELATION',
    linkKind: 'TRIGGER',
    target: { contextId: '5328c37f' },
    tags: { team: 'payments' },
  },
  { linkType: 'END', from: { contextId: '5328c37f' } },
];

/** An event with every member that its specification has. */
function cdevent(
  name: string,
  id: string,
  content: object = {},
  options: {
    spec?: Spec;
    context?: object;
    customData?: object;
    envelope?: Partial<RawDeliveryEvent>;
  } = {},
): RawDeliveryEvent {
  const { spec = '0.5.1', context, customData, envelope } = options;
  const typeVersion = { '0.3.0': '0.1.1', '0.4.1': '0.2.0', '0.5.1': '0.3.0' };
  const type = `dev.cdevents.${name}.${typeVersion[spec]}`;
  return {
    id: 'event-1',
    source: '/ci/main',
    type,
    extensions: {},
    sample: false,
    receivedAt: '2026-05-02T00:00:00.000Z',
    data: JSON.parse(
      JSON.stringify({
        context: {
          // Named anew with 0.5.
          ...(spec === '0.5.1' ? { specversion: spec } : { version: spec }),
          id: '271069a8',
          source: '/ci/main',
          type,
          timestamp: '2026-05-01T14:00:00+02:00',
          ...(spec !== '0.3.0' && {
            schemaUri: 'https://schemas.example/custom',
            chainId: '4c8cb7dd',
            links: LINKS,
          }),
          ...context,
        },
        subject: {
          id,
          source: '/ci/main',
          // Until 0.4.
          ...(spec !== '0.5.1' && { type: name.split('.')[0] }),
          content,
        },
        ...(customData && {
          customData,
          customDataContentType: 'application/json',
        }),
      }),
    ),
    ...envelope,
  };
}

const source = createCdeventsSource(
  readCdeventsOptions(
    new ConfigReader({
      dora: {
        cdevents: {
          incidentTickets: [
            { types: ['Incident'] },
            {
              labels: ['outage', 'sev1'],
              priorities: ['critical'],
              serviceLabel: 'component/',
              environment: 'live',
            },
            { groups: ['ledger-oncall'], service: 'component:default/ledger' },
          ],
        },
      },
    }),
  ),
);
const eventsOf = (event: RawDeliveryEvent): DomainEvent[] => {
  const result = source.normalise(event);
  if (result.outcome !== 'accepted') {
    throw new Error(`${result.outcome}: ${result.reason}`);
  }
  return JSON.parse(JSON.stringify(result.events));
};

const environment = { id: 'production', source: '/clusters/eu' };
const repository = { id: 'Payments/Checkout', source: 'https://git.example' };
const testCase = { id: '9', version: '1.0', name: 'Login', type: 'functional' };
const testSuite = { id: '9', version: '1.0', name: 'Auth' };

describe.each(SPECS)('the vocabulary of CDEvents %s', spec => {
  it.each<[string, string, object, object]>([
    [
      'service.deployed',
      'checkout',
      { environment, artifactId: PURL },
      { type: 'deployment', environment: 'production', artifact: PURL },
    ],
    [
      'service.upgraded',
      'checkout',
      { environment, artifactId: PURL },
      { type: 'deployment', status: 'succeeded', at: T },
    ],
    [
      'service.rolledback',
      'checkout',
      { environment, artifactId: PURL },
      { type: 'deployment', rollback: true },
    ],
    [
      'change.created',
      'pr-42',
      { repository, description: 'Retry payments' },
      {
        type: 'pull_request',
        repository: 'payments/checkout',
        number: 42,
        openedAt: T,
        title: 'Retry payments',
      },
    ],
    ['change.updated', 'pr-42', { repository }, { number: 42, updatedAt: T }],
    ['change.reviewed', 'pr-42', { repository }, { approvedAt: T }],
    ['change.merged', 'pr-42', { repository }, { mergedAt: T }],
    [
      'build.finished',
      'build-7',
      { artifactId: PURL },
      { type: 'build', artifact: PURL, finishedAt: T },
    ],
    [
      'artifact.packaged',
      PURL,
      {
        change: { id: SHA, source: 'git.example/payments/checkout' },
        sbom: { uri: 'https://sbom.example/1' },
      },
      { type: 'build', artifact: PURL, revision: SHA },
    ],
    [
      'artifact.published',
      PURL,
      { sbom: { uri: 'https://sbom.example/1' }, user: 'bot' },
      { type: 'build', artifact: PURL },
    ],
    [
      'incident.detected',
      'incident-1',
      {
        description: 'Slow',
        environment,
        service: { id: 'checkout', source: '/clusters/eu' },
        artifactId: PURL,
      },
      {
        type: 'incident',
        action: 'opened',
        at: T,
        service: { name: 'checkout' },
        artifact: PURL,
      },
    ],
    [
      'incident.reported',
      'incident-1',
      {
        environment,
        service: { id: 'checkout' },
        ticketURI: 'https://issues.example/345',
      },
      { action: 'opened', url: 'https://issues.example/345' },
    ],
    [
      'incident.resolved',
      'incident-1',
      { environment, service: { id: 'checkout' } },
      { action: 'resolved' },
    ],
    [
      'ticket.created',
      'OPS-1',
      {
        summary: 'Checkout is down',
        ticketType: 'incident',
        group: 'sre',
        creator: 'Alice',
        assignees: ['Bob'],
        priority: 'high',
        labels: ['service:checkout'],
        milestone: '12',
        uri: 'https://issues.example/OPS-1',
      },
      {
        type: 'incident',
        incidentId: '/ci/main OPS-1',
        localId: 'OPS-1',
        action: 'opened',
        at: T,
        service: { name: 'checkout' },
        title: 'Checkout is down',
        url: 'https://issues.example/OPS-1',
      },
    ],
  ])('reads %s', (name, id, content, expected) => {
    expect(eventsOf(cdevent(name, id, content, { spec }))[0]).toMatchObject(
      expected,
    );
  });

  it.each<[string, object, RegExp]>([
    ['service.published', { environment }, /deployed before/],
    ['service.removed', { environment }, /not a deployment/],
    ['environment.created', { name: 'eu', uri: 'https://eu' }, /environment/],
    ['environment.modified', { name: 'eu' }, /environment/],
    ['environment.deleted', { name: 'eu' }, /environment/],
    ['repository.created', { name: 'a', owner: 'b' }, /repository/],
    ['repository.modified', { name: 'a', uri: 'https://a' }, /repository/],
    ['repository.deleted', { name: 'a' }, /repository/],
    ['branch.created', { repository }, /repository/],
    ['branch.deleted', { repository }, /repository/],
    ['change.abandoned', { repository }, /not delivered/],
    ['build.queued', {}, /finish/],
    ['build.started', {}, /finish/],
    ['build.finished', {}, /no artifact/],
    ['artifact.signed', { signature: 'MEYC' }, /signature/],
    ['artifact.downloaded', { user: 'bot' }, /download/],
    ['artifact.deleted', { user: 'bot' }, /gone/],
    ['pipelinerun.queued', { pipelineName: 'p' }, /not begun/],
    ['pipelinerun.started', { pipelineName: 'p' }, /customData.deployment/],
    ['pipelinerun.finished', { outcome: 'success' }, /customData.deployment/],
    ['taskrun.started', { pipelineRun: { id: 'r' } }, /customData.deployment/],
    ['taskrun.finished', { outcome: 'failure' }, /customData.deployment/],
    ['testcaserun.queued', { environment, testCase }, /test results/],
    ['testcaserun.started', { environment, testCase }, /test results/],
    ['testcaserun.finished', { outcome: 'success', testCase }, /test results/],
    ['testcaserun.skipped', { reason: 'no', testCase }, /test results/],
    ['testsuiterun.queued', { environment, testSuite }, /test results/],
    ['testsuiterun.started', { environment, testSuite }, /test results/],
    ['testsuiterun.finished', { severity: 'low', testSuite }, /test results/],
    ['testoutput.published', { outputType: 'video' }, /test results/],
    ['ticket.created', { ticketType: 'task' }, /incidentTickets/],
    ['approval.created', { status: 'pending' }, /not yet given/],
    ['approval.updated', { status: 'pending' }, /closed/],
    ['service.sang', {}, /says nothing/],
    ['weather.changed', {}, /says nothing/],
  ])('ignores %s and says why', (name, content, reason) => {
    expect(source.normalise(cdevent(name, 'x', content, { spec }))).toEqual({
      outcome: 'ignored',
      reason: expect.stringMatching(reason),
    });
  });
});

describe('tickets as incidents', () => {
  const ticket = (predicate: string, content: object, customData?: object) =>
    source.normalise(
      cdevent(`ticket.${predicate}`, 'OPS-1', content, { customData }),
    );
  const outage = {
    labels: ['Outage', 'component/checkout'],
    priority: 'Critical',
  };

  it.each([
    ['by its type', { ticketType: 'INCIDENT', labels: ['service:a'] }, 'a'],
    ['by label and priority together', outage, 'checkout'],
  ])('takes a ticket %s', (_, content, name) => {
    expect(ticket('created', content)).toMatchObject({
      events: [{ action: 'opened', service: { name } }],
    });
  });

  it.each([
    ['a label alone', { ...outage, priority: 'low' }],
    ['a priority alone', { ...outage, labels: ['component/checkout'] }],
    ['another type', { ticketType: 'task' }],
    ['no service', { ticketType: 'incident' }],
  ])('does not take %s', (_, content) => {
    expect(ticket('created', content)).toMatchObject({ outcome: 'ignored' });
  });

  it('has service and environment from the entry where the ticket names none', () => {
    expect(ticket('closed', { group: 'Ledger-OnCall' })).toMatchObject({
      events: [
        {
          action: 'resolved',
          service: { entityRef: 'component:default/ledger' },
        },
      ],
    });
    expect(ticket('created', outage)).toMatchObject({
      events: [{ environment: 'live' }],
    });
  });

  it('are over when they are closed, whatever they have become and whoever they name', () => {
    const over = {
      type: 'incident',
      incidentId: '/ci/main OPS-1',
      localId: 'OPS-1',
      acrossServices: true,
      action: 'resolved',
      at: T,
    };
    expect(ticket('closed', { ticketType: 'task' })).toEqual({
      outcome: 'accepted',
      events: [over],
    });
    expect(ticket('closed', { ticketType: 'incident' })).toMatchObject({
      events: [over],
    });
    // Nobody takes tickets for incidents, so none was one.
    expect(
      createCdeventsSource({ incidentTickets: [] }).normalise(
        cdevent('ticket.closed', 'OPS-1', { ticketType: 'task' }),
      ),
    ).toMatchObject({ outcome: 'ignored' });
  });

  it('opens a ticket that becomes an incident later when it was created', () => {
    expect(ticket('updated', outage)).toMatchObject({
      events: [{ action: 'updated', at: T }],
    });
    const createdAt = '2026-05-01T09:00:00.000Z';
    expect(ticket('updated', outage, { createdAt })).toMatchObject({
      events: [{ action: 'opened', at: createdAt }],
    });
    expect(ticket('updated', outage, { reopened: true })).toMatchObject({
      events: [{ action: 'reopened' }],
    });
  });
});

describe('approvals', () => {
  it.each([
    ['https://git.example/Payments/Checkout/pull/42', 'payments/checkout'],
    ['https://gitlab.example/a/b/c/-/merge_requests/42', 'a/b/c'],
    ['https://git.example/a/b/pulls/42/', 'a/b'],
  ])('of %s are approvals of a pull request', (url, slug) => {
    const closed = (decision: string) =>
      source.normalise(
        cdevent('approval.closed', 'approval-1', {
          approvalDetailsUrl: 'https://approvals.example/1',
          resourceTargetUrl: url,
          responder: 'urn:user:bob',
          decision,
          status: decision,
        }),
      );
    expect(closed('approved')).toMatchObject({
      events: [{ repository: slug, number: 42, approvedAt: T }],
    });
    expect(closed('rejected')).toMatchObject({ outcome: 'ignored' });
  });

  it('of anything else are ignored', () => {
    expect(
      source.normalise(
        cdevent('approval.closed', 'approval-1', {
          resourceTargetUrl: 'https://deployments.example/myapp/prod',
          decision: 'approved',
        }),
      ),
    ).toMatchObject({ outcome: 'ignored' });
  });
});

describe('what events are tied by', () => {
  const COMMIT = 'c0'.repeat(20);
  const history: DomainEvent = {
    type: 'commits',
    repository: 'payments/checkout',
    commits: [{ id: COMMIT, parents: [], committedAt: T }],
  };
  const facts = (...events: RawDeliveryEvent[]) =>
    deriveServiceFacts({
      serviceRef: 'component:default/checkout',
      events: [history, ...events.flatMap(eventsOf)],
    }).attempts[0];
  const merged = cdevent(
    'change.merged',
    'pr-42',
    { repository },
    { customData: { mergeCommit: COMMIT } },
  );
  const change = { id: 'pr-42', source: 'git.example/payments/checkout' };
  const packaged = (context: object = {}, of: object = change) =>
    cdevent('artifact.packaged', PURL, { change: of }, { context });
  const deployed = (content: object, context: object = {}) =>
    cdevent(
      'service.deployed',
      'checkout',
      { environment, ...content },
      { context },
    );

  it('ties the artifact to the merge of the change it was made of', () => {
    expect(facts(deployed({ artifactId: PURL }), packaged(), merged)).toEqual(
      expect.objectContaining({ revision: COMMIT, artifact: PURL }),
    );
  });

  it('ties a deployment without an artifact by its link', () => {
    const links = [
      {
        linkType: 'RELATION',
        linkKind: 'ARTIFACT',
        target: { contextId: 'packaging' },
      },
    ];
    expect(
      facts(
        deployed({}, { links, chainId: 'another' }),
        packaged({ id: 'packaging' }),
        merged,
      ).revision,
    ).toBe(COMMIT);
  });

  it('ties a deployment without an artifact by its chain', () => {
    expect(facts(deployed({}), packaged({}, { id: COMMIT })).revision).toBe(
      COMMIT,
    );
    expect(
      facts(
        deployed({}, { chainId: 'another', links: [] }),
        packaged({}, { id: COMMIT }),
      ).revision,
    ).toBeUndefined();
  });

  it('believes what is named before what is linked', () => {
    const event = deployed({ artifactId: 'pkg:oci/checkout@1' });
    expect(eventsOf(event)[0]).toMatchObject({
      artifact: 'pkg:oci/checkout@1',
    });
  });

  it.each([[{}], ['x'], [[[]]], [[{ target: { contextId: 7 } }]]])(
    'never fails on links %j',
    links => {
      const result = source.normalise(deployed({}, { links }));
      expect(['accepted', 'rejected']).toContain(result.outcome);
    },
  );
});
