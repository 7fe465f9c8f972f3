/**
 * How each service of the sample organisation is delivered, and the stories in it.
 *
 * All waiting times are medians in working minutes unless said otherwise. A pair `[then, now]` changes over the two years.
 *
 * @typedef {object} ServiceProfile
 * @property {string} name component name in the default namespace
 * @property {string} repository slug that the component's annotation carries
 * @property {string} team
 * @property {number | [number, number]} perWeek deployments a week
 * @property {number | [number, number]} pulls pull requests in one deployment, mean
 * @property {number | [number, number]} commits commits in one pull request, mean
 * @property {number | [number, number]} coding first commit to pull request
 * @property {number | [number, number]} review pull request to last approval
 * @property {number | [number, number]} merge approval to merge
 * @property {number | [number, number]} build merge to built, plain minutes
 * @property {number | [number, number]} release built to running in production
 * @property {number | [number, number]} failRate share of deployments after which something breaks
 * @property {number | [number, number]} restore from the start of an incident to its end, plain minutes
 * @property {number} hotfix share of incidents that end with a hotfix
 * @property {number} rollback share of incidents that end with a rollback
 * @property {boolean} incidents whether incidents of the service are reported
 * @property {boolean} mergeCommits whether pull requests are merged with a merge commit
 * @property {number} [turnedAt] when a pair turns from then to now, share of the two years; gradual without it
 * @property {number} [endsAt] when the last deployment was made, share of the two years
 * @property {number} [startsAt] when the first deployment was made, share of the two years
 */

/** Time zones and hours in which the teams work. */
export const TEAMS = {
  storefront: {
    timeZone: 'Europe/Lisbon',
    startHour: 9,
    people: [
      'Clara Novák',
      'Ben Okafor',
      'Sofia Almeida',
      'Yuki Mori',
      'Liam Byrne',
    ],
  },
  payments: {
    timeZone: 'Europe/Lisbon',
    startHour: 9,
    people: [
      'Inês Duarte',
      'Tomás Reis',
      'Aiko Tanaka',
      'Nadia Haddad',
      'Oliver Kent',
    ],
  },
  identity: {
    timeZone: 'Europe/Lisbon',
    startHour: 9,
    people: ['Hana Svobodová', 'Mateo Vidal', 'Ruth Ekman', 'Dev Patel'],
  },
  warehouse: {
    timeZone: 'Europe/Berlin',
    startHour: 7,
    people: ['Lena Fischer', 'Paul Krause', 'Mira Yılmaz', 'Jan Veselý'],
  },
  routing: {
    timeZone: 'America/Chicago',
    startHour: 8,
    people: ['Emma Carter', 'Noah Jackson', 'Luis Ortega', 'Ava Nguyen'],
  },
  platform: {
    timeZone: 'Europe/Berlin',
    startHour: 9,
    people: [
      'Priya Raman',
      'Sam Whitfield',
      'Ingrid Solberg',
      'Kenji Watanabe',
    ],
  },
};

const ORDINARY = {
  perWeek: 1.8,
  pulls: 1.3,
  commits: 2.2,
  coding: 200,
  review: 150,
  merge: 25,
  build: 9,
  release: 60,
  failRate: 0.06,
  restore: 55,
  hotfix: 0.3,
  rollback: 0.4,
  incidents: true,
  mergeCommits: false,
};

// Payments moved to the golden path: small changes, review the same day, deployment minutes after the merge.
const PAYMENTS = {
  ...ORDINARY,
  perWeek: [0.9, 4.6],
  pulls: [2.6, 1.05],
  commits: [3.6, 1.7],
  coding: [700, 110],
  review: [520, 45],
  merge: [160, 6],
  build: [24, 5],
  release: [1500, 12],
  failRate: [0.16, 0.05],
  restore: [160, 25],
  turnedAt: 0.58,
};

// Identity: one person reviews everything that touches sign-in.
const IDENTITY = {
  ...ORDINARY,
  perWeek: 1.1,
  pulls: 1.4,
  commits: 2.6,
  coding: 240,
  review: [1300, 1700],
  merge: 60,
  release: 90,
  failRate: 0.04,
  mergeCommits: true,
};

// Warehouse: releases every other week, between two shifts.
const WAREHOUSE = {
  ...ORDINARY,
  perWeek: [0.6, 1.1],
  pulls: 2.6,
  commits: 2.4,
  release: [1900, 1100],
  failRate: 0.08,
  restore: 95,
};

