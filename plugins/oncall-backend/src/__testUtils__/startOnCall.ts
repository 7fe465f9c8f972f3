import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import {
  createBackendModule,
  type BackendFeature,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  notificationService,
  type NotificationSendOptions,
} from '@backstage/plugin-notifications-node';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import type { JsonObject } from '@backstage/types';
import {
  onCallProvidersExtensionPoint,
  type OnCallProvider,
} from '@pavedroad/plugin-oncall-node';
import type { Knex } from 'knex';
import request from 'supertest';

import oncallPlugin from '..';

/** An entity of the catalog. */
export function entity(
  kind: string,
  name: string,
  spec: Entity['spec'],
  metadata: Partial<Entity['metadata']> = {},
): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind,
    metadata: { name, namespace: 'default', ...metadata },
    spec,
  };
}

/** A schedule of the catalog, in Lisbon. */
export function schedule(name: string, spec: object, annotations = {}): Entity {
  return {
    apiVersion: 'pavedroad.dev/v1alpha1',
    kind: 'OnCallSchedule',
    metadata: {
      name,
      namespace: 'default',
      title: `The ${name} schedule`,
      annotations,
    },
    spec: { timeZone: 'Europe/Lisbon', ...spec } as Entity['spec'],
  };
}

/** A layer of people who turn every Monday at nine. */
export const weekly = (participants: string[]) => ({
  rotation: {
    participants,
    start: '2020-01-06T09:00',
    unit: 'week',
    length: 1,
  },
});

const annotation = 'pavedroad.dev/on-call-schedule';
/** Two teams, one above the other, with schedules of which some are broken. */
export const entities: Entity[] = [
  entity('Group', 'shop', { type: 'department', children: [] }),
  entity('Group', 'pay', { type: 'team', parent: 'shop', children: [] }),
  entity('Group', 'idle', { type: 'team', children: [] }),
  entity(
    'User',
    'ines',
    { profile: { displayName: 'Inês', email: 'ines@example.com' } },
    {
      links: [
        { url: 'slack://user?id=U1', title: 'Slack' },
        { url: 'data:text/html,x', title: 'Bad' },
      ],
    },
  ),
  entity('User', 'tomas', { profile: { displayName: 'Tomás' } }),
  entity('User', 'aiko', { profile: { displayName: 'Aiko' } }),
  entity('Component', 'ledger', { type: 'service', owner: 'pay' }),
  entity('Component', 'till', { type: 'service', owner: 'shop' }),
  entity('Component', 'orphan', { type: 'service', owner: 'idle' }),
  entity(
    'Component',
    'night',
    { type: 'service', owner: 'pay' },
    { annotations: { [annotation]: 'empty' } },
  ),
  entity(
    'Component',
    'paged',
    { type: 'service', owner: 'pay' },
    { annotations: { 'pager.com/id': 'P1' } },
  ),
  schedule('pay', {
    owner: 'group:default/pay',
    levels: [
      { name: 'Primary', layers: [weekly(['ines', 'tomas'])] },
      { layers: [{ people: ['ghost'] }] },
    ],
  }),
  schedule('shop', {
    owner: 'shop',
    levels: [{ layers: [{ schedule: 'pay' }] }],
  }),
  schedule(
    'empty',
    {
      owner: 'group:default/elsewhere',
      levels: [{ layers: [weekly([])] }],
    },
    { 'pavedroad.dev/sample-data': 'true' },
  ),
  schedule('dangling', {
    owner: 'group:default/elsewhere',
    levels: [{ layers: [{ schedule: 'gone' }] }],
  }),
  schedule('loop', {
    owner: 'group:default/elsewhere',
    levels: [{ layers: [{ schedule: 'loop' }] }],
  }),
];

/** The plugin on a database of its own, with what surrounds it replaced by what remembers. */
export async function startOnCall(options: {
  knex: Knex;
  deny?: string[];
  entities?: Entity[];
  provider?: OnCallProvider;
  /** What else to start it with, in place of what there is. */
  features?: BackendFeature[];
  /** Settings below `oncall`. */
  config?: JsonObject;
  /** Settings beside `oncall`. */
  rootConfig?: JsonObject;
  /** The groups of users, beyond Inês in `pay`. */
  groups?: Record<string, string[]>;
}) {
  const audited: string[] = [];
  const notified: NotificationSendOptions[] = [];
  const auditor = mockServices.auditor.mock({
    createEvent: async ({ eventId }) => ({
      success: async () => {
        audited.push(`${eventId} succeeded`);
      },
      fail: async () => {
        audited.push(`${eventId} failed`);
      },
    }),
  });
  const { server } = await startTestBackend({
    features: [
      oncallPlugin,
      ...(options.features ?? []),
      ...(options.provider
        ? [
            createBackendModule({
              pluginId: 'oncall',
              moduleId: 'pager',
              register(reg) {
                reg.registerInit({
                  deps: { providers: onCallProvidersExtensionPoint },
                  async init({ providers }) {
                    providers.addProvider(options.provider!);
                  },
                });
              },
            }),
          ]
        : []),
      mockServices.database.factory({ knex: options.knex }),
      mockServices.rootConfig.factory({
        data: {
          backend: { baseUrl: 'http://portal.example:7007' },
          oncall: { catalogRefresh: '0s', ...options.config },
          ...options.rootConfig,
          app: { baseUrl: 'http://localhost:3000' },
          portal: { administrators: ['user:default/admin'] },
        },
      }),
      catalogServiceMock.factory({ entities: options.entities ?? entities }),
      auditor.factory,
      createServiceFactory({
        service: notificationService,
        deps: {},
        factory: () => ({
          async send(notification: NotificationSendOptions) {
            notified.push(notification);
          },
        }),
      }),
      mockServices.permissions.mock({
        authorize: async requests =>
          requests.map(({ permission }) => ({
            result: options.deny?.includes(permission.name)
              ? AuthorizeResult.DENY
              : AuthorizeResult.ALLOW,
          })),
      }).factory,
      mockServices.userInfo.mock({
        getUserInfo: async credentials => {
          const { userEntityRef } = credentials.principal as unknown as {
            userEntityRef: string;
          };
          return {
            userEntityRef,
            ownershipEntityRefs: [
              userEntityRef,
              ...(userEntityRef === 'user:default/ines'
                ? ['group:default/pay']
                : []),
              ...(options.groups?.[userEntityRef] ?? []),
            ],
          };
        },
      }).factory,
    ],
  });
  const as = (user: string) => ({
    authorization: mockCredentials.user.header(`user:default/${user}`),
  });
  const get = (path: string, user = 'ines') =>
    request(server).get(`/api/oncall${path}`).set(as(user));
  const send = (
    method: 'post' | 'delete' | 'put',
    path: string,
    user: string,
    body: object = {},
  ) => request(server)[method](`/api/oncall${path}`).set(as(user)).send(body);
  return { server, get, send, as, audited, notified };
}
