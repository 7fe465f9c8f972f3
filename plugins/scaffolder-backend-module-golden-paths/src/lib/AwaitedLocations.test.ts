import { mockServices } from '@backstage/backend-test-utils';
import { CatalogScmEvent } from '@backstage/plugin-catalog-node/alpha';
import { AwaitedLocations } from './AwaitedLocations';

const FILES = 'https://portal.example/api/git/pay/ledger/blob/main';

function follow(fails = false) {
  const refreshed: string[] = [];
  let publish: (events: CatalogScmEvent[]) => Promise<void> = async () => {};
  AwaitedLocations.create({
    auth: mockServices.auth(),
    catalog: {
      refreshEntity: async ref => {
        refreshed.push(ref);
        if (fails) {
          throw new Error('away');
        }
      },
    },
    logger: mockServices.logger.mock(),
  }).follow({
    subscribe: ({ onEvents }) => {
      publish = onEvents;
      return { unsubscribe: () => {} };
    },
  });
  return { publish: (...e: CatalogScmEvent[]) => publish(e), refreshed };
}

describe('locations whose file is not there yet', () => {
  it('are read when it is pushed, by the name the catalog gives them', async () => {
    const { publish, refreshed } = follow();
    await publish({
      type: 'location.updated',
      url: 'https://example.com/catalog-info.yaml',
    });
    expect(refreshed).toEqual([
      'location:default/generated-94fde8d1a3274d54a87afa4868abb452412d59c6',
    ]);
  });

  it.each<[CatalogScmEvent, number]>([
    [{ type: 'location.created', url: `${FILES}/catalog-info.yaml` }, 1],
    [{ type: 'location.updated', url: `${FILES}/api/catalog-info.yml` }, 1],
    [{ type: 'location.updated', url: `${FILES}/mkdocs.yml` }, 0],
    [{ type: 'location.updated', url: `${FILES}/my-catalog-info.yaml` }, 0],
    [{ type: 'location.deleted', url: `${FILES}/catalog-info.yaml` }, 0],
    [{ type: 'repository.updated', url: `${FILES}/` }, 0],
  ])('%j: %d', async (event, count) => {
    const { publish, refreshed } = follow();
    await publish(event);
    expect(refreshed).toHaveLength(count);
  });

  it('do not stand in the way of a push when the catalog has none of them', async () => {
    const { publish, refreshed } = follow(true);
    await publish(
      { type: 'location.updated', url: `${FILES}/catalog-info.yaml` },
      { type: 'location.updated', url: `${FILES}/api/catalog-info.yaml` },
    );
    expect(refreshed).toHaveLength(2);
  });
});
