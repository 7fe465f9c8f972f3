import { mockServices } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import type { ChangeProposer } from '@pavedroad/plugin-git-node';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import { buildSnapshot } from '../catalog/CatalogSnapshot';
import type { ScheduleStates } from '../service/ScheduleStates';
import { ProposalService } from './ProposalService';

const user = (name: string): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'User',
  metadata: { name, namespace: 'default' },
  spec: {},
});
const naming = (people: string) => `apiVersion: pavedroad.dev/v1alpha1
kind: OnCallSchedule
metadata:
  name: pay
spec:
  owner: pay
  timeZone: Europe/Lisbon
  levels:
    - layers:
        - people: [${people}]
`;

describe('people that a view of the catalog does not know', () => {
  const older = buildSnapshot([user('ines')]);
  const newer = buildSnapshot([user('ines'), user('aiko')]);

  it.each([
    ['somebody registered a moment ago', 'ines, aiko', 1, []],
    ['nobody', 'ines, nobody', 1, ['user:default/nobody']],
    ['only people it knows', 'ines', 0, []],
  ])('looks again for %s', async (_, people, looks, unknown) => {
    const snapshotAfter = jest.fn(async () => newer);
    const service = new ProposalService({
      directory: {
        snapshot: async () => older,
        snapshotAfter,
      } as Partial<CatalogDirectory> as CatalogDirectory,
      states: {
        present: async () => new Map(),
      } as Partial<ScheduleStates> as ScheduleStates,
      changes: {} as ChangeProposer,
      auth: mockServices.auth(),
      clock: () => Date.parse('2026-06-01T00:00:00Z'),
      repository: undefined,
    });
    const { problems } = await service.check(naming(people));
    expect(
      problems
        .filter(({ severity }) => severity === 'error')
        .map(({ message }) => message.split(' ')[0]),
    ).toEqual(unknown);
    expect(snapshotAfter.mock.calls).toEqual(
      Array.from({ length: looks }, () => [older]),
    );
  });
});
