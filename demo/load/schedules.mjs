import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from './portalClient.mjs';

/** Read by the catalog as a file: what releases before 0.5 did with the sample schedules. */
const FROM_FILE = /^file:/;
const LOCATION = 'backstage.io/managed-by-location';

/**
 * The refs of the sample schedules, by the files of the repositories `<team>/on-call`.
 *
 * @param {string} folder holds <owner>/<repository>/…
 * @returns {string[]}
 */
export function scheduleRefs(folder) {
  return fs
    .readdirSync(folder)
    .map(team => path.join(folder, team, 'on-call'))
    .filter(repository => fs.existsSync(repository))
    .flatMap(repository => fs.readdirSync(repository))
    .filter(file => file.endsWith('.yaml'))
    .map(file => `oncallschedule:default/${path.basename(file, '.yaml')}`)
    .sort();
}

/**
 * Waits until the catalog has let go of sample schedules that an earlier release read as files, so that it takes those of the repositories:
 * an entity belongs to the location that brought it first.
 *
 * @param {object} options
 * @param {ReturnType<import('./portalClient.mjs').createPortalClient>} options.portal
 * @param {(line: string) => void} options.say
 * @param {number} options.withinMs
 */
export async function releaseSchedules({ portal, say, withinMs }) {
  const until = Date.now() + withinMs;
  let said = false;
  for (;;) {
    const answer = await portal.json(
      'GET',
      '/api/catalog/entities?filter=kind=oncallschedule,metadata.annotations.pavedroad.dev/sample-data=true&fields=metadata.annotations',
    );
    if (!answer.ok) {
      throw new Error(
        `The catalog did not list the schedules: ${await messageOf(answer)}`,
      );
    }
    const schedules = await answer.json();
    if (
      !schedules.some(({ metadata }) =>
        FROM_FILE.test(metadata.annotations[LOCATION]),
      )
    ) {
      return;
    }
    if (Date.now() > until) {
      throw new Error('The catalog still reads the schedules as files');
    }
    if (!said) {
      said = true;
      say('Moving the schedules to repositories');
      const refreshed = await portal.json('POST', '/api/catalog/refresh', {
        entityRef: 'location:default/fernhill',
      });
      await refreshed.arrayBuffer();
    }
    await sleep(1000);
  }
}
