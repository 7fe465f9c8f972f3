import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createPortalClient } from './portalClient.mjs';
import { sendBatches } from './sendBatches.mjs';
import { openStamp } from './stamp.mjs';

const quiet = () => undefined;

/** A portal that takes in events, after answering the first requests with the given statuses. */
async function withPortal(statuses, work) {
  const seen = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      const status = statuses.shift() ?? 202;
      if (status !== 202) {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: { message: `not now` } }));
        return;
      }
      const events = JSON.parse(gunzipSync(Buffer.concat(chunks)).toString());
      seen.push({ headers: request.headers, events });
      response.writeHead(202, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          results: events.map(({ id }) => ({ id, status: 'accepted' })),
        }),
      );
    });
  });
  await new Promise(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  try {
    await work(
      createPortalClient({
        baseUrl: `http://127.0.0.1:${server.address().port}/`,
        token: 'secret',
      }),
      seen,
    );
  } finally {
    server.closeAllConnections();
    await new Promise(resolve => {
      server.close(resolve);
    });
  }
}

test('sends batches compressed, with the token, and tells what became of them', () =>
  withPortal([], async (portal, seen) => {
    const total = await sendBatches({
      portal,
      batches: [[{ id: 'a' }, { id: 'b' }], [{ id: 'c' }]],
      from: 0,
      onSent: quiet,
      say: quiet,
    });
    assert.equal(total.accepted, 3);
    assert.equal(seen[0].headers.authorization, 'Bearer secret');
    assert.equal(
      seen[0].headers['content-type'],
      'application/cloudevents-batch+json',
    );
    assert.deepEqual(
      seen.flatMap(({ events }) => events.map(({ id }) => id)).sort(),
      ['a', 'b', 'c'],
    );
  }));

test('tries again when the portal is busy', () =>
  withPortal([503, 429], async (portal, seen) => {
    await portal.sendEvents([{ id: 'a' }]);
    assert.equal(seen.length, 1);
  }));

test('says what the portal says when it refuses', () =>
  withPortal([403], async portal => {
    await assert.rejects(portal.sendEvents([{ id: 'a' }]), /403 not now/);
  }));

test('goes on behind what was sent before', () =>
  withPortal([], async (portal, seen) => {
    const progress = [];
    await sendBatches({
      portal,
      batches: [[{ id: 'a' }], [{ id: 'b' }], [{ id: 'c' }]],
      from: 2,
      onSent: sent => progress.push(sent),
      say: quiet,
    });
    assert.deepEqual(
      seen.map(({ events }) => events[0].id),
      ['c'],
    );
    assert.equal(progress.at(-1), 3);
  }));

test('counts only what is in without a gap as sent', async () => {
  const progress = [];
  let release;
  const first = new Promise(resolve => {
    release = resolve;
  });
  const sending = sendBatches({
    portal: {
      async sendEvents([{ id }]) {
        if (id === 'a') {
          await first;
        }
        return [{ status: 'accepted' }];
      },
    },
    batches: [[{ id: 'a' }], [{ id: 'b' }], [{ id: 'c' }]],
    from: 0,
    onSent: sent => progress.push(sent),
    say: quiet,
  });
  await new Promise(resolve => {
    setTimeout(resolve, 20);
  });
  assert.deepEqual(progress, [0, 0]);
  release();
  await sending;
  assert.equal(progress.at(-1), 3);
});

test('the end of the history is remembered, progress too; nonsense is not', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stamp-'));
  const file = path.join(folder, 'sample-data.json');
  try {
    const first = openStamp(file, { seed: 's', now: '2026-01-01T00:00:00Z' });
    first.save(4);
    const later = openStamp(file, { seed: 's', now: '2026-02-01T00:00:00Z' });
    assert.equal(later.anchor, '2026-01-01T00:00:00Z');
    assert.equal(later.sent, 4);

    const another = openStamp(file, { seed: 't', now: '2026-02-01T00:00:00Z' });
    assert.equal(another.anchor, '2026-02-01T00:00:00Z');
    assert.equal(another.sent, 0);

    fs.writeFileSync(file, '{ "half of it');
    assert.equal(
      openStamp(file, { seed: 's', now: '2026-03-01T00:00:00Z' }).sent,
      0,
    );
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
