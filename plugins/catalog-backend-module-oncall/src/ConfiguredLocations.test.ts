import { mockServices } from '@backstage/backend-test-utils';
import type { CatalogScmEvent } from '@backstage/plugin-catalog-node/alpha';

import { ConfiguredLocations, isOf, locationRef } from './ConfiguredLocations';

const FILES = 'https://portal.example/api/git/pay/on-call/blob/main';

describe('a file is one of a location', () => {
  it.each([
    [`${FILES}/pay.yaml`, `${FILES}/pay.yaml`, true],
    [`${FILES}/pay.yaml`, `${FILES}/*.yaml`, true],
    [`${FILES}/pay.yml`, `${FILES}/*.yaml`, false],
    [`${FILES}/a/pay.yaml`, `${FILES}/*.yaml`, false],
    [`${FILES}/a/pay.yaml`, `${FILES}/*/pay.yaml`, true],
    [`${FILES}/a/b/pay.yaml`, `${FILES}/**/pay.yaml`, true],
    [`${FILES}/pay.yaml`, `${FILES}/**/pay.yaml`, true],
    [`${FILES}/payXyaml`, `${FILES}/pay.yaml`, false],
    [`${FILES}/pay.yaml.bak`, `${FILES}/*.yaml`, false],
    ['https://elsewhere.example/pay.yaml', `${FILES}/*.yaml`, false],
  ])('%s of %s: %s', (url, target, expected) => {
    expect(isOf(url, target)).toBe(expected);
  });
});

describe('configured locations', () => {
  function follow(fails = false) {
    const refreshed: string[] = [];
    const logger = mockServices.logger.mock();
    let publish: (events: CatalogScmEvent[]) => Promise<void> = async () => {};
    ConfiguredLocations.fromConfig(
      mockServices.rootConfig({
        data: {
          catalog: {
            locations: [
              { type: 'url', target: `${FILES}/*.yaml` },
              { type: 'url', target: `${FILES}/other/*.yaml` },
              { type: 'file', target: '/somewhere/*.yaml' },
            ],
          },
        },
      }),
      {
        auth: mockServices.auth(),
        catalog: {
          refreshEntity: async ref => {
            if (fails) {
              throw new Error('away');
            }
            refreshed.push(ref);
          },
        },
        logger,
      },
    ).follow({
      subscribe: ({ onEvents }) => {
        publish = onEvents;
        return { unsubscribe: () => {} };
      },
    });
    return {
      publish: (...e: CatalogScmEvent[]) => publish(e),
      refreshed,
      logger,
    };
  }

  it('are read again when the first file of theirs is pushed', async () => {
    const { publish, refreshed } = follow();
    await publish(
      { type: 'location.updated', url: `${FILES}/pay.yaml` },
      { type: 'location.updated', url: `${FILES}/shop.yaml` },
      { type: 'repository.updated', url: `${FILES}/` },
    );
    expect(refreshed).toEqual([locationRef(`${FILES}/*.yaml`)]);
  });

  it('are left alone by what is none of theirs', async () => {
    const { publish, refreshed } = follow();
    await publish({ type: 'location.updated', url: `${FILES}/docs/a.yaml` });
    expect(refreshed).toEqual([]);
  });

  it('do not stand in the way of a push when the catalog cannot be asked', async () => {
    const { publish, logger } = follow(true);
    await publish({ type: 'location.updated', url: `${FILES}/pay.yaml` });
    expect(logger.warn).toHaveBeenCalledWith(expect.stringContaining('away'));
  });

  it('have the name the catalog gives them', () => {
    expect(locationRef('https://example.com/a.yaml')).toBe(
      'location:default/generated-17fb6f13ffb6251438be1e4f37c6482b83ede45c',
    );
  });
});
