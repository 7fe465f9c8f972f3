import { sourcesResponse } from '../__testUtils__/responses';
import {
  docsAddress,
  missingByService,
  sourcesFor,
  sourceStatus,
  targetAdvice,
  targetName,
} from './sources';

const { items } = sourcesResponse();
const target = { events: 1, firstSeen: '2026-01-01T00:00:00Z' };

it('names the sources that would mend what is missing, those at hand first', () => {
  const titles = (code: Parameters<typeof sourcesFor>[0]) =>
    sourcesFor(code, items).map(({ title }) => title);
  expect(titles('no_incident_source')).toEqual(['CDEvents', 'PagerDuty']);
  expect(titles('no_builds')).toEqual(['CDEvents']);
  expect(titles('clamped_stage_times')).toEqual([]);
});

it('turns notes about: what is missing of each service', () => {
  expect(
    missingByService([
      { code: 'no_builds', services: ['component:default/b'] },
      {
        code: 'no_pull_requests',
        services: ['component:default/a', 'component:default/b'],
      },
    ]),
  ).toEqual([
    { entityRef: 'component:default/a', codes: ['no_pull_requests'] },
    {
      entityRef: 'component:default/b',
      codes: ['no_builds', 'no_pull_requests'],
    },
  ]);
});

it.each([
  [false, '/hook', undefined, 0, 0, 'Not set up'],
  [true, '/hook', undefined, 0, 0, 'Nothing in 7 days'],
  [true, undefined, undefined, 0, 0, 'Ready'],
  [true, '/hook', '2026-01-01T00:00:00Z', 9, 1, 'Receiving'],
  [true, '/hook', '2026-01-01T00:00:00Z', 1, 9, 'Refused'],
])(
  'a source that is set up: %s, with a webhook at %s, a receipt at %s, %d received and %d refused, is: %s',
  (configured, webhookPath, lastReceivedAt, received, rejected, words) => {
    expect(
      sourceStatus({
        configured,
        webhookPath,
        lastReceivedAt,
        last7Days: { received, rejected },
      }).words,
    ).toBe(words);
  },
);

it('leads to the page of a source', () => {
  expect(docsAddress('sources/github.md')).toBe(
    '/docs/default/component/portal/sources/github/',
  );
});

describe('a name that leads nowhere', () => {
  it.each([
    [
      { repository: 'acme/shop', path: 'api' },
      'unknown_service',
      'acme/shop, api',
      /pavedroad\.dev\/repository: acme\/shop/,
    ],
    [
      { repository: 'acme/shop' },
      'ambiguous_repository',
      'acme/shop',
      /claim the repository acme\/shop\. .*source-path/,
    ],
    [
      { entityRef: 'component:default/gone' },
      'unknown_service',
      'component:default/gone',
      /Register it/,
    ],
    [
      { aliases: ['pagerduty.com/service-id:PF9'] },
      'unknown_service',
      'pagerduty.com/service-id:PF9',
      /pagerduty\.com\/service-id: PF9/,
    ],
    [
      { aliases: ['pagerduty.com/service-id:PF9'] },
      'ambiguous_alias',
      'pagerduty.com/service-id:PF9',
      /Leave it on one/,
    ],
    [{ name: 'shop' }, 'unknown_service', 'shop', /serviceRules/],
  ] as const)('%j (%s) says what to do', (hint, reason, name, advice) => {
    const unmapped = { ...target, hint: { ...hint } as never, reason };
    expect(targetName(unmapped)).toBe(name);
    expect(targetAdvice(unmapped)).toMatch(advice);
  });
});
