import { createHash } from 'node:crypto';
import {
  githubTraining,
  gitlabTraining,
  jenkinsTraining,
  lineageFindings,
  samplesOf,
} from './mlService';

const sha256 = (text: string) =>
  createHash('sha256').update(text).digest('hex');

/** A project of data and one model made from it, with files replaced or left out (`undefined`). */
function project(changes: Record<string, string | undefined> = {}) {
  const rows = 'distance,late\n1,0\n';
  const manifest = JSON.stringify({
    files: { 'train.csv': { sha256: sha256(rows) } },
  });
  const model = JSON.stringify({
    lineage: { data: sha256(manifest), code: 'c' },
  });
  const version = sha256(model).slice(0, 12);
  const files: Record<string, string | undefined> = {
    'data/manifest.json': manifest,
    'data/train.csv': rows,
    'models/current.json': JSON.stringify({ version, sha256: sha256(model) }),
    [`models/${version}/card.md`]: '# Card',
    [`models/${version}/model.json`]: model,
  };
  for (const [pattern, text] of Object.entries(changes)) {
    const name = Object.keys(files).find(f => f.endsWith(pattern)) ?? pattern;
    files[name] = text;
  }
  return {
    files: Object.keys(files).filter(f => files[f] !== undefined),
    read: async (path: string) => files[path] ?? '',
  };
}

describe('lineageFindings', () => {
  const about = async (changes?: Record<string, string | undefined>) =>
    (await lineageFindings(project(changes)))
      .map(({ where, message }) => `${where} ${message}`)
      .join('\n');

  it('accepts data and a model that are what they are called', async () => {
    expect(await about()).toBe('');
  });
  it.each([
    [
      'other data',
      { 'train.csv': 'distance,late\n2,0\n' },
      /train\.csv is not what/,
    ],
    ['data nobody named', { 'data/more.csv': 'x' }, /more\.csv is not what/],
    ['no data', { 'train.csv': undefined }, /data holds nothing/],
    [
      'an edited model',
      { 'model.json': '{"lineage":{"data":"x","code":"c"}}' },
      /was changed after it was made/,
    ],
    ['a missing card', { 'card.md': undefined }, /has no card/],
    [
      'another manifest',
      {
        'manifest.json': `{"files":{"train.csv":{"sha256":"${sha256(
          'distance,late\n1,0\n',
        )}"}}, "x": 1}`,
      },
      /none was made from the data/,
    ],
    [
      'a promotion of nothing',
      { 'current.json': '{"version":"000000000000","sha256":"0"}' },
      /which is not there/,
    ],
  ])('notices %s', async (_, changes, message) => {
    expect(await about(changes)).toMatch(message);
  });
});

describe('training in pipelines', () => {
  const delivery = {
    jobs: {
      train: { steps: [{ run: 'ci/train.sh' }] },
      build: { needs: ['unit-test', 'train'] },
    },
  };
  const drift = {
    on: { schedule: [] },
    jobs: { drift: { steps: [{ run: 'ci/drift.sh production || true' }] } },
  };
  it('of GitHub', () => {
    expect(githubTraining(delivery, drift)).toEqual([]);
    expect(
      githubTraining({ jobs: { build: { needs: 'unit-test' } } }, {}),
    ).toEqual(['builds without training', 'does not look for drift by itself']);
  });
  it('of GitLab', () => {
    const main = {
      include: [{ local: '.gitlab/training.yml' }],
      '.release': {
        rules: [{ if: '$X && $CI_PIPELINE_SOURCE != "schedule"' }],
      },
    };
    const training = {
      train: { stage: 'test', script: ['ci/train.sh'] },
      drift: {
        script: ['ci/drift.sh production'],
        rules: [{ if: '$CI_PIPELINE_SOURCE == "schedule"' }],
      },
    };
    expect(gitlabTraining(main as never, training)).toEqual([]);
    expect(
      gitlabTraining(
        { report: { rules: [{ if: '$X' }] } },
        { train: { allow_failure: true } },
      ),
    ).toEqual([
      'builds without training',
      'goes on when training fails',
      'does not look for drift by itself',
      "report runs on the drift check's schedule",
    ]);
  });
  it('of Jenkins', () => {
    expect(
      jenkinsTraining(
        "stage('train') { steps { sh 'ci/train.sh' } } stage('build')",
        "triggers { cron('H 5 * * *') } sh(script: 'ci/drift.sh production')",
      ),
    ).toEqual([]);
    expect(
      jenkinsTraining("stage('build') stage('train') { sh 'ci/train.sh' }", ''),
    ).toEqual(['builds without training', 'does not look for drift by itself']);
  });
});

it('reads samples of one metric, and none of another that begins like it', () => {
  const scrape = 'a_total{x="1",y="b"} 3.0\na_total_more{x="1"} 4.0\nb 2\n';
  expect(samplesOf(scrape, 'a_total')).toEqual([
    { labels: { x: '1', y: 'b' }, value: 3 },
  ]);
  expect(samplesOf(scrape, 'b')).toEqual([{ labels: {}, value: 2 }]);
});