/** @type {ServiceProfile[]} */
export const SERVICES = [
  {
    ...ORDINARY,
    name: 'web-shop',
    repository: 'storefront/web-shop',
    team: 'storefront',
    perWeek: [3.2, 4.2],
    pulls: 1.5,
    mergeCommits: true,
  },
  {
    ...ORDINARY,
    name: 'product-catalogue',
    repository: 'fernhill/product-catalogue',
    team: 'storefront',
    mergeCommits: true,
  },
  {
    ...ORDINARY,
    name: 'product-search',
    repository: 'fernhill/product-search',
    team: 'storefront',
    perWeek: 2.2,
  },
  {
    ...ORDINARY,
    name: 'basket',
    repository: 'fernhill/basket',
    team: 'storefront',
    perWeek: 2.4,
    mergeCommits: true,
  },
  {
    ...ORDINARY,
    name: 'recommendations',
    repository: 'fernhill/recommendations',
    team: 'storefront',
    perWeek: 1.2,
    build: 38,
    coding: 420,
  },
  // Nobody reports incidents of the content pages: their failure rate is not known, which is not the same as zero.
  {
    ...ORDINARY,
    name: 'content-pages',
    repository: 'fernhill/content-pages',
    team: 'storefront',
    perWeek: 2.6,
    commits: 1.3,
    coding: 60,
    review: 40,
    incidents: false,
  },

  {
    ...IDENTITY,
    name: 'customer-accounts',
    repository: 'fernhill/customer-accounts',
    team: 'identity',
  },
  {
    ...IDENTITY,
    name: 'login',
    repository: 'fernhill/login',
    team: 'identity',
    perWeek: 1.3,
  },
  {
    ...IDENTITY,
    name: 'consent',
    repository: 'fernhill/consent',
    team: 'identity',
    perWeek: 0.7,
  },

  {
    ...PAYMENTS,
    name: 'payments-api',
    repository: 'payments/payments-api',
    team: 'payments',
    perWeek: [1.2, 6.5],
  },
  {
    ...PAYMENTS,
    name: 'ledger',
    repository: 'fernhill/ledger',
    team: 'payments',
    perWeek: [0.7, 3],
  },
  {
    ...PAYMENTS,
    name: 'refunds',
    repository: 'fernhill/refunds',
    team: 'payments',
  },
  {
    ...PAYMENTS,
    name: 'fraud-check',
    repository: 'fernhill/fraud-check',
    team: 'payments',
    perWeek: [0.8, 3.4],
  },
  {
    ...PAYMENTS,
    name: 'invoicing',
    repository: 'fernhill/invoicing',
    team: 'payments',
    perWeek: [0.5, 1.8],
  },
  {
    ...PAYMENTS,
    name: 'payment-webhooks',
    repository: 'fernhill/payment-webhooks',
    team: 'payments',
    perWeek: [0.6, 2.6],
  },

  {
    ...WAREHOUSE,
    name: 'stock',
    repository: 'fernhill/stock',
    team: 'warehouse',
  },
  {
    ...WAREHOUSE,
    name: 'picking',
    repository: 'fernhill/picking',
    team: 'warehouse',
    perWeek: [0.8, 1.4],
  },
  {
    ...WAREHOUSE,
    name: 'goods-in',
    repository: 'fernhill/goods-in',
    team: 'warehouse',
    perWeek: [0.5, 0.8],
  },
  {
    ...WAREHOUSE,
    name: 'cold-chain-monitor',
    repository: 'fernhill/cold-chain-monitor',
    team: 'warehouse',
    perWeek: 0.6,
    failRate: 0.03,
  },
  // Finished long ago and left alone: nothing is deployed any more.
  {
    ...WAREHOUSE,
    name: 'label-printer',
    repository: 'fernhill/label-printer',
    team: 'warehouse',
    perWeek: 0.9,
    endsAt: 0.09,
  },

  {
    ...ORDINARY,
    name: 'route-planner',
    repository: 'routing/route-planner',
    team: 'routing',
    perWeek: 1.7,
    build: 22,
    coding: 380,
  },
  {
    ...ORDINARY,
    name: 'delivery-slots',
    repository: 'fernhill/delivery-slots',
    team: 'routing',
    perWeek: 2.2,
  },
  {
    ...ORDINARY,
    name: 'driver-app-backend',
    repository: 'fernhill/driver-app-backend',
    team: 'routing',
    perWeek: 1.4,
    mergeCommits: true,
  },
  // Tracking breaks often and is patched at once.
  {
    ...ORDINARY,
    name: 'tracking',
    repository: 'fernhill/tracking',
    team: 'routing',
    perWeek: 4,
    failRate: 0.22,
    restore: 40,
    hotfix: 0.7,
    rollback: 0.15,
    review: 50,
    coding: 90,
  },
  // An experiment that began nine months ago; its incidents are not reported yet.
  {
    ...ORDINARY,
    name: 'eta-predictor',
    repository: 'fernhill/eta-predictor',
    team: 'routing',
    perWeek: 1.5,
    startsAt: 0.63,
    incidents: false,
  },

  {
    ...ORDINARY,
    name: 'event-relay',
    repository: 'fernhill/event-relay',
    team: 'platform',
    perWeek: 1.6,
    failRate: 0.03,
    review: 90,
    release: 25,
  },
  {
    ...ORDINARY,
    name: 'feature-flags',
    repository: 'fernhill/feature-flags',
    team: 'platform',
    perWeek: 3,
    failRate: 0.03,
    review: 60,
    release: 15,
  },
];

/**
 * A bad week: an autumn campaign meets an untested cache, most of what the storefront ships that week breaks, and putting it
 * right takes hours.
 */
export const BAD_WEEK = {
  /** Weeks before the anchor at which it starts. */
  weeksAgo: 6,
  services: ['web-shop', 'basket', 'product-search', 'product-catalogue'],
  failRate: 0.8,
  restoreFactor: 5,
  perWeekFactor: 1.6,
};

/** From 10 December to 2 January the shop and the warehouse ship next to nothing: the busiest weeks of a grocer. */
export const PEAK_FREEZE = {
  teams: ['storefront', 'payments', 'identity', 'warehouse', 'routing'],
  perWeekFactor: 0.15,
};
