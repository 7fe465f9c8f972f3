// @ts-check
/**
 * Ends the portal's processes when the launcher has gone without ending them itself, for example because it was killed
 * outright. Started by the launcher, it reads one JSON object per line, `{ pid, signal }` to look after a process and
 * `{ release: true }` to look after none; when its input closes it ends, in reverse order, whatever it still looks after.
 */
import readline from 'node:readline';
import { isAlive, signalGroup, signalProcess, sleep } from './processes.mjs';

/** @type {{ pid: number, signal: NodeJS.Signals }[]} */
let watched = [];

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {});
}

const lines = readline.createInterface({ input: process.stdin });
lines.on('line', line => {
  const message = JSON.parse(line);
  watched = message.release ? [] : [...watched, message];
});
lines.on('close', async () => {
  for (const { pid, signal } of watched.reverse()) {
    if (isAlive(pid)) {
      signalProcess(pid, signal);
      for (let waited = 0; waited < 10_000 && isAlive(pid); waited += 50) {
        await sleep(50);
      }
      signalGroup(pid, 'SIGKILL');
    }
  }
});
