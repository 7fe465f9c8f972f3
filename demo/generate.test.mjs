import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { generateHistory } from './generate.mjs';
import { BAD_WEEK, SERVICES, TEAMS } from './history/services.mjs';
import { HISTORY_WEEKS, simulate } from './history/simulate.mjs';

const NOW = '2026-11-20T23:00:00.000Z';
const ANCHOR = Date.parse(NOW);
const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;

const histories = simulate({ seed: 'fernhill', anchor: ANCHOR });
const of = name => histories.find(({ profile }) => profile.name === name);
const teamOf = team => histories.filter(({ profile }) => profile.team === team);
const median = values => values.sort((a, b) => a - b)[values.length >> 1];

/** Lead times of what was deployed in [from, to), hours: commit to the first deployment that reaches it. */
function leadTimes(history, from, to) {
  const commits = new Map(history.commits.map(commit => [commit.id, commit]));
  const delivered = new Set();
  const hours = [];
  for (const deployment of history.deployments) {
    const open = [deployment.revision];
    while (open.length > 0) {
      const id = open.pop();
      if (delivered.has(id)) {
        continue;
      }
      delivered.add(id);
      const commit = commits.get(id);
      open.push(...commit.parents);
      if (
        deployment.number > 1 &&
        commit.parents.length < 2 &&
        deployment.finishedAt >= from &&
        deployment.finishedAt < to
      ) {
        hours.push((deployment.finishedAt - commit.committedAt) / HOUR);
      }
    }
  }
  return hours;
}

const failures = (history, from, to) =>
  history.incidents.filter(({ openedAt }) => openedAt >= from && openedAt < to)
    .length;
const changes = (history, from, to) =>
  history.deployments.filter(
    ({ kind, finishedAt }) =>
      kind === 'change' && finishedAt >= from && finishedAt < to,
  ).length;

test('the same seed and moment give the same bytes, another seed others', () => {
  const bytes = JSON.stringify(generateHistory({ now: NOW }));
  assert.equal(JSON.stringify(generateHistory({ now: NOW })), bytes);
  assert.notEqual(
    JSON.stringify(generateHistory({ now: NOW, seed: 'another' })),
    bytes,
  );
});

test('refuses a moment it cannot read', () => {
  assert.throws(() => generateHistory({ now: 'yesterday' }), TypeError);
});

test('every event is marked as sample data and has an id of its own', () => {
  const events = generateHistory({ now: NOW }).flat();
  assert.ok(events.every(({ sampledata }) => sampledata === 'true'));
  assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
});

test('nothing happens after the moment at which the history ends, nor long before it begins', () => {
  for (const event of generateHistory({ now: NOW }).flat()) {
    const time = Date.parse(event.time);
    assert.ok(time <= ANCHOR, `${event.id} at ${event.time}`);
    assert.ok(
      time >= ANCHOR - (HISTORY_WEEKS + 1) * WEEK,
      `${event.id} at ${event.time}`,
    );
  }
});

test('a history with another end repeats the ids of the first, so it adds next to nothing', () => {
  const ids = new Set(
    generateHistory({ now: NOW })
      .flat()
      .map(({ id }) => id),
  );
  const later = generateHistory({ now: '2026-11-21T09:00:00.000Z' }).flat();
  const news = later.filter(({ id }) => !ids.has(id)).length;
  assert.ok(news < later.length * 0.05, `${news} of ${later.length} are new`);
});

test('there is as much of it as an organisation of this size makes', () => {
  const sum = key =>
    histories.reduce((total, history) => total + history[key].length, 0);
  const between = (value, low, high) =>
    assert.ok(value >= low && value <= high, `${value}`);
  between(sum('deployments'), 4_000, 6_000);
  between(sum('commits'), 11_000, 17_000);
  between(sum('pulls'), 5_000, 9_000);
  between(sum('incidents'), 200, 500);
});

for (const history of histories) {
  const { name } = history.profile;

  test(`${name}: what it says is consistent`, () => {
    const commits = new Map(history.commits.map(commit => [commit.id, commit]));
    for (const commit of history.commits) {
      assert.match(commit.id, /^[0-9a-f]{40}$/);
      assert.ok(commit.parents.every(parent => commits.has(parent)));
    }
    for (const pull of history.pulls) {
      const committed = pull.commits.map(id => commits.get(id).committedAt);
      assert.ok(committed.every(at => at <= pull.openedAt));
      assert.ok(pull.openedAt <= pull.approvedAt);
      assert.ok(pull.approvedAt <= pull.mergedAt);
    }
    let before = 0;
    for (const deployment of history.deployments) {
      assert.ok(deployment.finishedAt > before);
      before = deployment.finishedAt;
      assert.ok(commits.has(deployment.revision));
      assert.ok((deployment.builtAt ?? 0) <= deployment.finishedAt);
    }
    for (const incident of history.incidents) {
      assert.ok((incident.resolvedAt ?? Infinity) > incident.openedAt);
    }
    assert.ok(leadTimes(history, 0, ANCHOR).every(hours => hours >= 0));
  });
}

