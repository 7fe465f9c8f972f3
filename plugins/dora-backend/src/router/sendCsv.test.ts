import { once } from 'node:events';
import { createServer, get, IncomingMessage } from 'node:http';
import { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { InputError } from '@backstage/errors';
import express from 'express';
import { CsvPage } from '../service/csv';
import { sendCsv } from './sendCsv';

const PAGES = 2_000;
const ROW = 'x'.repeat(10_000);

/** A route that gives a file of 20 MB a page at a time, and what became of it. */
async function serve(pages: () => AsyncGenerator<CsvPage<string>>) {
  const outcome: { error?: unknown; ended: boolean } = { ended: false };
  const app = express();
  app.get('/', async (_req, res) => {
    try {
      await sendCsv(
        res,
        {
          name: 'rows.csv',
          csv: { header: 'row\r\n', line: (row: string) => `${row}\r\n` },
        },
        pages(),
      );
    } catch (error) {
      outcome.error = error;
      res.destroy();
    }
    outcome.ended = true;
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    outcome,
    async open(): Promise<IncomingMessage> {
      const request = get({ port, host: '127.0.0.1' });
      request.on('error', () => {});
      const [response] = await once(request, 'response');
      response.on('error', () => {});
      return response;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function counted(total = PAGES) {
  const seen = { pages: 0, stopped: false };
  return {
    seen,
    async *pages(): AsyncGenerator<CsvPage<string>> {
      try {
        for (let page = 0; page < total; page++) {
          seen.pages += 1;
          yield { items: [ROW] };
        }
      } finally {
        seen.stopped = true;
      }
    },
  };
}

const settled = async (condition: () => boolean) => {
  for (let tries = 0; tries < 200 && !condition(); tries++) {
    await delay(10);
  }
};

describe('sendCsv', () => {
  it('sends every page', async () => {
    const { pages } = counted(30);
    const server = await serve(pages);
    const response = await server.open();
    let bytes = 0;
    for await (const chunk of response) {
      bytes += chunk.length;
    }
    server.close();
    expect(response.headers['content-type']).toMatch('text/csv');
    expect(response.headers['content-disposition']).toMatch('rows.csv');
    expect(bytes).toBe('row\r\n'.length + 30 * (ROW.length + 2));
    expect(server.outcome).toEqual({ ended: true });
  });

  it('says why rows may be missing, also when there is none', async () => {
    const server = await serve(async function* pages() {
      yield {
        items: [],
        dataQuality: [
          {
            code: 'beyond_retention',
            services: ['component:default/a'],
            since: '2026-05-10T00:00:00.000Z',
          },
          { code: 'facts_pending', services: ['component:default/a'] },
        ],
      };
    });
    const response = await server.open();
    server.close();
    expect(response.headers['x-data-quality']).toBe(
      'beyond_retention:2026-05-10T00:00:00.000Z facts_pending',
    );
  });

  it('reads no more than the asker takes', async () => {
    const { seen, pages } = counted();
    const server = await serve(pages);
    const response = await server.open();
    response.pause();
    await delay(500);
    const read = seen.pages;
    server.close();
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(PAGES);
  });

  it('stops reading when the asker is gone', async () => {
    const { seen, pages } = counted();
    const server = await serve(pages);
    const response = await server.open();
    response.destroy();
    await settled(() => server.outcome.ended);
    server.close();
    expect(seen.stopped).toBe(true);
    expect(seen.pages).toBeLessThan(PAGES);
    expect(server.outcome).toEqual({ ended: true });
  });

  it('answers an error when the question is wrong', async () => {
    const server = await serve(async function* pages() {
      throw new InputError('no such thing');
    });
    await server.open().catch(() => {});
    server.close();
    expect(server.outcome.error).toMatchObject({ message: 'no such thing' });
  });
});
