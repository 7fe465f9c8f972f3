import type { Entity } from '@backstage/catalog-model';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import { buildSnapshot } from '../catalog/CatalogSnapshot';
import type { NativeOnCallProvider } from '../providers/NativeOnCallProvider';
import type { OnCallStore, ScheduleVersion } from '../store/OnCallStore';
import { inForceAt } from './history';
import { OnCallService } from './OnCallService';
import { ScheduleStates } from './ScheduleStates';

const REF = 'oncallschedule:default/pay';
const PAST = Date.parse('2026-02-01T00:00:00Z');
const NOW = Date.parse('2026-06-01T00:00:00Z');
const entity: Entity = {
  apiVersion: 'pavedroad.dev/v1alpha1',
  kind: 'OnCallSchedule',
  metadata: { name: 'pay', namespace: 'default' },
  spec: { owner: 'pay' },
};
const version = (
  number: number,
  owner: string,
  rest: Partial<ScheduleVersion> = {},
): ScheduleVersion => ({
  scheduleRef: REF,
  number,
  takenUpAt: Date.parse(`2026-0${number}-01T00:00:00Z`),
  removed: false,
  title: 'Pay',
  ownerRef: `group:default/${owner}`,
  schedule: {
    timeZone: 'Etc/UTC',
    levels: [{ layers: [{ people: ['user:default/ines'] }] }],
  },
  ...rest,
});

/** What is answered to members of one group, with these versions taken up. */
function answering(versions: ScheduleVersion[]) {
  const clock = () => NOW;
  const history = { schedules: versions, overrides: [] };
  const store = {
    revision: async () => '1',
    current: async () => history,
    inForceAt: async () => history,
  };
  const snapshot = buildSnapshot([entity]);
  const service = new OnCallService({
    directory: {
      snapshot: async () => snapshot,
      snapshotAfter: async () => snapshot,
      entity: async () => entity,
    } as Partial<CatalogDirectory> as CatalogDirectory,
    states: new ScheduleStates(store, clock),
    store: store as Partial<OnCallStore> as OnCallStore,
    native: {} as NativeOnCallProvider,
    providers: [],
    clock,
  });
  const viewer = (group: string) => ({
    ownershipRefs: [],
    mayPropose: (ref: string) => ref === `group:default/${group}`,
  });
  return {
    one: async (group: string, at: number) =>
      (await service.entityNow(REF, at, viewer(group))).canChange,
    all: async (group: string, at: number) =>
      (await service.everybodyNow(at, viewer(group), false)).schedules.map(
        row => row.canChange,
      ),
  };
}

describe('who may propose a change of a schedule', () => {
  const moved = [version(1, 'shop'), version(3, 'pay')];
  const removed = [version(1, 'pay'), version(3, 'pay', { removed: true })];

  it.each([
    ['its owner, now', moved, 'pay', NOW, [true], true],
    ['its owner, of the past', moved, 'pay', PAST, [true], true],
    ['who owned it then', moved, 'shop', PAST, [false], false],
    ['others', moved, 'idle', NOW, [false], false],
    // It is told of as it was, and there is nothing left to change.
    ['whose it was, once it is gone', removed, 'pay', PAST, [false], false],
    // Not valid, or not taken up yet: it wants to be changed most.
    ['its owner, when it is not in force', [], 'pay', NOW, [], true],
    ['others, when it is not in force', [], 'idle', NOW, [], false],
  ])('%s', async (_, versions, group, at, all, one) => {
    const service = answering(versions);
    expect(await service.all(group, at)).toEqual(all);
    expect(await service.one(group, at)).toBe(one);
  });

  it('was another one then', () => {
    const history = { schedules: moved, overrides: [] };
    expect(inForceAt(history, PAST).get(REF)?.version.ownerRef).toBe(
      'group:default/shop',
    );
  });
});
