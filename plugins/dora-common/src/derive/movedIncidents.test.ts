import fc from 'fast-check';
import { DomainEvent, IncidentEvent } from '../events';
import { commit, commits, deploy, hour } from '../__testUtils__/scenario';
import { deriveServiceFacts } from './deriveServiceFacts';

const TILL = 'component:default/till';
const LEDGER = 'component:default/ledger';
const SERVICES = [TILL, LEDGER, 'component:default/basket'];

function said(
  service: string | undefined,
  action: IncidentEvent['action'],
  h: number,
  more: Partial<IncidentEvent> = {},
): IncidentEvent {
  return {
    type: 'incident',
    ...(service && { service: { entityRef: service } }),
    incidentId: 'tool:I',
    acrossServices: true,
    action,
    at: hour(h),
    ...more,
  };
}

/** What a backend gives to the derivation of a service: its own events, and what was said of its incidents elsewhere. */
function seenFrom(service: string, events: IncidentEvent[]): DomainEvent[] {
  const own = events.some(e => e.service?.entityRef === service);
  return own
    ? events.map(event =>
        event.service && event.service.entityRef !== service
          ? { ...event, elsewhere: true as const }
          : event,
      )
    : [];
}

function factsOf(service: string, events: IncidentEvent[]) {
  return deriveServiceFacts({
    serviceRef: service,
    events: [
      commits(commit('c0', '', 0), commit('c1', 'c0', 1)),
      deploy('D0', 'c0', 2),
      deploy('D1', 'c1', 5),
      ...seenFrom(service, events),
    ],
  });
}

const moved = [
  said(TILL, 'opened', 6),
  said(TILL, 'updated', 7),
  said(LEDGER, 'updated', 8),
  said(LEDGER, 'resolved', 9),
];

