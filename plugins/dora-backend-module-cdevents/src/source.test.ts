import { RawDeliveryEvent } from '@pavedroad/plugin-dora-node';
import fc from 'fast-check';
import { cdeventsSource } from './source';

const T = '2026-05-01T12:00:00.000Z';
const SHA = 'ab12'.repeat(10);
const OTHER = 'cd34'.repeat(10);
const DIGEST_PURL = `pkg:oci/checkout@sha256%3A${'0b31'.repeat(16)}`;

function raw(
  type: string,
  data: unknown,
  attributes: Partial<RawDeliveryEvent> = {},
): RawDeliveryEvent {
  return {
    id: 'event-1',
    source: '/ci/main',
    type,
    data: data as RawDeliveryEvent['data'],
    extensions: {},
    sample: false,
    receivedAt: '2026-05-02T00:00:00.000Z',
    ...attributes,
  };
}

/** A CDEvent in the layout of a spec version: they differ in the context only. */
function cdevent(
  name: string,
  subject: object,
  customData?: object,
  version: '0.3' | '0.4' | '0.5' = '0.5',
): RawDeliveryEvent {
  const typeVersion = { '0.3': '0.1.1', '0.4': '0.2.0', '0.5': '0.3.0' }[
    version
  ];
  const type = `dev.cdevents.${name}.${typeVersion}`;
  return raw(type, {
    context: {
      ...(version === '0.5'
        ? { specversion: '0.5.0' }
        : { version: `${version}.0` }),
      ...(version !== '0.3' && { chainId: 'chain', links: [] }),
      id: 'event-1',
      source: '/ci/main',
      type,
      timestamp: '2026-05-01T14:00:00+02:00',
    },
    subject: {
      source: '/ci/main',
      ...(version !== '0.5' && { type: name.split('.')[0] }),
      ...subject,
    },
    ...(customData && {
      customData,
      customDataContentType: 'application/json',
    }),
  });
}

const normalised = (event: RawDeliveryEvent) => cdeventsSource.normalise(event);
const one = (event: RawDeliveryEvent) => {
  const result = normalised(event);
  if (result.outcome !== 'accepted') {
    throw new Error(`${result.outcome}: ${result.reason}`);
  }
  expect(result.events).toHaveLength(1);
  return JSON.parse(JSON.stringify(result.events[0]));
};

