import http from 'node:http';
import { AddressInfo } from 'node:net';
import { createServiceFactory } from '@backstage/backend-plugin-api';
import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import { Entity, stringifyEntityRef } from '@backstage/catalog-model';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import dora from '@pavedroad/plugin-dora-backend';
import cdevents from '@pavedroad/plugin-dora-backend-module-cdevents';
import { Knex } from 'knex';

/** What asks a backend of delivery metrics over HTTP. */
export interface DoraClient {
  /** Sends a body of events and answers the status code. */
  post(body: string): Promise<number>;
  /** Asks and answers the milliseconds it took. @throws when it is not answered with 200 */
  time(path: string): Promise<number>;
  /** Sends JSON, or nothing, and answers JSON. @throws when it is not answered with a 2xx */
  json(method: string, path: string, body?: object): Promise<unknown>;
}

/** A running backend of delivery metrics. */
export interface DoraBackend extends DoraClient {
  /** Where it listens, on this machine. */
  port: number;
  /** Resolves when the facts of everything acknowledged are committed. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const agent = new http.Agent({ keepAlive: true });

/** Services of the generated organisation: `component:default/service-<n>`. */
export function serviceRef(index: number): string {
  return `component:default/service-${index}`;
}

/** Systems of the generated organisation, with the services that are part of them. */
export const SYSTEMS = {
  fifty: { first: 0, services: 50 },
  fivehundred: { first: 100, services: 500 },
};

/** Starts the plugin and its sources on a database, with a catalog in memory. */
export async function startDora(
  knex: Knex,
  services: number,
): Promise<DoraBackend> {
  const entities = Array.from(
    { length: services },
    (_, index): Entity => ({
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Component',
      metadata: {
        name: `service-${index}`,
        namespace: 'default',
        annotations: { 'pavedroad.dev/repository': `bench/service-${index}` },
      },
      spec: { type: 'service' },
      relations: Object.entries(SYSTEMS)
        .filter(
          ([, system]) =>
            index >= system.first && index < system.first + system.services,
        )
        .map(([name]) => ({
          type: 'partOf',
          targetRef: `system:default/${name}`,
        })),
    }),
  );
  entities.push(
    ...Object.keys(SYSTEMS).map(
      (name): Entity => ({
        apiVersion: 'backstage.io/v1alpha1',
        kind: 'System',
        metadata: { name, namespace: 'default' },
      }),
    ),
  );
  const backend = await startTestBackend({
    features: [
      dora,
      cdevents,
      catalogOf(entities),
      mockServices.database.factory({ knex }),
      mockServices.rootConfig.factory({
        data: {
          dora: { catalogRefresh: { hours: 1 } },
          // Who asks in tests.
          portal: { administrators: ['user:default/mock'] },
        },
      }),
    ],
  });
  const { port } = backend.server.address() as AddressInfo;
  return {
    ...doraClient(port),
    port,
    settled: () => settled(knex),
    stop: () => backend.stop(),
  };
}

/**
 * A catalog in memory that finds an entity at once. The mock makes a map of all entities each time it is asked for one, whose time and
 * garbage would be counted as those of the answer.
 */
function catalogOf(entities: Entity[]) {
  const known = new Map(
    entities.map(entity => [stringifyEntityRef(entity), entity]),
  );
  const catalog = catalogServiceMock({ entities });
  catalog.getEntityByRef = async ref =>
    known.get(typeof ref === 'string' ? ref : stringifyEntityRef(ref));
  return createServiceFactory({
    service: catalogServiceRef,
    deps: {},
    factory: () => catalog,
  });
}

/** Asks the backend that listens on a port of this machine. */
export function doraClient(port: number): DoraClient {
  const send = (
    method: string,
    path: string,
    body?: string,
    contentType = 'application/cloudevents-batch+json',
  ) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const request = http.request(
        {
          agent,
          port,
          method,
          path: `/api/dora${path}`,
          headers: { 'content-type': contentType },
        },
        response => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', part => {
            text += part;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text }),
          );
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  return {
    post: async body => (await send('POST', '/events', body)).status,
    async time(path) {
      const began = performance.now();
      const { status, text } = await send('GET', path);
      if (status !== 200) {
        throw new Error(`${path} answered ${status}: ${text.slice(0, 200)}`);
      }
      return performance.now() - began;
    },
    async json(method, path, body) {
      const { status, text } = await send(
        method,
        path,
        body && JSON.stringify(body),
        'application/json',
      );
      if (status < 200 || status > 299) {
        throw new Error(`${path} answered ${status}: ${text.slice(0, 200)}`);
      }
      return JSON.parse(text);
    },
  };
}

