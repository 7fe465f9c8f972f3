import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Entity } from '@backstage/catalog-model';
import {
  createMockDirectory,
  mockServices,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { createTestContext, eventually } from '../__testUtils__/context';
import { CancellationGuard } from '../lib/cancellation';
import { readEffects } from '../lib/effects';
import { createRegisterAction } from './register';
import { createUndoAction } from './undo';

/** What stands in for TechDocs: it notes what it was asked to build. */
const docs = { url: '', asked: [] as string[], status: 201 };

const directory = createMockDirectory();
const target =
  'http://portal.example/api/git/payments/ledger/blob/main/catalog-info.yaml';

const ledger = (origin?: string): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: {
    name: 'ledger',
    namespace: 'default',
    annotations: {
      'backstage.io/techdocs-ref': 'dir:.',
      ...(origin ? { 'backstage.io/managed-by-origin-location': origin } : {}),
    },
  },
  spec: { type: 'service' },
});

/** A catalog that takes an entity in some looks after its location was added, as the real one does. */
function createCatalog(options: {
  describes?: Entity[];
  looks?: number;
  registered?: boolean;
  existing?: Entity;
  problem?: string;
}) {
  const { describes = [ledger()], looks = 2 } = options;
  let location = options.registered
    ? { id: '1', type: 'url', target, entityRef: 'location:default/1' }
    : undefined;
  let left = looks;
  return catalogServiceMock.mock({
    getLocationByRef: async () => location,
    addLocation: async request => {
      if (!request.dryRun) {
        location = {
          id: '1',
          type: 'url',
          target,
          entityRef: 'location:default/1',
        };
      }
      return {
        location: {
          id: '1',
          type: 'url',
          target,
          entityRef: 'location:default/1',
        },
        entities: describes,
      };
    },
    removeLocationById: async () => {
      location = undefined;
    },
    getEntityByRef: async ref => {
      if (String(ref).startsWith('location:')) {
        return options.problem
          ? ({
              ...ledger(),
              kind: 'Location',
              status: { items: [{ level: 'error', message: options.problem }] },
            } as Entity)
          : undefined;
      }
      if (options.existing) {
        return options.existing;
      }
      left -= location ? 1 : 0;
      return location && left < 0 ? ledger(`url:${target}`) : undefined;
    },
  });
}

function setup(catalog: ReturnType<typeof createCatalog>, extra: object = {}) {
  const auditor = mockServices.auditor.mock();
  const event = { success: jest.fn(), fail: jest.fn() };
  auditor.createEvent.mockResolvedValue(event);
  const test = createTestContext({
    workspacePath: directory.path,
    input: {
      catalogInfoUrl: target,
      entityRef: 'component:default/ledger',
      timeoutSeconds: 1,
    },
    ...extra,
  });
  const services = {
    auditor,
    auth: mockServices.auth(),
    catalog,
    config: mockServices.rootConfig(),
    discovery: mockServices.discovery(),
    host: { provider: 'git' } as never,
  };
  return {
    ...test,
    event,
    register: () =>
      createRegisterAction(
        {
          auditor,
          auth: services.auth,
          catalog,
          discovery: mockServices.discovery.mock({
            getBaseUrl: async plugin => `${docs.url}/api/${plugin}`,
          }),
        },
        new CancellationGuard(services),
      ).handler(test.context),
    undo: () => createUndoAction(services).handler(test.context),
  };
}

