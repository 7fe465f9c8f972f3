// @ts-check
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { isPortFree, pickFreePort, suggestPort } from './ports.mjs';

for (const host of ['127.0.0.1', '0.0.0.0', '::1', '::']) {
  test(`a port is taken while a server listens on ${host}`, async t => {
    const port = await pickFreePort();
    assert.equal(await isPortFree(port), true);
    const server = net.createServer();
    try {
      await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port, host }, () => resolve(undefined));
      });
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      assert.match(code ?? '', /EADDRNOTAVAIL|EAFNOSUPPORT/);
      t.diagnostic(`this machine has no ${host}`);
      return;
    }
    assert.equal(await isPortFree(port), false);
    await new Promise(resolve => server.close(resolve));
    assert.equal(await isPortFree(port), true);
  });
}

test('the next free port is suggested', async () => {
  const taken = new Set([7007, 7008, 7009]);
  assert.equal(await suggestPort(7007, async port => !taken.has(port)), 7010);
});