/** Resolves when the facts of everything acknowledged are committed. */
export async function settled(knex: Knex): Promise<void> {
  for (;;) {
    const { rows } = await knex.raw(
      `SELECT EXISTS (SELECT 1 FROM dirty_service)
         OR EXISTS (SELECT 1 FROM pg_locks WHERE mode = 'RowExclusiveLock'
           AND relation = 'dirty_service'::regclass) AS busy`,
    );
    if (!rows[0].busy) {
      return;
    }
    await new Promise(resolve => {
      setTimeout(resolve, 20);
    });
  }
}

/** A commit id that follows from where it is. */
function commitId(service: number, number: number): string {
  return (
    service.toString(16).padStart(8, '0') +
    number.toString(16).padStart(32, '0')
  );
}

const START = Date.UTC(2024, 10, 1);
const TWO_YEARS = 2 * 365 * 86_400_000;

/**
 * The events of an organisation over two years, by time: per deployment a push of
 * commits, where they are asked for the build of its artifact, and the deployment;
 * now and then an incident. The services take turns, so every batch touches many of them.
 */
export function* organisation(options: {
  services: number;
  deployments: number;
  commitsPerDeployment: number;
  /** Number of the first service; 0 unless told. */
  firstService?: number;
  /** Whether builds are told too. */
  builds?: boolean;
}): Generator<object> {
  const { services, deployments, commitsPerDeployment, builds } = options;
  const { firstService = 0 } = options;
  const step = TWO_YEARS / deployments;
  for (let round = 0; round < deployments; round++) {
    for (
      let service = firstService;
      service < firstService + services;
      service++
    ) {
      const at =
        START + round * step + ((service - firstService) * step) / services;
      const moment = (offset: number) =>
        new Date(at + offset * 60_000).toISOString();
      const first = round * commitsPerDeployment;
      const common = { specversion: '1.0', source: `/bench/${service}` };
      yield {
        ...common,
        id: `push-${round}`,
        type: 'dev.pavedroad.git.commits.0.1.0',
        data: {
          repository: `bench/service-${service}`,
          commits: Array.from({ length: commitsPerDeployment }, (_, index) => ({
            id: commitId(service, first + index),
            parents:
              first + index === 0 ? [] : [commitId(service, first + index - 1)],
            committedAt: moment(-60 * (1 + ((round * 7 + index * 13) % 200))),
          })),
        },
      };
      const revision = commitId(service, first + commitsPerDeployment - 1);
      const artifact = `pkg:oci/service-${service}@${revision}`;
      if (builds) {
        yield {
          ...common,
          id: `build-${round}`,
          type: 'dev.cdevents.artifact.packaged.0.2.0',
          time: moment(-30),
          data: {
            context: { timestamp: moment(-30) },
            subject: {
              id: artifact,
              content: {
                change: { id: revision, source: `bench/service-${service}` },
              },
            },
          },
        };
      }
      yield {
        ...common,
        id: `deployment-${round}`,
        type: 'dev.cdevents.service.deployed.0.3.0',
        time: moment(0),
        data: {
          context: { timestamp: moment(0) },
          subject: {
            id: serviceRef(service),
            content: {
              environment: { id: 'production' },
              artifactId: artifact,
            },
          },
        },
      };
      if ((round + service) % 20 === 0) {
        for (const [predicate, offset] of [
          ['detected', 15],
          ['resolved', 75],
        ] as const) {
          yield {
            ...common,
            id: `${predicate}-${round}`,
            type: `dev.cdevents.incident.${predicate}.0.3.0`,
            time: moment(offset),
            data: {
              context: { timestamp: moment(offset) },
              subject: {
                id: `incident-${service}-${round}`,
                content: {
                  environment: { id: 'production' },
                  service: { id: serviceRef(service) },
                },
              },
            },
          };
        }
      }
    }
  }
}

/** Sends events in batches over a few connections and answers how many there were. */
export async function load(
  backend: DoraClient,
  events: Iterable<object>,
  options: { batch: number; connections: number },
): Promise<number> {
  const bodies = batches(events, options.batch);
  let sent = 0;
  await Promise.all(
    Array.from({ length: options.connections }, async () => {
      for (;;) {
        const next = bodies.next();
        if (next.done) {
          return;
        }
        const status = await backend.post(next.value.body);
        if (status !== 202) {
          throw new Error(`A batch was answered ${status}`);
        }
        sent += next.value.size;
      }
    }),
  );
  return sent;
}

/** Events as bodies of requests. */
export function* batches(
  events: Iterable<object>,
  size: number,
): Generator<{ body: string; size: number }> {
  let batch: object[] = [];
  for (const event of events) {
    batch.push(event);
    if (batch.length === size) {
      yield { body: JSON.stringify(batch), size: batch.length };
      batch = [];
    }
  }
  if (batch.length > 0) {
    yield { body: JSON.stringify(batch), size: batch.length };
  }
}
