#!/usr/bin/env node
/**
 * Loads the sample organisation's repositories and two years of its delivery history into a running portal, over the same
 * interfaces everybody else uses.
 *
 *   node demo/seed.mjs --portal http://localhost:7007 --token-file .data/machine-token
 *
 * It can be run again at any time: what is there already is left alone, and an interrupted run goes on where it stopped.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateHistory, SEED } from './generate.mjs';
import { SERVICES } from './history/services.mjs';
import { createPortalClient } from './load/portalClient.mjs';
import { publishRepositories } from './load/repositories.mjs';
import { releaseSchedules, scheduleRefs } from './load/schedules.mjs';
import { openStamp } from './load/stamp.mjs';
import { sendBatches } from './load/sendBatches.mjs';

const HELP = `Loads the sample organisation into a running portal.

  --portal <URL>          address of the portal
  --token-file <file>     file with a token that may write to the plugins git, catalog and dora
  --state <file>          where progress is kept (default: sample-data.json beside the token file)
  --help                  this text`;

/** How long the catalog may take to read the organisation. */
const CATALOG_WITHIN_MS = 120_000;

async function main() {
  const { values } = parseArgs({
    options: {
      portal: { type: 'string' },
      'token-file': { type: 'string' },
      state: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const tokenFile = values['token-file'];
  if (!values.portal || !tokenFile) {
    throw new Error('Both --portal and --token-file are needed; see --help');
  }
  const say = line => process.stdout.write(`${line}\n`);
  const portal = createPortalClient({
    baseUrl: values.portal,
    token: fs.readFileSync(tokenFile, 'utf8').trim(),
  });
  const stamp = openStamp(
    values.state ?? path.join(path.dirname(tokenFile), 'sample-data.json'),
    { seed: SEED, now: new Date().toISOString() },
  );

  say('Waiting for the catalog to read the teams');
  await portal.waitForEntities(
    [...new Set(SERVICES.map(({ team }) => `group:default/${team}`))],
    CATALOG_WITHIN_MS,
  );
  const folder = path.join(
    path.dirname(fileURLToPath(import.meta.url)),
    'repositories',
  );
  await releaseSchedules({ portal, say, withinMs: CATALOG_WITHIN_MS });
  await publishRepositories({ portal, folder, say });
  say('Waiting for the catalog to read the services and schedules');
  await portal.waitForEntities(
    [
      ...SERVICES.map(({ name }) => `component:default/${name}`),
      ...scheduleRefs(folder),
    ],
    CATALOG_WITHIN_MS,
  );

  const batches = generateHistory({ seed: stamp.seed, now: stamp.anchor });
  const total = await sendBatches({
    portal,
    batches,
    from: stamp.sent,
    onSent: sent => stamp.save(sent),
    say,
  });
  say(
    `Delivery history: ${total.accepted} events taken in, ${total.duplicate} there already`,
  );
  if (total.rejected + total.ignored > 0) {
    throw new Error(
      `${total.rejected} events were rejected and ${total.ignored} ignored: ${total.reason}`,
    );
  }
}

main().catch(error => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
