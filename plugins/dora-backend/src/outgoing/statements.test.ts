import {
  deriveServiceFacts,
  DomainEvent,
  ServiceFacts,
} from '@pavedroad/plugin-dora-common';
import { ConfigReader } from '@backstage/config';
import { readOutgoingOptions } from './options';
import { retryPause } from './OutgoingWorker';
import { cloudEventOf, Statement, statementsOf } from './statements';

const CHECKOUT = 'component:default/checkout';
const A = 'a1'.repeat(20);
const B = 'b2'.repeat(20);
const NOW = Date.parse('2026-05-02T00:00:00Z');
const told = (source: string) => ({ provenance: { source } });
const deployment = (
  id: string,
  at: string,
  revision: string,
  more: object = {},
): DomainEvent => ({
  type: 'deployment',
  service: { entityRef: CHECKOUT },
  deploymentId: id,
  status: 'succeeded',
  at: `2026-05-01T${at}:00Z`,
  environment: 'production',
  revision,
  ...told('github'),
  ...more,
});
const incident = (
  action: 'opened' | 'resolved' | 'reopened',
  at: string,
  source = 'pagerduty',
): DomainEvent => ({
  type: 'incident',
  service: { entityRef: CHECKOUT },
  incidentId: 'INC-1',
  action,
  at: `2026-05-01T${at}:00Z`,
  ...told(source),
});
const factsOf = (...events: DomainEvent[]): ServiceFacts =>
  deriveServiceFacts({ serviceRef: CHECKOUT, events });
const say = (
  facts: ServiceFacts,
  said: Statement[] = [],
  since = '2026-05-01T00:00:00Z',
) =>
  statementsOf(
    facts,
    new Map(said.map(({ subject, state }) => [subject, { state, version: 1 }])),
    Date.parse(since),
    NOW,
  );
const shortly = (statements: Statement[]) =>
  statements.map(({ type, at }) => [
    type.replace(/^dev\.(cdevents|pavedroad\.delivery)\./, ''),
    new Date(at).toISOString().slice(11, 16),
  ]);

describe('what there is to say', () => {
  it.each<[string, DomainEvent[], string[][]]>([
    [
      'deployments, and which of them are rollbacks',
      [
        deployment('1', '08:00', A),
        deployment('2', '09:00', B),
        deployment('3', '10:00', A, { rollback: true }),
      ],
      [
        ['service.deployed.0.3.0', '08:00'],
        ['service.deployed.0.3.0', '09:00'],
        ['service.rolledback.0.3.0', '10:00'],
        ['failureattributed.0.1.0', '10:00'],
      ],
    ],
    [
      'nothing of what was a CDEvent',
      [
        deployment('1', '08:00', A, told('cdevents')),
        incident('opened', '23:00', 'cdevents'),
      ],
      [['failureattributed.0.1.0', '23:00']],
    ],
    [
      'nothing of attempts that did not reach the environment',
      [deployment('1', '08:00', A, { status: 'failed' })],
      [],
    ],
    [
      'incidents from opening to resolution',
      [incident('opened', '08:00'), incident('resolved', '09:00')],
      [
        ['incident.detected.0.3.0', '08:00'],
        ['incident.resolved.0.3.0', '09:00'],
      ],
    ],
  ])('is %s', (_, events, expected) => {
    expect(shortly(say(factsOf(...events)))).toEqual(expected);
  });

  it('is nothing of what became so too long ago', () => {
    const facts = factsOf(
      deployment('1', '08:00', A),
      deployment('2', '12:00', B),
    );
    expect(shortly(say(facts, [], '2026-05-01T10:00:00Z'))).toEqual([
      ['service.deployed.0.3.0', '12:00'],
    ]);
  });

  it('is said once, and again when it changes, however old it is', () => {
    const before = factsOf(
      deployment('1', '08:00', A),
      incident('opened', '09:00'),
    );
    const said = say(before);
    expect(said).toHaveLength(3);
    expect(say(before, said)).toEqual([]);
    const later = factsOf(
      deployment('1', '08:00', A),
      deployment('2', '08:30', B),
      incident('opened', '09:00'),
    );
    expect(shortly(say(later, said, '2026-06-01T00:00:00Z'))).toEqual([
      ['failureattributed.0.1.0', '09:00'],
    ]);
    const withdrawn = factsOf(deployment('1', '08:00', A));
    expect(say(withdrawn, said)).toMatchObject([
      {
        type: 'dev.pavedroad.delivery.failureunattributed.0.1.0',
        data: { cause: { kind: 'incident', id: 'INC-1' } },
      },
    ]);
    expect(say(withdrawn, [...said, ...say(withdrawn, said)])).toEqual([]);
  });

  it('includes that an incident began again', () => {
    const said = say(
      factsOf(incident('opened', '08:00'), incident('resolved', '09:00')),
    );
    const again = factsOf(
      incident('opened', '08:00'),
      incident('resolved', '09:00'),
      incident('reopened', '09:10'),
    );
    expect(say(again, said)).toMatchObject([
      {
        type: 'dev.cdevents.incident.detected.0.3.0',
        data: { customData: { reopened: true } },
      },
    ]);
  });

  it('names nobody and repeats nobody’s words', () => {
    const facts = factsOf(deployment('1', '08:00', A), {
      type: 'attribution',
      service: { entityRef: CHECKOUT },
      attributionId: 'm1',
      blame: { id: '1' },
      author: { kind: 'person', name: 'user:default/ines.duarte' },
      recordedAt: '2026-05-01T20:00:00Z',
      reason: 'Between us: it was the cache',
    });
    const text = JSON.stringify(say(facts));
    expect(text).toContain('"author":"person"');
    expect(text).not.toMatch(/ines|cache/);
  });

  it('is a CDEvent with everything its schema asks for', () => {
    const [statement] = say(factsOf(deployment('1', '08:00', A)));
    const envelope = { id: 'e1', source: 'http://portal/api/dora' };
    const event = cloudEventOf(statement, envelope);
    expect(event).toMatchObject({ ...envelope, specversion: '1.0' });
    expect(event.data).toMatchObject({
      context: {
        ...envelope,
        specversion: '0.5.1',
        type: event.type,
        timestamp: '2026-05-01T08:00:00.000Z',
      },
      subject: {
        id: CHECKOUT,
        content: {
          environment: { id: 'production' },
          artifactId: `pkg:generic/checkout@${A}`,
        },
      },
    });
  });
});