describe('cdeventsSource', () => {
  describe.each(['0.3', '0.4', '0.5'] as const)('of spec %s', version => {
    const production = { environment: { id: 'production' } };

    it.each([
      ['service.deployed', {}],
      ['service.upgraded', {}],
      ['service.rolledback', { rollback: true }],
    ])('reads %s', (name, more) => {
      expect(
        one(
          cdevent(
            name,
            {
              id: 'Component:default/Checkout',
              content: { ...production, artifactId: DIGEST_PURL },
            },
            undefined,
            version,
          ),
        ),
      ).toEqual({
        type: 'deployment',
        service: { entityRef: 'component:default/checkout' },
        deploymentId: '/ci/main event-1',
        status: 'succeeded',
        at: T,
        environment: 'production',
        // One spelling, however the sender encoded it.
        artifact: `pkg:oci/checkout@sha256:${'0b31'.repeat(16)}`,
        ...more,
      });
    });

    it.each([
      ['change.created', { openedAt: T }],
      ['change.reviewed', { approvedAt: T }],
      ['change.merged', { mergedAt: T }],
    ])('reads %s', (name, more) => {
      expect(
        one(
          cdevent(
            name,
            {
              id: 'pr-42',
              content: { repository: { id: 'Payments/Checkout' } },
            },
            undefined,
            version,
          ),
        ),
      ).toEqual({
        type: 'pull_request',
        repository: 'payments/checkout',
        number: 42,
        updatedAt: T,
        ...more,
      });
    });

    it.each([
      ['build.finished', { id: 'build-1', content: { artifactId: 'x@1' } }],
      ['artifact.published', { id: 'x@1' }],
      ['artifact.packaged', { id: 'x@1', content: { change: { id: '7' } } }],
    ])('reads %s', (name, subject) => {
      expect(one(cdevent(name, subject, undefined, version))).toEqual({
        type: 'build',
        artifact: 'x@1',
        finishedAt: T,
      });
    });

    it.each([
      ['incident.detected', 'opened'],
      ['incident.reported', 'opened'],
      ['incident.resolved', 'resolved'],
    ])('reads %s', (name, action) => {
      expect(
        one(
          cdevent(
            name,
            {
              id: 'incident-123',
              content: {
                ...production,
                description: 'Slow',
                service: { id: 'checkout' },
                ticketURI: 'https://issues.example/345',
              },
            },
            undefined,
            version,
          ),
        ),
      ).toEqual({
        type: 'incident',
        service: { name: 'checkout' },
        incidentId: '/ci/main incident-123',
        localId: 'incident-123',
        acrossServices: true,
        action,
        at: T,
        title: 'Slow',
        url: 'https://issues.example/345',
        environment: 'production',
      });
    });

    it.each([
      'service.published',
      'service.removed',
      'change.abandoned',
      'environment.created',
      'environment.modified',
      'environment.deleted',
      'pipelinerun.finished',
      'taskrun.finished',
      'testsuiterun.finished',
      'constructor.toString',
    ])('ignores %s and says why', name => {
      expect(
        normalised(
          cdevent(name, { id: 'x', content: production }, undefined, version),
        ),
      ).toEqual({ outcome: 'ignored', reason: expect.any(String) });
    });
  });

  const deployed = (customData: object, content: object = {}) =>
    one(
      cdevent(
        'service.deployed',
        { id: 'checkout', content: { environment: 'production', ...content } },
        customData,
      ),
    );

  it('reads what customData says about a deployment', () => {
    expect(
      deployed({
        deploymentId: 'd1',
        jobId: 'eu',
        status: 'failure',
        revision: SHA,
        startedAt: '2026-05-01T11:00:00Z',
        labels: ['Hotfix', 'unknown'],
        fixesIncidents: ['incident-1'],
        blames: { revision: OTHER },
        url: 'https://ci.example/1',
      }),
    ).toMatchObject({
      deploymentId: 'd1',
      jobId: 'eu',
      status: 'failed',
      revision: SHA,
      startedAt: '2026-05-01T11:00:00.000Z',
      labels: ['hotfix'],
      fixesIncidents: ['incident-1'],
      blames: { revision: OTHER },
      url: 'https://ci.example/1',
    });
  });

  it.each([
    [`pkg:github/Payments/Checkout@${SHA}`, 'payments/checkout'],
    [
      `pkg:oci/x@1?vcs_url=git%2Bhttps://git.example/a/b.git%40${SHA}`,
      'https://git.example/a/b.git',
    ],
    [`pkg:generic/checkout@${SHA}`, undefined],
  ])('finds the repository that %s names', (artifactId, repository) => {
    expect(deployed({}, { artifactId }).service).toEqual({
      name: 'checkout',
      ...(repository && { repository }),
    });
  });

  it('takes a finished run that carries a deployment', () => {
    expect(
      one(
        cdevent(
          'taskrun.finished',
          {
            id: 'run-7',
            content: { outcome: 'cancel', url: 'https://ci.example/7' },
          },
          {
            deployment: {
              service: 'component:default/checkout',
              environment: 'production',
              revision: SHA,
            },
          },
        ),
      ),
    ).toEqual({
      type: 'deployment',
      service: { entityRef: 'component:default/checkout' },
      deploymentId: 'run-7',
      jobId: 'run-7',
      status: 'canceled',
      at: T,
      environment: 'production',
      revision: SHA,
      url: 'https://ci.example/7',
    });
  });

  it('leaves links that no page should follow out', () => {
    for (const url of ['vbscript:alert(1)', 'data:text/html,x', 7, 'x y']) {
      expect(deployed({ url }).url).toBeUndefined();
    }
  });

  it('falls back on the moments of the envelope', () => {
    const data = {
      subject: { id: 'checkout', content: { environment: { id: 'prod' } } },
    };
    const type = 'dev.cdevents.service.deployed.0.3.0';
    expect(one(raw(type, data, { time: T })).at).toBe(T);
    expect(one(raw(type, data)).at).toBe('2026-05-02T00:00:00.000Z');
  });

  it('reads the portal’s own types', () => {
    expect(
      one(
        raw('dev.pavedroad.git.commits.0.1.0', {
          repository: 'Payments/Checkout',
          defaultBranch: 'main',
          commits: [
            {
              id: SHA.toUpperCase(),
              parents: [OTHER],
              authoredAt: '2026-05-01T10:00:00+02:00',
              committedAt: '2026-05-01T11:00:00+02:00',
              authorName: 'Ines',
              paths: ['src/a.ts'],
            },
          ],
        }),
      ),
    ).toEqual({
      type: 'commits',
      repository: 'payments/checkout',
      defaultBranch: 'main',
      commits: [
        {
          id: SHA,
          parents: [OTHER],
          authoredAt: '2026-05-01T08:00:00.000Z',
          committedAt: '2026-05-01T09:00:00.000Z',
          authorName: 'Ines',
          paths: ['src/a.ts'],
        },
      ],
    });
    expect(
      one(
        raw('dev.pavedroad.git.release.0.1.0', {
          entityRef: 'component:default/checkout',
          tag: 'v1.2.0',
          revision: SHA,
          releasedAt: T,
        }),
      ),
    ).toEqual({
      type: 'release_tag',
      service: { entityRef: 'component:default/checkout' },
      tag: 'v1.2.0',
      revision: SHA,
      releasedAt: T,
    });
    expect(
      one(
        raw('dev.pavedroad.source.declared.0.1.0', {
          entityRef: 'component:default/checkout',
          provides: 'incidents',
          since: T,
        }),
      ),
    ).toMatchObject({ type: 'failure_data', provides: 'incidents', since: T });
  });

  it.each([
    ['dev.pavedroad.git.commits.0.1.0', { repository: 'a/b' }],
    ['dev.pavedroad.git.commits.0.1.0', { commits: [{}], repository: 'a/b' }],
    ['dev.pavedroad.git.release.0.1.0', { tag: 'v1', revision: SHA }],
    ['dev.pavedroad.source.declared.0.1.0', { entityRef: 'x', since: T }],
    [
      'dev.pavedroad.source.declared.0.1.0',
      { entityRef: 'component:x', provides: 'hope', since: T },
    ],
    ['dev.cdevents.change.merged.0.3.0', { subject: { id: '7' } }],
    ['dev.cdevents.service.deployed.0.3.0', { subject: [] }],
  ])('rejects broken %s %j', (type, data) => {
    expect(normalised(raw(type, data))).toEqual({
      outcome: 'rejected',
      reason: expect.any(String),
    });
  });

  it('never throws and never answers what cannot be stored, whatever is in an event', () => {
    const valid = [
      cdevent('service.deployed', {
        id: 'checkout',
        content: { environment: { id: 'production' }, artifactId: DIGEST_PURL },
      }),
      cdevent(
        'change.merged',
        { id: '7', content: { repository: { id: 'a/b' } } },
        { mergeCommit: SHA, commits: [{ id: SHA, committedAt: T }] },
      ),
      cdevent('artifact.packaged', { id: DIGEST_PURL, content: {} }),
      cdevent('incident.detected', {
        id: 'i',
        content: { environment: { id: 'p' }, service: { id: 'checkout' } },
      }),
      raw('dev.pavedroad.git.commits.0.1.0', {
        repository: 'a/b',
        commits: [{ id: SHA, parents: [OTHER], committedAt: T }],
      }),
      raw('dev.pavedroad.git.release.0.1.0', {
        repository: 'a/b',
        tag: 'v1',
        revision: SHA,
        releasedAt: T,
      }),
    ];
    const paths = (value: unknown, prefix: string[] = []): string[][] =>
      typeof value === 'object' && value !== null
        ? [
            prefix,
            ...Object.entries(value).flatMap(([key, member]) =>
              paths(member, [...prefix, key]),
            ),
          ]
        : [prefix];
    fc.assert(
      fc.property(
        fc.constantFrom(...valid),
        fc.nat(),
        fc.oneof(
          fc.jsonValue({ maxDepth: 3 }),
          fc.constantFrom('', ' ', '__proto__', 'pkg:', 'pkg:a/b@', '0', -1),
        ),
        (event, pick, value) => {
          const mutated = JSON.parse(JSON.stringify(event)) as RawDeliveryEvent;
          const all = paths(mutated.data).filter(path => path.length > 0);
          const path = all[pick % all.length];
          let holder = mutated.data as unknown as Record<string, unknown>;
          for (const key of path.slice(0, -1)) {
            holder = holder[key] as Record<string, unknown>;
          }
          holder[path[path.length - 1]] = value;
          const result = normalised(mutated);
          expect(['accepted', 'ignored', 'rejected']).toContain(result.outcome);
          expect(normalised(mutated)).toEqual(result);
        },
      ),
      { numRuns: 10_000 },
    );
  });
});