test('story: payments got faster', () => {
  const hours = (from, to) =>
    median(teamOf('payments').flatMap(history => leadTimes(history, from, to)));
  const then = hours(ANCHOR - 100 * WEEK, ANCHOR - 76 * WEEK);
  const now = hours(ANCHOR - 24 * WEEK, ANCHOR);
  assert.ok(then > 10 * now, `${then} h then, ${now} h now`);
});

test('story: the storefront had a bad week', () => {
  const from = ANCHOR - BAD_WEEK.weeksAgo * WEEK;
  const rate = (start, end) => {
    const hit = BAD_WEEK.services.map(of);
    return (
      hit.reduce((sum, history) => sum + failures(history, start, end), 0) /
      hit.reduce((sum, history) => sum + changes(history, start, end), 0)
    );
  };
  assert.ok(rate(from, from + WEEK) > 0.5);
  assert.ok(rate(from - 20 * WEEK, from) < 0.15);
});

test('story: nobody deploys the label printer any more', () => {
  assert.ok(of('label-printer').deployments.length > 0);
  assert.equal(changes(of('label-printer'), ANCHOR - 80 * WEEK, ANCHOR), 0);
});

test('story: changes of identity wait for review longer than for anything else', () => {
  for (const history of teamOf('identity')) {
    const review = median(
      history.pulls.map(pull => pull.approvedAt - pull.openedAt),
    );
    const rest = median(
      history.pulls.map(pull => pull.mergedAt - pull.approvedAt),
    );
    assert.ok(review > 24 * HOUR);
    assert.ok(review > 5 * rest);
  }
});

test('story: tracking breaks often and is patched at once', () => {
  const { deployments: all, incidents } = of('tracking');
  const hotfixes = all.filter(({ kind }) => kind === 'hotfix').length;
  assert.ok(incidents.length / all.length > 0.12);
  assert.ok(hotfixes > 30);
});

test('story: content pages have no incident source, so none of their incidents are reported', () => {
  const types = generateHistory({ now: NOW })
    .flat()
    .filter(({ id }) => id.startsWith('content-pages/'))
    .map(({ type }) => type);
  assert.ok(types.includes('dev.cdevents.service.deployed.0.2.0'));
  assert.ok(!types.some(type => type.includes('incident')));
  assert.ok(!types.some(type => type.includes('source.declared')));
});

test('nobody plans a deployment for the weekend or the night', () => {
  const planned = histories.flatMap(history =>
    history.deployments
      .filter(({ kind }) => kind === 'change')
      .map(({ finishedAt }) => ({
        finishedAt,
        timeZone: TEAMS[history.profile.team].timeZone,
      })),
  );
  for (const { finishedAt, timeZone } of planned) {
    const [weekday, hour] = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: 'numeric',
      hourCycle: 'h23',
    })
      .formatToParts(finishedAt)
      .filter(({ type }) => type !== 'literal')
      .map(({ value }) => value);
    assert.ok(!['Sat', 'Sun'].includes(weekday), weekday);
    assert.ok(Number(hour) >= 6 && Number(hour) <= 18, hour);
  }
});

test('every service of the history is in the catalog files, under the slug the history uses', () => {
  const files = [
    'catalog/shopping.yaml',
    'catalog/fulfilment.yaml',
    'catalog/platform.yaml',
    'repositories/payments/payments-api/catalog-info.yaml',
    'repositories/storefront/web-shop/catalog-info.yaml',
    'repositories/routing/route-planner/catalog-info.yaml',
  ];
  const documents = files.flatMap(file =>
    fs.readFileSync(new URL(file, import.meta.url), 'utf8').split('\n---\n'),
  );
  const slugs = new Map(
    documents.map(document => [
      /^ {2}name: (\S+)$/m.exec(document)?.[1],
      /^ {4}(?:github\.com\/project-slug|gitlab\.com\/project-slug|pavedroad\.dev\/repository): (\S+)$/m.exec(
        document,
      )?.[1],
    ]),
  );
  assert.deepEqual(
    [...slugs].sort(),
    SERVICES.map(({ name, repository }) => [name, repository]).sort(),
  );
});
