import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { releaseSchedules, scheduleRefs } from './schedules.mjs';

const REPOSITORIES = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  '../repositories',
);

/** A portal whose catalog answers one list after the other. */
function portalWith(...lists) {
  const refreshed = [];
  return {
    refreshed,
    async json(method, route, body) {
      if (method === 'POST') {
        refreshed.push(body.entityRef);
        return new Response();
      }
      assert.match(route, /kind=oncallschedule/);
      const locations = lists.length > 1 ? lists.shift() : lists[0];
      return Response.json(
        locations.map(location => ({
          metadata: {
            annotations: { 'backstage.io/managed-by-location': location },
          },
        })),
      );
    },
  };
}

test('schedules are found by the files of the teams’ repositories', () => {
  assert.deepEqual(
    scheduleRefs(REPOSITORIES),
    [
      'cold-chain',
      'identity',
      'payments',
      'platform',
      'routing',
      'storefront',
      'warehouse',
    ].map(name => `oncallschedule:default/${name}`),
  );
});

test('waits until the catalog reads no schedule as a file any more', async () => {
  const said = [];
  const portal = portalWith(
    ['file:/checkout/demo/catalog/on-call.yaml'],
    ['url:http://localhost/api/git/payments/on-call/blob/main/payments.yaml'],
  );
  await releaseSchedules({
    portal,
    say: line => said.push(line),
    withinMs: 5_000,
  });
  assert.deepEqual(portal.refreshed, ['location:default/fernhill']);
  assert.equal(said.length, 1);
});

test('asks for nothing where there is none', async () => {
  const portal = portalWith([]);
  await releaseSchedules({ portal, say: assert.fail, withinMs: 0 });
  assert.deepEqual(portal.refreshed, []);
});

test('says when the catalog does not let go of them', async () => {
  await assert.rejects(
    releaseSchedules({
      portal: portalWith(['file:/checkout/demo/catalog/on-call.yaml']),
      say: () => {},
      withinMs: -1,
    }),
    /as files/,
  );
});
