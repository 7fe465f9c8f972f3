import {
  createMockDirectory,
  mockServices,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { createTestContext } from '../__testUtils__/context';
import { type Effect, EFFECTS_FILE, recordEffect } from '../lib/effects';
import type { RepositoryState } from '../hosts/types';
import { createUndoAction } from './undo';

const directory = createMockDirectory();
const now = () => new Date().toISOString();

const repository = (changes: Partial<Effect> = {}): Effect =>
  ({
    kind: 'repository',
    task: 'task-1',
    at: now(),
    provider: 'git',
    slug: 'payments/ledger',
    branch: 'main',
    url: 'http://portal.example/git/payments/ledger',
    ...changes,
  } as Effect);

function setup(options: { state?: Partial<RepositoryState>; config?: object }) {
  const remove = jest.fn();
  const order: string[] = [];
  const catalog = catalogServiceMock.mock({
    getLocationByRef: async () => ({
      id: '7',
      type: 'url',
      target: 't',
      entityRef: 'location:default/7',
    }),
    removeLocationById: async () => {
      order.push('location');
    },
  });
  const auditor = mockServices.auditor.mock();
  auditor.createEvent.mockResolvedValue({
    success: async () => undefined,
    fail: async () => undefined,
  });
  const test = createTestContext({ workspacePath: directory.path, input: {} });
  return {
    ...test,
    remove,
    order,
    auditor,
    catalog,
    undo: () =>
      createUndoAction({
        auditor,
        auth: mockServices.auth(),
        catalog,
        config: mockServices.rootConfig({ data: options.config ?? {} }),
        discovery: mockServices.discovery(),
        host: {
          provider: 'git',
          addresses: async (slug: string, branch: string) => ({
            catalogInfoUrl: `http://x.example/${slug}/${branch}/catalog-info.yaml`,
          }),
          describe: async () =>
            options.state && {
              slug: 'payments/ledger',
              empty: true,
              createdAt: now(),
              createdBy: 'user:default/ines.duarte',
              ...options.state,
            },
          remove: async (slug: string) => {
            order.push('repository');
            remove(slug);
          },
        } as never,
      }).handler(test.context),
  };
}

describe('pavedroad:undo', () => {
  beforeEach(() => directory.clear());

  it('undoes newest first, and audits each', async () => {
    await recordEffect(directory.path, repository());
    await recordEffect(directory.path, {
      kind: 'location',
      task: 'task-1',
      at: now(),
      target: 'http://x.example/catalog-info.yaml',
    });
    const { undo, order, auditor, outputs } = setup({ state: {} });
    await undo();
    expect(order).toEqual(['location', 'repository']);
    expect(auditor.createEvent).toHaveBeenCalledTimes(2);
    expect(outputs.left).toEqual([]);
  });

  it.each([
    [
      'of the repository it made',
      'http://x.example/payments/ledger/main/catalog-info.yaml',
      {},
      'service',
    ],
    [
      'of another repository',
      'http://x.example/platform/portal/main/catalog-info.yaml',
      {},
      'user',
    ],
    [
      'of a repository it did not make',
      'http://x.example/payments/ledger/main/catalog-info.yaml',
      { createdBy: 'user:default/marcus.weber' },
      'user',
    ],
  ])(
    'removes a location %s (%s) %j on the authority of the %s',
    async (_what, target, state, authority) => {
      await recordEffect(directory.path, repository());
      await recordEffect(directory.path, {
        kind: 'location',
        task: 'task-1',
        at: now(),
        target,
      });
      const { undo, catalog } = setup({ state });
      await undo().catch(() => undefined);
      expect(catalog.removeLocationById.mock.calls[0][1]).toMatchObject({
        credentials: { principal: { type: authority } },
      });
    },
  );

  it.each([
    [
      'made by somebody else',
      { state: { createdBy: 'user:default/marcus.weber' } },
      {},
    ],
    [
      'made before the task',
      { state: { createdAt: '2020-01-01T00:00:00Z' } },
      {},
    ],
    ['of unknown age', { state: { createdAt: undefined } }, {}],
    [
      'recorded long ago',
      { state: { createdAt: now() } },
      { at: '2020-01-01T00:00:00.000Z' },
    ],
    ['on another host', { state: {} }, { provider: 'github' }],
  ])('never removes a repository %s', async (_what, options, changes) => {
    await recordEffect(directory.path, repository(changes as Partial<Effect>));
    const { undo, remove, outputs } = setup(options);
    await expect(undo()).rejects.toThrow(
      /Left behind, to be removed by hand: repository payments\/ledger/,
    );
    expect(remove).not.toHaveBeenCalled();
    expect(outputs.left).toHaveLength(1);
  });

  it('names a pull request with its address, and leaves it to people', async () => {
    await recordEffect(directory.path, {
      kind: 'pull-request',
      task: 'task-1',
      at: now(),
      url: 'https://github.com/fernhill/ledger/pull/7',
    });
    const { undo, outputs } = setup({});
    await expect(undo()).rejects.toThrow(
      /Left behind.*pull request https:\/\/github\.com\/fernhill\/ledger\/pull\/7: it is open/,
    );
    expect(outputs.left).toHaveLength(1);
  });

  it.each([
    [
      'effects of another task',
      JSON.stringify([repository({ task: 'task-2' })]),
    ],
    ['text that is no record', '{"kind":'],
    ['entries of no known kind', '[{"kind":"bomb"}]'],
    ['no record', undefined],
  ])('does nothing for %s', async (_what, content) => {
    directory.setContent(content ? { [EFFECTS_FILE]: content } : {});
    const { undo, remove, log } = setup({ state: {} });
    await undo();
    expect(remove).not.toHaveBeenCalled();
    expect(log).toEqual(['There is nothing to undo: nothing was created.']);
  });

  it('is content when a repository was never made', async () => {
    await recordEffect(directory.path, repository());
    const { undo, remove, outputs } = setup({});
    await undo();
    expect(remove).not.toHaveBeenCalled();
    expect(outputs).toEqual({ undone: [], left: [] });
  });

  it.each([
    ['configuration says so', { goldenPaths: { onFailure: 'keep' } }],
    ['a retry resumes', { scaffolder: { taskRecovery: { enabled: true } } }],
  ])('keeps and lists everything where %s', async (_what, config) => {
    await recordEffect(directory.path, repository());
    const { undo, remove } = setup({ state: {}, config });
    await expect(undo()).rejects.toThrow(
      /Kept for a retry: repository payments\/ledger/,
    );
    expect(remove).not.toHaveBeenCalled();
  });
});
