import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Finding } from './types';

type Received = { authorization?: string; contentType?: string; body: string };

/** Stands in for the portal while a pipeline runs, so that its report is sent for real and can be read. */
export type PortalReceiver = {
  url: string;
  token: string;
  received: Received[];
  close(): Promise<void>;
};

/** Listens on loopback and answers like `POST /api/dora/events`. */
export async function startPortalReceiver(): Promise<PortalReceiver> {
  const token = 'proof-token';
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', chunk => {
      body += chunk;
    });
    request.on('end', () => {
      const { authorization, 'content-type': contentType } = request.headers;
      if (request.url !== '/api/dora/events') {
        response.writeHead(404).end();
        return;
      }
      received.push({ authorization, contentType, body });
      response
        .writeHead(202, { 'content-type': 'application/json' })
        .end(JSON.stringify({ results: [{ status: 'accepted' }] }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    received,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

type CloudEvent = {
  specversion?: string;
  id?: string;
  source?: string;
  type?: string;
  data?: {
    context?: { id?: string; type?: string; timestamp?: string };
    subject?: {
      id?: string;
      content?: { environment?: { id?: string }; artifactId?: string };
    };
  };
};

/** What a reported deployment must say: which component, where, and which commit, as the portal's interface asks. */
export function reportFindings(
  receiver: Pick<PortalReceiver, 'received' | 'token'>,
  expected: { component: string; commit: string; environments: string[] },
): Finding[] {
  const findings: Finding[] = [];
  const add = (message: string) =>
    findings.push({ where: 'report to the portal', message });
  const reported = new Set<string>();
  const ids = new Set<string>();
  for (const { authorization, contentType, body } of receiver.received) {
    if (authorization !== `Bearer ${receiver.token}`) {
      add('is not authorised with PORTAL_TOKEN');
    }
    if (!/^application\/cloudevents\+json/.test(contentType ?? '')) {
      add(`has content type ${contentType}`);
    }
    let event: CloudEvent;
    try {
      event = JSON.parse(body) as CloudEvent;
    } catch {
      add('is not JSON');
      continue;
    }
    const subject = event.data?.subject;
    if (
      event.specversion !== '1.0' ||
      !event.id ||
      !event.source ||
      !/^dev\.cdevents\.service\.deployed\.\d+\.\d+\.\d+$/.test(
        event.type ?? '',
      ) ||
      event.data?.context?.type !== event.type ||
      Number.isNaN(Date.parse(event.data?.context?.timestamp ?? ''))
    ) {
      add(`is no CDEvents service.deployed event: ${body.slice(0, 500)}`);
    }
    if (subject?.id !== expected.component) {
      add(`speaks of ${subject?.id}, not of ${expected.component}`);
    }
    const version = /^pkg:[^@]+@([^?#]+)/.exec(
      subject?.content?.artifactId ?? '',
    )?.[1];
    if (version !== expected.commit) {
      add(
        `names ${subject?.content?.artifactId}; the commit is ${expected.commit}`,
      );
    }
    if (ids.has(event.id ?? '')) {
      add(`sends the id ${event.id} twice`);
    }
    ids.add(event.id ?? '');
    reported.add(subject?.content?.environment?.id ?? '');
  }
  for (const environment of expected.environments) {
    if (!reported.has(environment)) {
      add(`says nothing of ${environment}`);
    }
  }
  return findings;
}
