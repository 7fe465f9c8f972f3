import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, machineToken, type Page } from './test';

/** The base address of the portal under test. */
export const portal = () => {
  const address = process.env.PORTAL_URL ?? 'http://localhost:7008';
  return address.replace(/\/$/, '');
};

/** Asks an interface of the portal as a script would. */
export async function ask<T>(address: string): Promise<T> {
  const response = await fetch(`${portal()}/api/${address}`, {
    headers: { authorization: `Bearer ${machineToken()}` },
  });
  expect(response.status, address).toBe(200);
  return (await response.json()) as T;
}

/**
 * Waits until a component has one deployment today, and until its page says so; answers what the interface says of it. What is reported is
 * taken first and counted then.
 */
export async function expectOneDeployment(
  page: Page,
  name: string,
): Promise<unknown> {
  const day = 86_400_000;
  const address = `dora/deployments?${new URLSearchParams({
    entityRef: `component:default/${name}`,
    from: new Date(Date.now() - day).toISOString(),
    to: new Date(Date.now() + day).toISOString(),
  })}`;
  let items: unknown[] = [];
  await expect
    .poll(
      async () => {
        ({ items } = await ask<{ items: unknown[] }>(address));
        return items;
      },
      { message: `the deployments of ${name}`, timeout: 30_000 },
    )
    .toHaveLength(1);
  await page.goto(`/catalog/default/component/${name}/delivery`);
  await expect(
    page
      .getByRole('region', { name: 'Deployment frequency' })
      .getByText(/^1\sdeployment\sbrought\schanges\sto\sproduction/),
  ).toBeVisible({ timeout: 30_000 });
  return items[0];
}

/** A commit id that nothing else has. */
export const newCommit = () => randomBytes(20).toString('hex');

function cloudEvent(type: string, data: object): object {
  return {
    specversion: '1.0',
    id: randomBytes(8).toString('hex'),
    source: '/journeys/pipeline',
    type,
    time: new Date().toISOString(),
    data,
  };
}

/** The event with which a pipeline says that a deployment has finished. */
export function deployed(service: string, commit: string, at: Date): object {
  const type = 'dev.cdevents.service.deployed.0.3.0';
  const id = randomBytes(8).toString('hex');
  return cloudEvent(type, {
    context: {
      version: '0.5.0',
      id,
      source: '/journeys/pipeline',
      type,
      timestamp: at.toISOString(),
    },
    subject: {
      id: service,
      type: 'service',
      content: {
        environment: { id: 'production' },
        artifactId: `pkg:generic/service@${commit}`,
      },
    },
  });
}

/** The event with which a code host tells of commits, each upon the one before. */
export function committed(
  repository: string,
  parent: string | undefined,
  commits: { id: string; at: Date; subject: string }[],
): object {
  return cloudEvent('dev.pavedroad.git.commits.0.1.0', {
    repository,
    commits: commits.map(({ id, at, subject }, i) => {
      const before = i === 0 ? parent : commits[i - 1].id;
      return {
        id,
        parents: before ? [before] : [],
        committedAt: at.toISOString(),
        authorName: 'Inês Duarte',
        subject,
      };
    }),
  });
}

/** Sends events as a pipeline does, and holds the portal to having taken every one. */
export async function send(...events: object[]): Promise<void> {
  const response = await fetch(`${portal()}/api/dora/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${machineToken()}`,
      'content-type': 'application/cloudevents-batch+json',
    },
    body: JSON.stringify(events),
  });
  expect(response.status).toBe(202);
  const { results } = (await response.json()) as {
    results: { status: string; reason?: string }[];
  };
  expect(results).toEqual(
    events.map(() => expect.objectContaining({ status: 'accepted' })),
  );
}

/** The token that the running portal wrote for alerts. */
export function webhookToken(): string {
  return readFileSync(
    path.join(process.env.PORTAL_DATA ?? '', 'webhook-token'),
    'utf8',
  ).trim();
}

/** One alert as Prometheus Alertmanager sends it; answers the HTTP status. */
export async function alert(
  options: {
    fingerprint: string;
    service: string;
    summary: string;
    startsAt: Date;
    /** Absent while it fires. */
    endsAt?: Date;
  },
  token: string = webhookToken(),
): Promise<number> {
  const { fingerprint, service, summary, startsAt, endsAt } = options;
  const status = endsAt ? 'resolved' : 'firing';
  const labels = {
    alertname: 'ErrorRateAboveObjective',
    severity: 'critical',
    service,
    environment: 'production',
  };
  const response = await fetch(`${portal()}/api/dora/webhooks/alertmanager`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      version: '4',
      groupKey: `{}:{service="${service}"}`,
      truncatedAlerts: 0,
      status,
      receiver: 'portal',
      groupLabels: { service },
      commonLabels: labels,
      commonAnnotations: { summary },
      externalURL: 'http://alertmanager.fernhill.example',
      alerts: [
        {
          status,
          labels,
          annotations: { summary },
          startsAt: startsAt.toISOString(),
          endsAt: endsAt?.toISOString() ?? '0001-01-01T00:00:00Z',
          generatorURL: 'http://prometheus.fernhill.example/graph',
          fingerprint,
        },
      ],
    }),
  });
  return response.status;
}

/** Rows of a CSV file by RFC 4180, by the names in its first line. */
export function readCsv(text: string): Record<string, string>[] {
  const [header, ...rows] = text
    .replace(/\r\n$/, '')
    .split('\r\n')
    .map(line =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
        ([, quoted, plain]) => quoted?.replace(/""/g, '"') ?? plain ?? '',
      ),
    );
  return rows.map(cells =>
    Object.fromEntries(header.map((name, i) => [name, cells[i]])),
  );
}
