import type { Entity } from '@backstage/catalog-model';

import { buildSnapshot } from '../catalog/CatalogSnapshot';
import { resolveSchedule, type ProviderMatcher } from './resolution';

const ANNOTATION = 'pavedroad.dev/on-call-schedule';

function entity(
  kind: string,
  name: string,
  spec: Entity['spec'] = {},
  annotations: Record<string, string> = {},
): Entity {
  return { apiVersion: 'x/v1', kind, metadata: { name, annotations }, spec };
}

const pager: ProviderMatcher = {
  id: 'pager',
  title: 'Pager',
  match: e => {
    const scheduleId = e.metadata.annotations?.['pager.com/id'];
    return scheduleId ? { scheduleId, annotation: 'pager.com/id' } : undefined;
  },
};

/** Resolves in an organisation: root ← shop ← pay, with the schedules given by owner. */
function resolve(
  about: Entity,
  schedules: Record<string, string> = {},
  groups: Entity[] = [
    entity('Group', 'root'),
    entity('Group', 'shop', { parent: 'root' }),
    entity('Group', 'pay', { parent: 'shop' }),
  ],
  providers: ProviderMatcher[] = [],
) {
  const refs = Object.keys(schedules).map(s => `oncallschedule:default/${s}`);
  const { trail, found, reason } = resolveSchedule(about, {
    snapshot: buildSnapshot(groups),
    hasSchedule: ref => refs.includes(ref),
    schedulesOf: group =>
      refs.filter(ref => schedules[ref.split('/')[1]] === group.split('/')[1]),
    providers,
  });
  return {
    answer: found
      ? Object.values(found).join(' ').replace('oncallschedule:default/', '')
      : reason?.code,
    trail: trail.map(
      s => `${s.step} ${s.entityRef.split('/')[1]} ${s.outcome}`,
    ),
    reason,
  };
}

const service = (annotations = {}, owner: string | undefined = 'pay') =>
  entity('Component', 'ledger', owner === '' ? {} : { owner }, annotations);

describe('the search for a schedule', () => {
  it.each<[string, () => ReturnType<typeof resolve>, string, string[]]>([
    [
      'its own annotation comes first',
      () =>
        resolve(
          service({ [ANNOTATION]: 's', 'pager.com/id': 'P1' }),
          { s: 'root', t: 'pay' },
          undefined,
          [pager],
        ),
      'native s',
      ['annotation ledger found'],
    ],
    [
      'an annotation may be a full ref',
      () =>
        resolve(service({ [ANNOTATION]: 'OnCallSchedule:default/s' }), {
          s: 'root',
        }),
      'native s',
      ['annotation ledger found'],
    ],
    [
      'then a provider annotation',
      () =>
        resolve(service({ 'pager.com/id': 'P1' }), { t: 'pay' }, undefined, [
          pager,
        ]),
      'pager P1',
      ['annotation ledger nothing', 'provider ledger found'],
    ],
    [
      'then the schedule of the owner',
      () => resolve(service(), { t: 'pay', u: 'shop' }),
      'native t',
      [
        'annotation ledger nothing',
        'provider ledger nothing',
        'owner pay found',
      ],
    ],
    [
      'then parent groups upward',
      () => resolve(service(), { r: 'root' }),
      'native r',
      [
        'annotation ledger nothing',
        'provider ledger nothing',
        'owner pay nothing',
        'parent shop nothing',
        'parent root found',
      ],
    ],
    [
      'none in the end',
      () => resolve(service()),
      'no-schedule',
      [
        'annotation ledger nothing',
        'provider ledger nothing',
        'owner pay nothing',
        'parent shop nothing',
        'parent root nothing',
      ],
    ],
    [
      'several schedules of a group are ambiguous and end the search',
      () => resolve(service(), { a: 'pay', b: 'pay', c: 'shop' }),
      'ambiguous',
      [
        'annotation ledger nothing',
        'provider ledger nothing',
        'owner pay ambiguous',
      ],
    ],
    [
      'unless the group names one',
      () =>
        resolve(service(), { a: 'pay', b: 'pay' }, [
          entity('Group', 'pay', {}, { [ANNOTATION]: 'b' }),
        ]),
      'native b',
      [
        'annotation ledger nothing',
        'provider ledger nothing',
        'owner pay found',
      ],
    ],
    [
      'a group may name a schedule that is not its own',
      () =>
        resolve(service(), { a: 'root' }, [
          entity('Group', 'pay', {}, { [ANNOTATION]: 'a' }),
        ]),
      'native a',
      [
        'annotation ledger nothing',
        'provider ledger nothing',
        'owner pay found',
      ],
    ],
    [
      'an annotation that names nothing is on the trail, and the search goes on',
      () => resolve(service({ [ANNOTATION]: 'gone' }), { t: 'pay' }),
      'native t',
      [
        'annotation ledger missing',
        'provider ledger nothing',
        'owner pay found',
      ],
    ],
    [
      'a provider that is not set up is on the trail',
      () =>
        resolve(service({ 'pagerduty.com/service-id': 'P1' }), { t: 'pay' }),
      'native t',
      [
        'annotation ledger nothing',
        'provider ledger missing',
        'owner pay found',
      ],
    ],
    [
      'no owner',
      () => resolve(service({}, '')),
      'no-owner',
      [
        'annotation ledger nothing',
        'provider ledger nothing',
        'owner ledger missing',
      ],
    ],
    [
      'a user as owner',
      () => resolve(service({}, 'user:default/ines')),
      'owner-not-group',
      [
        'annotation ledger nothing',
        'provider ledger nothing',
        'owner ines missing',
      ],
    ],
    [
      'an owner that does not exist',
      () => resolve(service({}, 'ghosts')),
      'owner-unknown',
      [
        'annotation ledger nothing',
        'provider ledger nothing',
        'owner ghosts missing',
      ],
    ],
    [
      'groups that are each other’s parent end the search',
      () =>
        resolve(service(), {}, [
          entity('Group', 'pay', { parent: 'shop' }),
          entity('Group', 'shop', { parent: 'pay' }),
        ]),
      'no-schedule',
      [
        'annotation ledger nothing',
        'provider ledger nothing',
        'owner pay nothing',
        'parent shop nothing',
      ],
    ],
    [
      'a group is answered by its own schedule',
      () => resolve(entity('Group', 'pay', { parent: 'shop' }), { t: 'pay' }),
      'native t',
      ['annotation pay nothing', 'provider pay nothing', 'owner pay found'],
    ],
    [
      'a group’s own annotation decides among its schedules',
      () =>
        resolve(entity('Group', 'pay', {}, { [ANNOTATION]: 'b' }), {
          a: 'pay',
          b: 'pay',
        }),
      'native b',
      ['annotation pay found'],
    ],
    [
      'a schedule is answered by itself',
      () =>
        resolve(entity('OnCallSchedule', 't', { owner: 'pay' }), { t: 'pay' }),
      'native t',
      ['schedule t found'],
    ],
  ])('%s', (_, run, answer, trail) => {
    const result = run();
    expect(result.answer).toBe(answer);
    expect(result.trail).toEqual(trail);
  });

  it('says what would mend it', () => {
    expect(resolve(service(), { a: 'pay', b: 'pay' }).reason).toEqual({
      code: 'ambiguous',
      message: 'pay has several schedules and does not say which one answers',
      fix: 'Set the annotation pavedroad.dev/on-call-schedule on group:default/pay to one of them',
    });
  });
});
