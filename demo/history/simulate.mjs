import { createHash } from 'node:crypto';
import { createRandom } from './random.mjs';
import { BAD_WEEK, PEAK_FREEZE, SERVICES, TEAMS } from './services.mjs';
import { createWorkCalendar, WORK_WEEK_MINUTES } from './workCalendar.mjs';

const MINUTE = 60_000;
const WEEK = 7 * 24 * 60 * MINUTE;

/** Length of the history, weeks. */
export const HISTORY_WEEKS = 104;

/** Share of commits made by the bot that updates dependencies. */
const BOT_SHARE = 0.05;
export const BOT_NAME = 'renovate[bot]';

/**
 * @typedef {object} Commit
 * @property {string} id
 * @property {string[]} parents
 * @property {number} authoredAt epoch milliseconds, like every time here
 * @property {number} committedAt
 * @property {string} authorName
 *
 * @typedef {object} Pull
 * @property {number} number
 * @property {string} title
 * @property {string} author
 * @property {string} reviewer
 * @property {number} openedAt
 * @property {number} approvedAt
 * @property {number} mergedAt
 * @property {string} mergeCommit
 * @property {string[]} commits
 * @property {boolean} hotfix
 *
 * @typedef {object} Deployment
 * @property {number} number
 * @property {string} revision
 * @property {number | undefined} builtAt
 * @property {number} finishedAt
 * @property {'change' | 'hotfix' | 'rollback'} kind
 * @property {string | undefined} incident the incident it was made for
 *
 * @typedef {object} Incident
 * @property {string} id
 * @property {string} title
 * @property {number} openedAt
 * @property {number | undefined} resolvedAt
 *
 * @typedef {object} ServiceHistory
 * @property {import('./services.mjs').ServiceProfile} profile
 * @property {number} since start of the history
 * @property {Commit[]} commits
 * @property {Pull[]} pulls
 * @property {Deployment[]} deployments
 * @property {Incident[]} incidents
 */

const THINGS = [
  'the empty basket',
  'slow queries',
  'loose fruit by weight',
  'the retry after a timeout',
  'time zones of slots',
  'the health check',
  'rounding of cents',
  'deposit bottles',
  'the nightly job',
  'substitutes for what is sold out',
  'log messages without context',
  'the address form',
  'idempotent requests',
  'crates that hold frozen food',
  'dead code of the old import',
  'cache keys',
  'the page for allergens',
  'metrics of the queue',
  'tests that depend on the clock',
  'the voucher that was used twice',
];
const VERBS = ['Handle', 'Rework', 'Test', 'Simplify', 'Speed up', 'Document'];

/** What people see first when something is wrong. */
const SYMPTOMS = [
  'Error rate above the objective',
  'Slow answers at the 99th percentile',
  'Requests time out',
  'Queue grows and is not worked off',
  'Some customers see the wrong figures',
  'Memory grows until restart',
];

/**
 * Simulates two years of delivery of one service. Pure: the same arguments give the same history.
 *
 * @param {import('./services.mjs').ServiceProfile} profile
 * @param {{ seed: string, anchor: number }} options anchor: the end of the history, epoch milliseconds
 * @returns {ServiceHistory}
 */
