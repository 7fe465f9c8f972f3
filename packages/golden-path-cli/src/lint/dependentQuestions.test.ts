import type { Template } from '../template/loadTemplate';
import { clusterFindings, questionOrderFindings } from './dependentQuestions';

type Page = Template['pages'][number];

const target = { enum: ['kubernetes', 'vm'] };
const files = { 'ui:field': 'PavedRoadPreview' };
const asking = (kubernetes: string[]): Page => ({
  'ui:order': ['target', 'strategy', 'files'],
  properties: { target, files },
  dependencies: {
    target: {
      oneOf: [
        { properties: { target: { enum: kubernetes }, strategy: {} } },
        { properties: { target: { enum: ['vm'] } } },
      ],
    },
  },
});

describe('clusterFindings', () => {
  it.each<[string, Page, number]>([
    ['asked where the target is a cluster', asking(['kubernetes']), 0],
    ['asked of machines, too', asking(['kubernetes', 'vm']), 1],
    ['always asked', { properties: { target, strategy: {}, gitops: {} } }, 2],
    ['of a template that does not ask', { properties: { strategy: {} } }, 0],
    [
      'dependent on something else',
      {
        properties: { target, ci: {} },
        dependencies: {
          ci: {
            oneOf: [{ properties: { ci: { enum: ['x'] }, gitops: {} } }],
          },
        },
      },
      1,
    ],
  ])('%s', (_, page, count) => {
    expect(clusterFindings({ pages: [page] })).toHaveLength(count);
  });
});

describe('questionOrderFindings', () => {
  const page = asking(['kubernetes']);

  it.each<[string, Page, number]>([
    ['the files last', page, 0],
    ['no order', { ...page, 'ui:order': undefined }, 1],
    [
      'the files before',
      { ...page, 'ui:order': ['target', 'files', 'strategy'] },
      1,
    ],
    ['a question left out', { ...page, 'ui:order': ['target', 'files'] }, 1],
    ['nothing that depends', { properties: { files, target } }, 0],
  ])('%s', (_, asked, count) => {
    expect(questionOrderFindings({ pages: [asked] })).toHaveLength(count);
  });
});