describe('incidents that move between services', () => {
  it.each<[string, IncidentEvent[], Record<string, [number, number?]>]>([
    ['stay where they are', moved.slice(0, 2), { [TILL]: [6] }],
    ['go where they were said to be last', moved, { [LEDGER]: [6, 9] }],
    [
      'go whole: with the beginning that only the former service was told of',
      [moved[0], moved[2]],
      { [LEDGER]: [6] },
    ],
    [
      'come back',
      [...moved, said(TILL, 'reopened', 10), said(TILL, 'resolved', 11)],
      { [TILL]: [6, 11] },
    ],
    [
      'end where they are by an event that names no service',
      [...moved.slice(0, 3), said(undefined, 'resolved', 9.5)],
      { [LEDGER]: [6, 9.5] },
    ],
    [
      'are none anywhere when they turn out to be none',
      [...moved, said(undefined, 'dismissed', 10)],
      {},
    ],
    ['do not begin by their end', [said(undefined, 'resolved', 9)], {}],
    [
      'are told apart from others of that id that hold within a service',
      [said(TILL, 'opened', 6, { incidentId: 'I', acrossServices: undefined })],
      { [TILL]: [6] },
    ],
  ])('%s', (_, events, expected) => {
    const found = Object.fromEntries(
      SERVICES.flatMap(service =>
        factsOf(service, events).incidents.map(({ openedAt, resolvedAt }) => [
          service,
          [openedAt, resolvedAt].flatMap(moment =>
            moment === undefined
              ? []
              : [(moment - Date.parse(hour(0))) / 3_600_000],
          ),
        ]),
      ),
    );
    expect(found).toEqual(expected);
  });

  it('take the failure they caused with them, and leave failure data behind', () => {
    const failed = (service: string, events: IncidentEvent[]) =>
      factsOf(service, events).deployments.flatMap(deployment =>
        deployment.failed ? [deployment.revision] : [],
      );
    expect(failed(TILL, moved.slice(0, 2))).toEqual(['c1']);
    expect(failed(TILL, moved)).toEqual([]);
    expect(failed(LEDGER, moved)).toEqual(['c1']);
    expect(factsOf(TILL, moved).failureDataSince).toBe(Date.parse(hour(6)));
  });

  it('leave failure data also where they were only for a while', () => {
    const bounced = [
      said(TILL, 'opened', 6),
      said(LEDGER, 'updated', 7),
      said(TILL, 'updated', 8),
    ];
    const since = (service: string) =>
      factsOf(service, bounced).failureDataSince;
    // From the deployment on that it blames.
    expect(since(TILL)).toBe(Date.parse(hour(5)));
    expect(since(LEDGER)).toBe(Date.parse(hour(7)));
  });

  it('blame no deployment that bears the id of one of another service', () => {
    const named = said(TILL, 'opened', 6, { deployment: { id: 'D0' } });
    const blamed = (service: string, events: IncidentEvent[]) =>
      factsOf(service, events).deployments.flatMap(deployment =>
        deployment.failed ? [deployment.revision] : [],
      );
    expect(blamed(TILL, [named])).toEqual(['c0']);
    expect(blamed(LEDGER, [named, said(LEDGER, 'updated', 7)])).toEqual(['c1']);
    expect(
      blamed(TILL, [
        named,
        said(LEDGER, 'updated', 7),
        said(TILL, 'updated', 8),
      ]),
    ).toEqual(['c0']);
  });

  const event = fc
    .tuple(
      fc.constantFrom(...SERVICES, undefined),
      fc.constantFrom<IncidentEvent['action'][]>(
        'opened',
        'updated',
        'resolved',
        'reopened',
        'dismissed',
      ),
      fc.integer({ min: 5, max: 12 }),
      fc.constantFrom(undefined, 'A', 'B'),
    )
    .map(([service, action, h, title]) => said(service, action, h, { title }));

  it('belong to one service at most, in whatever order they are told', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        (events, random) => {
          const owners = SERVICES.filter(
            service => factsOf(service, events).incidents.length > 0,
          );
          expect(owners.length).toBeLessThanOrEqual(1);
          const shuffled = [...events, ...events.slice(0, 3)]
            .map(one => ({ one, key: random.next().value }))
            .sort((a, b) => a.key - b.key)
            .map(({ one }) => one);
          for (const service of SERVICES) {
            expect(factsOf(service, shuffled)).toEqual(
              factsOf(service, events),
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('names of incidents', () => {
  const events: DomainEvent[] = [
    commits(commit('c0', '', 0), commit('c1', 'c0', 1)),
    deploy('D0', 'c0', 2),
    deploy('D1', 'c1', 5),
    ...['/pager', '/desk'].map(
      (source): IncidentEvent => ({
        type: 'incident',
        incidentId: `${source} INC-1`,
        localId: 'INC-1',
        acrossServices: true,
        action: 'opened',
        at: hour(6),
      }),
    ),
  ];
  const derive = (...more: DomainEvent[]) =>
    deriveServiceFacts({ serviceRef: TILL, events: [...events, ...more] });
  const none = (id: string): DomainEvent => ({
    type: 'attribution',
    attributionId: 'm1',
    cause: { kind: 'incident', id },
    blame: 'none',
    author: { kind: 'person', name: 'user:default/ines' },
    recordedAt: hour(8),
  });

  it('keep incidents of two tools apart', () => {
    expect(derive().incidents.map(({ id }) => id)).toEqual([
      '/desk INC-1',
      '/pager INC-1',
    ]);
  });

  it.each([
    ['/pager INC-1', ['/pager INC-1']],
    ['INC-1', ['/desk INC-1', '/pager INC-1']],
    ['INC-2', []],
  ])('let corrections of %s reach %j', (name, expected) => {
    expect(
      derive(none(name))
        .incidents.filter(({ noneToBlame }) => noneToBlame)
        .map(({ id }) => id),
    ).toEqual(expected);
  });

  it('keep what was taken back before ids told the tool', () => {
    const single = (incidentId: string, localId?: string): DomainEvent[] => [
      ...events.slice(0, 3),
      {
        type: 'incident',
        incidentId,
        ...(localId && { localId }),
        action: 'opened',
        at: hour(6),
      },
    ];
    const before = deriveServiceFacts({
      serviceRef: TILL,
      events: single('INC-1'),
    }).attributions[0];
    const after = deriveServiceFacts({
      serviceRef: TILL,
      events: [
        ...single('/pager INC-1', 'INC-1'),
        {
          type: 'attribution_withdrawn',
          attributionId: before.id,
          author: { kind: 'person', name: 'user:default/ines' },
          recordedAt: hour(8),
        },
      ],
    }).attributions[0];
    expect(after.id).not.toBe(before.id);
    expect(after).toMatchObject({ blamed: before.blamed, state: 'withdrawn' });
  });
});
