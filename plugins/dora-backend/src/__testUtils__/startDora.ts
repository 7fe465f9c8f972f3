import { permissionsServiceFactory } from '@backstage/backend-defaults/permissions';
import {
  BackendFeature,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { JsonObject } from '@backstage/types';
import {
  DeliveryEventSource,
  deliveryEventSourcesExtensionPoint,
} from '@pavedroad/plugin-dora-node';
import cdevents from '@pavedroad/plugin-dora-backend-module-cdevents';
import { Knex } from 'knex';
import request from 'supertest';
import dora from '..';

/** A component of the catalog, owned by team-a, with optional annotations. */
export function component(
  name: string,
  annotations: Record<string, string> = {},
  relations: Entity['relations'] = [],
): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: { name, namespace: 'default', annotations },
    spec: { type: 'service', lifecycle: 'production', owner: 'team-a' },
    relations: [
      { type: 'ownedBy', targetRef: 'group:default/team-a' },
      ...relations,
    ],
  };
}

/** A person of the catalog, in team-a unless other groups are named. */
export function user(
  name: string,
  displayName: string,
  memberOf = ['group:default/team-a'],
): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'User',
    metadata: { name, namespace: 'default' },
    spec: { profile: { displayName } },
    relations: memberOf.map(targetRef => ({ type: 'memberOf', targetRef })),
  };
}

/** A team of the catalog. */
export function group(name: string, displayName: string): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Group',
    metadata: { name, namespace: 'default' },
    spec: { type: 'team', children: [], profile: { displayName } },
    relations: [],
  };
}

/** A running backend with the plugin on a real database. */
export interface RunningDora {
  post(
    body: unknown,
    contentType?: string,
    headers?: Record<string, string>,
  ): request.Test;
  /** Sends events as batches and answers the statuses. */
  send(events: object[]): Promise<string[]>;
  get(path: string): request.Test;
  server: Awaited<ReturnType<typeof startTestBackend>>['server'];
  /** Resolves once every mark is worked off. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export async function startDora(options: {
  knex: Knex;
  entities?: Entity[];
  config?: JsonObject;
  /** `service`: what the portal's own permission service says. */
  permission?: AuthorizeResult.ALLOW | AuthorizeResult.DENY | 'service';
  sources?: DeliveryEventSource[];
  features?: BackendFeature[];
}): Promise<RunningDora> {
  const backend = await startTestBackend({
    features: [
      dora,
      cdevents,
      createBackendModule({
        pluginId: 'dora',
        moduleId: 'test-sources',
        register(env) {
          env.registerInit({
            deps: { sources: deliveryEventSourcesExtensionPoint },
            async init({ sources }) {
              options.sources?.forEach(source => sources.addSource(source));
            },
          });
        },
      }),
      catalogServiceMock.factory({ entities: options.entities ?? [] }),
      mockServices.database.factory({ knex: options.knex }),
      options.permission === 'service'
        ? permissionsServiceFactory
        : mockServices.permissions.factory({
            result: options.permission ?? AuthorizeResult.ALLOW,
          }),
      mockServices.rootConfig.factory({ data: options.config ?? {} }),
      ...(options.features ?? []),
    ],
  });
  const { server } = backend;
  const post: RunningDora['post'] = (
    body,
    contentType = 'application/cloudevents-batch+json',
    headers = {},
  ) =>
    request(server)
      .post('/api/dora/events')
      .set('content-type', contentType)
      .set(headers)
      // Bodies go out as they are: the test agent would wrap buffers in JSON.
      .serialize(raw => raw)
      .send(
        typeof body === 'string' || Buffer.isBuffer(body)
          ? body
          : JSON.stringify(body),
      );
  return {
    server,
    stop: () => backend.stop(),
    post,
    async send(events) {
      const statuses: string[] = [];
      for (let start = 0; start < events.length; start += 1_000) {
        const response = await post(events.slice(start, start + 1_000));
        if (response.status !== 202) {
          throw new Error(`${response.status} ${response.text}`);
        }
        for (const result of response.body.results) {
          statuses.push(result.status);
        }
      }
      return statuses;
    },
    get: path => request(server).get(`/api/dora${path}`),
    async settled() {
      const deadline = Date.now() + 30_000;
      for (;;) {
        // In one look: a replay that ends marks services and goes at the same moment.
        const { rows: busy } = await options.knex.raw(
          `SELECT 1 FROM dirty_service
           UNION ALL SELECT 1 FROM service WHERE facts IS NULL
           UNION ALL SELECT 1 FROM setting WHERE name = 'replay' LIMIT 1`,
        );
        if (busy.length === 0) {
          return;
        }
        if (Date.now() > deadline) {
          const { rows: failed } = await options.knex.raw(
            'SELECT entity_ref, facts_error FROM service WHERE facts_error IS NOT NULL',
          );
          throw new Error(
            `The facts did not settle: ${JSON.stringify(failed)}`,
          );
        }
        await new Promise(resolve => {
          setTimeout(resolve, 20);
        });
      }
    },
  };
}

let counter = 0;

/** A CloudEvent with fresh id. */
export function cloudEvent(
  type: string,
  data: object,
  attributes: object = {},
): Record<string, unknown> {
  counter += 1;
  return {
    specversion: '1.0',
    id: `event-${counter}`,
    source: '/test',
    type,
    time: '2026-05-01T12:00:00Z',
    data,
    ...attributes,
  };
}

/** A CDEvent that says a service was deployed. */
export function deployed(
  service: string,
  revision: string,
  time: string,
  attributes: {
    environment?: string;
    customData?: object;
    predicate?: string;
    [name: string]: unknown;
  } = {},
): Record<string, unknown> {
  const {
    environment = 'production',
    customData,
    predicate = 'deployed',
    ...rest
  } = attributes;
  return cloudEvent(
    `dev.cdevents.service.${predicate}.0.3.0`,
    {
      context: { timestamp: time },
      subject: {
        id: service,
        content: {
          environment: { id: environment },
          artifactId: `pkg:generic/app@${revision}`,
        },
      },
      ...(customData && { customData }),
    },
    { time, ...rest },
  );
}

/** A CDEvent about an incident of a service. */
export function incident(
  predicate: 'detected' | 'resolved',
  service: string,
  id: string,
  time: string,
  customData?: object,
): Record<string, unknown> {
  return cloudEvent(
    `dev.cdevents.incident.${predicate}.0.3.0`,
    {
      context: { timestamp: time },
      subject: {
        id,
        content: {
          environment: { id: 'production' },
          service: { id: service },
        },
      },
      ...(customData && { customData }),
    },
    { time },
  );
}

/** A linear history: `shas[0]` is the root, and so on. */
export function linearCommits(
  repository: string,
  commits: { id: string; committedAt: string }[],
  parent?: string,
): Record<string, unknown> {
  return cloudEvent('dev.pavedroad.git.commits.0.1.0', {
    repository,
    defaultBranch: 'main',
    commits: commits.map((commit, index) => {
      const before = index === 0 ? parent : commits[index - 1].id;
      return { ...commit, parents: before ? [before] : [] };
    }),
  });
}

/** A commit id that can be told apart at a glance. */
export function sha(text: string): string {
  return text.padEnd(40, '0').replace(/[^0-9a-f]/g, 'f');
}