export function simulateService(profile, { seed, anchor }) {
  const random = createRandom(`${seed}/${profile.name}`);
  const team = TEAMS[profile.team];
  const from = anchor - HISTORY_WEEKS * WEEK;
  const calendar = createWorkCalendar({
    from,
    to: anchor,
    timeZone: team.timeZone,
    startHour: team.startHour,
  });

  let commitCount = 0;
  const commitId = () =>
    createHash('sha1')
      .update(`${seed}/${profile.repository}/${commitCount++}`)
      .digest('hex');

  /** A number of the profile at an instant: constant, sliding, or turning around one point. */
  function at(value, instant) {
    if (typeof value === 'number') {
      return value;
    }
    const [then, now] = value;
    const progress = Math.min(
      Math.max((instant - from) / (anchor - from), 0),
      1,
    );
    const share =
      profile.turnedAt === undefined
        ? progress
        : 1 / (1 + Math.exp(-(progress - profile.turnedAt) * 22));
    // Durations and rates change by factors, so the slide is geometric.
    return then * (now / then) ** share;
  }

  const badWeekStart = anchor - BAD_WEEK.weeksAgo * WEEK;
  const isBadWeek = instant =>
    BAD_WEEK.services.includes(profile.name) &&
    instant >= badWeekStart &&
    instant < badWeekStart + WEEK;

  function paceFactor(instant) {
    const date = new Date(instant);
    if (
      PEAK_FREEZE.teams.includes(profile.team) &&
      date.getUTCMonth() === 11 &&
      date.getUTCDate() >= 10
    ) {
      return PEAK_FREEZE.perWeekFactor;
    }
    return isBadWeek(instant) ? BAD_WEEK.perWeekFactor : 1;
  }

  /** @type {ServiceHistory} */
  const history = {
    profile,
    since: from,
    commits: [],
    pulls: [],
    deployments: [],
    incidents: [],
  };

  const rootId = commitId();
  history.commits.push({
    id: rootId,
    parents: [],
    authoredAt: from,
    committedAt: from,
    authorName: team.people[0],
  });
  let head = rootId;
  let lastMergedAt = from;
  let lastFinishedAt = from;

  function titleOf({ hotfix, bot }) {
    if (bot) {
      return 'Update dependencies';
    }
    const thing = random.pick(THINGS);
    return hotfix ? `Fix ${thing}` : `${random.pick(VERBS)} ${thing}`;
  }

  /** Writes a pull request that is merged at a working position (or an instant, for hotfixes). */
  function addPull({ mergedAt, hotfix }) {
    const merged = Math.max(mergedAt, lastMergedAt + 2 * MINUTE);
    lastMergedAt = merged;
    const bot = !hotfix && random.chance(BOT_SHARE);
    const author = bot ? BOT_NAME : random.pick(team.people);
    const reviewer = random.pick(
      team.people.filter(person => person !== author),
    );
    const position = calendar.positionOf(merged);
    const back = (minutes, median, spread) =>
      hotfix ? minutes : random.lognormal(at(median, merged), spread);
    const approvedPosition = position - back(2, profile.merge, 0.8);
    const openedPosition =
      approvedPosition - back(9, profile.review, bot ? 0.4 : 0.9);
    const count =
      bot || hotfix
        ? 1
        : 1 + Math.floor(random.exponential(at(profile.commits, merged) - 1));
    const coding = bot ? 1 : back(25, profile.coding, 0.8);
    const toInstant = value =>
      hotfix ? merged - (position - value) * MINUTE : calendar.instantAt(value);

    const approvedAt = Math.min(toInstant(approvedPosition), merged);
    const openedAt = Math.min(toInstant(openedPosition), approvedAt);
    const commits = [];
    let parent = head;
    for (let index = 0; index < count; index++) {
      // The first commit starts the work and the last one comes shortly before the pull request is opened.
      const share = count === 1 ? 1 : 1 - index / (count - 1);
      const committedAt = Math.min(
        toInstant(openedPosition - coding * share * 0.95 - 4),
        openedAt,
      );
      const id = commitId();
      history.commits.push({
        id,
        parents: [parent],
        authoredAt: committedAt,
        committedAt,
        authorName: author,
      });
      commits.push(id);
      parent = id;
    }
    let mergeCommit = parent;
    if (profile.mergeCommits) {
      mergeCommit = commitId();
      history.commits.push({
        id: mergeCommit,
        parents: [head, parent],
        authoredAt: merged,
        committedAt: merged,
        authorName: reviewer,
      });
    }
    head = mergeCommit;
    history.pulls.push({
      number: history.pulls.length + 1,
      title: titleOf({ hotfix, bot }),
      author,
      reviewer,
      openedAt,
      approvedAt,
      mergedAt: merged,
      mergeCommit,
      commits,
      hotfix,
    });
    return merged;
  }

  function addDeployment(deployment) {
    lastFinishedAt = deployment.finishedAt;
    history.deployments.push({
      number: history.deployments.length + 1,
      ...deployment,
    });
  }

  const startPosition = (profile.startsAt ?? 0) * calendar.length;
  const endPosition = (profile.endsAt ?? 1) * calendar.length;
  let position = startPosition + random.exponential(WORK_WEEK_MINUTES / 2);

  while (position < endPosition) {
    const planned = calendar.instantAt(position);
    const factor = paceFactor(planned);
    const pace = at(profile.perWeek, planned) * Math.max(factor, 1);
    position += Math.max(random.exponential(WORK_WEEK_MINUTES / pace), 20);
    // A freeze drops deployments instead of stretching the wait, which would reach far beyond the freeze.
    if (factor < 1 && !random.chance(factor)) {
      continue;
    }
    // The last incident is still being dealt with: nobody deploys into it.
    if (planned <= lastFinishedAt + 30 * MINUTE) {
      continue;
    }

    // What goes out: pull requests merged one release time earlier.
    const buildMinutes = random.lognormal(at(profile.build, planned), 0.3);
    const releasePosition = calendar.positionOf(
      planned - buildMinutes * MINUTE,
    );
    const mergedBy = Math.max(
      releasePosition - random.lognormal(at(profile.release, planned), 0.7),
      1,
    );
    const pulls =
      1 + Math.floor(random.exponential(at(profile.pulls, planned) - 1 + 0.35));
    for (let index = pulls; index > 0; index--) {
      addPull({
        mergedAt: calendar.instantAt(
          mergedBy - (index - 1) * random.lognormal(110, 0.6),
        ),
        hotfix: false,
      });
    }
    const previousRevision = history.deployments.at(-1)?.revision;
    const builtAt = Math.min(lastMergedAt + buildMinutes * MINUTE, planned);
    const finishedAt = Math.max(planned, lastMergedAt + 3 * MINUTE);
    if (finishedAt >= anchor) {
      break;
    }
    addDeployment({
      revision: head,
      builtAt: Math.max(builtAt, lastMergedAt),
      finishedAt,
      kind: 'change',
      incident: undefined,
    });

    const failRate = isBadWeek(finishedAt)
      ? BAD_WEEK.failRate
      : at(profile.failRate, finishedAt);
    if (!random.chance(failRate)) {
      continue;
    }
    const openedAt = finishedAt + random.lognormal(35, 0.9) * MINUTE;
    const restoreMinutes =
      random.lognormal(at(profile.restore, finishedAt), 0.6) *
      (isBadWeek(finishedAt) ? BAD_WEEK.restoreFactor : 1);
    const restoredAt = openedAt + Math.max(restoreMinutes, 6) * MINUTE;
    if (openedAt >= anchor) {
      continue;
    }
    const incident = {
      id: `${profile.name}-${history.incidents.length + 1}`,
      title: random.pick(SYMPTOMS),
      openedAt,
      // What is not over at the anchor is still open.
      resolvedAt:
        restoredAt + 5 * MINUTE < anchor ? restoredAt + 5 * MINUTE : undefined,
    };
    history.incidents.push(incident);
    if (restoredAt >= anchor) {
      lastFinishedAt = anchor;
      continue;
    }
    const remedy = random.next();
    if (remedy < profile.rollback && previousRevision) {
      addDeployment({
        revision: previousRevision,
        builtAt: undefined,
        finishedAt: restoredAt,
        kind: 'rollback',
        incident: incident.id,
      });
    } else if (remedy < profile.rollback + profile.hotfix) {
      const merged = addPull({
        mergedAt: Math.max(restoredAt - 12 * MINUTE, openedAt),
        hotfix: true,
      });
      addDeployment({
        revision: head,
        builtAt: merged + 5 * MINUTE,
        finishedAt: Math.max(restoredAt, merged + 7 * MINUTE),
        kind: 'hotfix',
        incident: incident.id,
      });
      incident.resolvedAt =
        incident.resolvedAt === undefined
          ? undefined
          : Math.max(incident.resolvedAt, lastFinishedAt + 3 * MINUTE);
    } else {
      // Put right without a deployment: a flag turned off, a cache emptied.
      lastFinishedAt = restoredAt;
    }
  }
  return history;
}

/**
 * Simulates every service.
 *
 * @param {{ seed: string, anchor: number }} options
 * @returns {ServiceHistory[]}
 */
export function simulate(options) {
  return SERVICES.map(profile => simulateService(profile, options));
}