describe('settings', () => {
  const read = (outgoing?: object) =>
    readOutgoingOptions(
      new ConfigReader({
        backend: { baseUrl: 'http://portal/' },
        dora: { ...(outgoing && { outgoing }) },
      }),
    );

  it('send nothing anywhere unless told', () => {
    expect(read()).toMatchObject({
      targets: [],
      source: 'http://portal/api/dora',
    });
  });

  it('name a sink by its address without what is secret in it', () => {
    const [sink] = read({
      sinks: [{ url: 'https://me:pw@sink.example/in?key=k#f' }],
    }).targets;
    expect(sink.id).toBe('https://sink.example/in');
  });

  it.each([
    [{ sinks: [{ url: 'file:///etc/passwd' }] }, /http or https/],
    [{ sinks: [{ url: 'sink' }] }, /http or https/],
    [
      { sinks: [{ url: 'http://a/b?1' }, { url: 'http://a/b?2' }] },
      /give sinks an id/,
    ],
    [{ maxAttempts: 0 }, /positive/],
  ])('refuse %j', (outgoing, message) => {
    expect(() => read(outgoing)).toThrow(message);
  });

  it.each(['Bearer hush\nhush', 'Bearer hush—hush'])(
    'refuse the header %j without repeating it',
    authorization => {
      const sinks = [{ url: 'http://a/b', headers: { authorization } }];
      expect(() => read({ sinks })).toThrow(/authorization cannot be sent/);
      expect(() => read({ sinks })).not.toThrow(/hush/);
    },
  );

  it('wait longer each time, at most ten minutes, and outlast a target that is away for five hours', () => {
    expect([1, 2, 3, 50].map(retryPause)).toEqual([
      1_000, 4_000, 16_000, 600_000,
    ]);
    const { maxAttempts } = read({});
    const pauses = Array.from({ length: maxAttempts - 1 }, (_, i) =>
      retryPause(i + 1),
    );
    const hours = pauses.reduce((sum, pause) => sum + pause, 0) / 3_600_000;
    expect(hours).toBeGreaterThan(5);
    expect(hours).toBeLessThan(6);
  });
});