describe('pavedroad:register', () => {
  let server: Server;

  beforeAll(async () => {
    server = createServer((request, response) => {
      docs.asked.push(`${request.url}`);
      response.writeHead(docs.status).end();
    });
    await new Promise<void>(done => {
      server.listen(0, '127.0.0.1', done);
    });
    docs.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => server.close());

  beforeEach(() => {
    directory.clear();
    docs.asked = [];
    docs.status = 201;
  });

  it('has the documentation built, and goes on without it', async () => {
    await setup(createCatalog({})).register();
    expect(docs.asked).toEqual(['/api/techdocs/sync/default/component/ledger']);
    directory.clear();
    docs.status = 500;
    const { register, outputs } = setup(createCatalog({}));
    await register();
    expect(outputs.entityRef).toBe('component:default/ledger');
  });

  it('waits until the entity is in the catalog, and can be undone', async () => {
    const catalog = createCatalog({});
    const { register, undo, outputs, event } = setup(catalog);
    await register();
    expect(outputs).toEqual({
      entityRef: 'component:default/ledger',
      catalogInfoUrl: target,
    });
    expect(event.success).toHaveBeenCalledTimes(1);
    await undo();
    expect(catalog.removeLocationById).toHaveBeenCalledWith(
      '1',
      expect.anything(),
    );
    expect(outputs.undone).toEqual([`catalog location ${target}`]);
  });

  it('registers once, however often it runs', async () => {
    const catalog = createCatalog({});
    const { register } = setup(catalog);
    await register();
    await register();
    expect(
      catalog.addLocation.mock.calls.filter(([request]) => !request.dryRun),
    ).toHaveLength(1);
    await expect(readEffects(directory.path, 'task-1')).resolves.toHaveLength(
      1,
    );
  });

  it('registers where a pull request will bring the file, once, and waits for nothing', async () => {
    // It would be there after a thousand looks, of which none is taken.
    const catalog = createCatalog({ describes: [], looks: 1000 });
    const { register, undo } = setup(catalog, {
      input: {
        catalogInfoUrl: target,
        entityRef: 'component:default/ledger',
        whenMerged: true,
      },
    });
    await register();
    await register();
    expect(catalog.addLocation.mock.calls.map(([request]) => request)).toEqual([
      { type: 'url', target },
    ]);
    expect(catalog.getEntityByRef).not.toHaveBeenCalled();
    await undo();
    expect(catalog.removeLocationById).toHaveBeenCalledTimes(1);
  });

  it('leaves a location alone that was registered before', async () => {
    const catalog = createCatalog({ registered: true });
    const { register, undo } = setup(catalog);
    await register();
    await undo();
    expect(catalog.addLocation).not.toHaveBeenCalled();
    expect(catalog.removeLocationById).not.toHaveBeenCalled();
  });

  it.each([
    [
      'a file that describes something else',
      { describes: [{ ...ledger(), kind: 'API' }] },
      /describes api:default\/ledger, not component:default\/ledger/,
    ],
    [
      'a name that belongs to something else',
      { existing: ledger('url:http://other.example') },
      /in the catalog already, from url:http:\/\/other\.example/,
    ],
    [
      'an entity the catalog cannot process',
      { problem: 'owner is missing' },
      /cannot take in .*: owner is missing/,
    ],
    [
      'an entity that never appears',
      { looks: 1000 },
      /did not appear in the catalog within 1 s/,
    ],
  ])('fails on %s', async (_what, options, reason) => {
    const { register, event } = setup(createCatalog(options));
    await expect(register()).rejects.toThrow(reason);
    expect(event.fail).toHaveBeenCalled();
  });

  it('registers nothing when the file is not what it should be', async () => {
    const catalog = createCatalog({ describes: [] });
    const { register, context } = setup(catalog);
    await expect(register()).rejects.toThrow(/describes nothing/);
    await expect(readEffects(context.workspacePath, 'task-1')).resolves.toEqual(
      [],
    );
  });

  it('takes it back when the task is cancelled while waiting', async () => {
    const catalog = createCatalog({ looks: 1000 });
    const cancel = new AbortController();
    const { register } = setup(catalog, { signal: cancel.signal });
    const waiting = register();
    setTimeout(() => cancel.abort(), 100);
    await expect(waiting).rejects.toThrow(/aborted/);
    await eventually(() => catalog.removeLocationById.mock.calls.length > 0);
    expect(catalog.removeLocationById).toHaveBeenCalledWith(
      '1',
      expect.anything(),
    );
  });

  it('does nothing in a dry run', async () => {
    const catalog = createCatalog({});
    const { register, outputs } = setup(catalog, { isDryRun: true });
    await register();
    expect(catalog.addLocation).not.toHaveBeenCalled();
    expect(outputs.entityRef).toBe('component:default/ledger');
  });
});
