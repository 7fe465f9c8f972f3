import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigReader } from '@backstage/config';
import { JsonValue } from '@backstage/types';
import { fuzzSource } from '@pavedroad/plugin-dora-node/testUtils';
import { readJenkinsOptions } from './options';
import { createJenkinsSource } from './source';

const source = createJenkinsSource(
  readJenkinsOptions(
    new ConfigReader({
      dora: {
        jenkins: {
          token: 'secret',
          deployments: [
            {
              job: 'payments/deploy-(?<service>[a-z]+)-(?<environment>[a-z]+)',
              artifact: 'pkg:oci/{service}@{parameter.VERSION}',
            },
          ],
          builds: [
            {
              job: 'payments/(?<app>[^/]+)/main',
              artifact: 'pkg:oci/{app}@{number}',
            },
          ],
        },
      },
    }),
  ),
);

const received = [
  'pipelinerun-queued',
  'pipelinerun-started',
  'pipelinerun-finished',
  'taskrun-finished',
  'build-finished',
].map(name => ({
  name,
  event: source.webhook!.receive({
    headers: {},
    body: readFileSync(join(__dirname, '__fixtures__', `${name}.txt`)),
    receivedAt: '2026-05-01T12:00:08.000Z',
  })[0],
}));

describe('hostile events of Jenkins', () => {
  it('never make the source throw or answer what cannot be kept', async () => {
    const report = await fuzzSource({
      source,
      webhooks: received.map(({ name, event }) => ({
        name,
        payload: {
          specversion: '1.0',
          id: event.id,
          source: 'job/deploy/42/',
          type: event.type,
          time: event.time,
          data: event.data,
        } as JsonValue,
      })),
      authentication: {
        headers: () => ({ authorization: 'Bearer secret' }),
        coversBody: false,
      },
      mutations: 10_000,
    });
    expect(report.cases).toBe(10_000);
    expect(report.accepted).toBeGreaterThan(500);
    expect(report.refusedRequests).toBeGreaterThan(100);
  });
});
