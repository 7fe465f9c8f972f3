import { docsPage } from './goldenPath';
import { hasObjectives, objectivesOf } from './objectives';

const component = (
  annotations: Record<string, string>,
  kind = 'Component',
) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind,
  metadata: { name: 'Ledger', annotations },
});

const DOCS = { 'backstage.io/techdocs-ref': 'dir:.' };

describe('objectivesOf', () => {
  it.each<[string, Record<string, string>, ReturnType<typeof objectivesOf>]>([
    ['nothing', {}, []],
    ['blanks', { 'pavedroad.dev/slo': ' ; ' }, []],
    [
      'what it was made with',
      { 'pavedroad.dev/slo': '99.5% of requests succeed; 98% of those fast ' },
      [{ words: '99.5% of requests succeed' }, { words: '98% of those fast' }],
    ],
    [
      'what was added, in the order of names, each with its runbook',
      {
        ...DOCS,
        'pavedroad.dev/slo.refund': '99% of refunds',
        'pavedroad.dev/slo.checkout': 'a; b',
        'pavedroad.dev/slot': 'something else',
      },
      [
        {
          name: 'checkout',
          words: 'a; b',
          runbook: '/docs/default/component/ledger/runbooks/slo-checkout',
        },
        {
          name: 'refund',
          words: '99% of refunds',
          runbook: '/docs/default/component/ledger/runbooks/slo-refund',
        },
      ],
    ],
    [
      'what was added to one without docs',
      { 'pavedroad.dev/slo.checkout': 'a' },
      [{ name: 'checkout', words: 'a', runbook: undefined }],
    ],
  ])('tells %s', (_, annotations, expected) => {
    expect(objectivesOf(component(annotations))).toEqual(expected);
    expect(hasObjectives(component(annotations))).toBe(expected.length > 0);
  });

  it('is about components', () => {
    expect(hasObjectives(component({ 'pavedroad.dev/slo': 'a' }, 'API'))).toBe(
      false,
    );
  });
});

describe('docsPage', () => {
  it.each([
    ['docs/decommission.md', '/docs/default/component/ledger/decommission'],
    ['docs/a/b.md', '/docs/default/component/ledger/a/b'],
    ['README.md', undefined],
    ['docs/../secrets.md', undefined],
    ['https://elsewhere.example/docs/a.md', undefined],
    ['docs/a.html', undefined],
  ])('%s is read at %s', (file, address) => {
    expect(docsPage(component(DOCS), file)).toBe(address);
    expect(docsPage(component({}), file)).toBeUndefined();
  });
});
