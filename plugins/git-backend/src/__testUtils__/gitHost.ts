import {
  coreServices,
  createBackendModule,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { Entity } from '@backstage/catalog-model';
import {
  CatalogScmEvent,
  catalogScmEventsServiceRef,
} from '@backstage/plugin-catalog-node/alpha';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { EventParams, eventsServiceRef } from '@backstage/plugin-events-node';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import {
  GIT_PUSH_TOPIC,
  GitHostClient,
  GitPushEvent,
} from '@pavedroad/plugin-git-common';
import { gitHostUrlReaderFactory } from '@pavedroad/plugin-git-node';
import { Knex } from 'knex';
import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gitPlugin } from '../plugin';

/** How URLs of the host look from outside in tests. */
export const PORTAL_URL = 'http://portal.example:7007';

/** People and groups of the test organisation: payments is part of shopping. */
export const ORGANISATION: Entity[] = [
  group('fernhill', undefined),
  group('shopping', 'fernhill'),
  group('payments', 'shopping'),
  group('warehouse', 'fernhill'),
  group('platform', 'fernhill'),
  user('ines.duarte', 'payments'),
  user('wes', 'warehouse'),
  user('priya.raman', 'platform'),
];

function group(name: string, parent: string | undefined): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Group',
    metadata: { name, namespace: 'default' },
    spec: { type: 'team', children: [] },
    relations: parent
      ? [{ type: 'childOf', targetRef: `group:default/${parent}` }]
      : [],
  };
}

function user(name: string, memberOf: string): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'User',
    metadata: { name, namespace: 'default' },
    spec: {
      profile: { displayName: name, email: `${name}@fernhill.example` },
      memberOf: [memberOf],
    },
    relations: [{ type: 'memberOf', targetRef: `group:default/${memberOf}` }],
  };
}

/** Portal tokens of the test organisation. */
export const tokens = {
  ines: mockCredentials.user.token('user:default/ines.duarte'),
  wes: mockCredentials.user.token('user:default/wes'),
  priya: mockCredentials.user.token('user:default/priya.raman'),
  machine: mockCredentials.service.token({
    onBehalfOf: mockCredentials.service('portal-machine'),
    targetPluginId: 'git',
  }),
};

/** A running git host with real git, a real database and a real disk. */
export async function startGitHost(options: {
  knex: Knex;
  root: string;
  anonymousRead?: boolean;
  maxPushBytes?: number;
  /** Names of permissions that the policy denies. */
  denied?: string[];
  /** Fails while it returns true, as a broken subscriber of the event bus. */
  publishFails?: () => boolean;
  /** What publishing waits for, as for a slow subscriber of the event bus. */
  publishWaits?: () => Promise<void>;
}) {
  const pushes: GitPushEvent[] = [];
  const scmEvents: CatalogScmEvent[] = [];
  const audits: { eventId: string; status: string; meta?: unknown }[] = [];

  let urlReader: typeof coreServices.urlReader.T | undefined;
  const consumer = createBackendModule({
    pluginId: 'catalog',
    moduleId: 'reader',
    register(env) {
      env.registerInit({
        deps: { reader: coreServices.urlReader },
        async init({ reader }) {
          urlReader = reader;
        },
      });
    },
  });

  const backend = await startTestBackend({
    features: [
      gitPlugin,
      gitHostUrlReaderFactory,
      consumer,
      mockServices.database.factory({ knex: options.knex }),
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: PORTAL_URL },
          backend: { baseUrl: PORTAL_URL },
          portal: { administrators: ['group:default/platform'] },
          git: {
            root: options.root,
            anonymousRead: options.anonymousRead ?? false,
            ...(options.maxPushBytes
              ? { maxPushBytes: options.maxPushBytes }
              : {}),
          },
        },
      }),
      createServiceFactory({
        service: coreServices.userInfo,
        deps: {},
        factory: () => ({
          async getUserInfo(credentials) {
            const { userEntityRef } = credentials.principal as {
              userEntityRef: string;
            };
            const entity = ORGANISATION.find(
              ({ kind, metadata }) =>
                kind === 'User' && userEntityRef.endsWith(`/${metadata.name}`),
            );
            return {
              userEntityRef,
              ownershipEntityRefs: [
                userEntityRef,
                ...(entity?.relations ?? []).map(({ targetRef }) => targetRef),
              ],
            };
          },
        }),
      }),
      createServiceFactory({
        service: coreServices.auditor,
        deps: {},
        factory: () => ({
          async createEvent({ eventId, meta }) {
            return {
              async success() {
                audits.push({ eventId, status: 'succeeded', meta });
              },
              async fail() {
                audits.push({ eventId, status: 'failed', meta });
              },
            };
          },
        }),
      }),
      mockServices.permissions.mock({
        authorize: async requests =>
          requests.map(({ permission }) => ({
            result: options.denied?.includes(permission.name)
              ? AuthorizeResult.DENY
              : AuthorizeResult.ALLOW,
          })),
      }).factory,
      createServiceFactory({
        service: eventsServiceRef,
        deps: {},
        factory: () => ({
          async publish(params: EventParams) {
            if (options.publishFails?.()) {
              throw new Error('the event bus is down');
            }
            await options.publishWaits?.();
            if (params.topic === GIT_PUSH_TOPIC) {
              pushes.push(params.eventPayload as GitPushEvent);
            }
          },
          async subscribe() {},
        }),
      }),
      createServiceFactory({
        service: catalogScmEventsServiceRef,
        deps: {},
        factory: () => ({
          async publish(events: CatalogScmEvent[]) {
            scmEvents.push(...events);
          },
          subscribe: () => ({ unsubscribe() {} }),
          markEventActionTaken() {},
        }),
      }),
      catalogServiceMock.factory({ entities: ORGANISATION }),
    ],
  });
  const baseUrl = `http://localhost:${backend.server.port()}/api/git`;
  if (!urlReader) {
    throw new Error('The URL reader was not made');
  }

  return {
    baseUrl,
    pushes,
    scmEvents,
    audits,
    urlReader,
    client: new GitHostClient({
      discovery: { getBaseUrl: async () => baseUrl },
    }),
    /** Clone URL with a token as password. */
    cloneUrl(slug: string, token?: string): string {
      const url = new URL(`${baseUrl}/${slug}.git`);
      if (token) {
        url.username = 'git';
        url.password = encodeURIComponent(token);
      }
      return url.toString();
    },
    stop: () => backend.stop(),
  };
}

/** A plain git client with a home of its own. */
export function gitClient(home: string) {
  return async (cwd: string, ...args: string[]): Promise<string> => {
    const { stdout, stderr } = await promisify(execFile)('git', args, {
      cwd,
      maxBuffer: 64 * 1024 * 1024,
      env: {
        PATH: process.env.PATH,
        HOME: home,
        GIT_TERMINAL_PROMPT: '0',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'Ines Duarte',
        GIT_AUTHOR_EMAIL: 'ines@fernhill.example',
        GIT_COMMITTER_NAME: 'Ines Duarte',
        GIT_COMMITTER_EMAIL: 'ines@fernhill.example',
      },
    });
    return `${stdout}${stderr}`;
  };
}

/** A folder that goes away with the test. */
export async function temporaryFolder(): Promise<string> {
  return fs.mkdtemp(path.join(os.tmpdir(), 'git-host-'));
}

/** Waits until the condition holds, at most ten seconds. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > end) {
      throw new Error('It did not happen within ten seconds');
    }
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
