import { loadTemplate } from '../template/loadTemplate';
import { ownershipFindings, ownershipOf } from './ownership';

const FILES = ['.gitlab-ci.yml', 'ci/lint.sh', 'src/main.ts'];
const RULES = [
  { pattern: 'ci/', class: 'managed' },
  { pattern: '.gitlab-ci.yml', class: 'managed', optional: true },
  { pattern: 'Jenkinsfile', class: 'managed', optional: true },
  { pattern: 'src/', class: 'seed' },
] as const;

describe('ownership', () => {
  it('is of what is there, and of the platform’s where it is managed', () => {
    expect(ownershipFindings(RULES, FILES)).toEqual([]);
  });

  it('is found to be of nothing', () => {
    const [ci, gitlab, jenkins] = RULES;
    expect(
      ownershipFindings(
        [ci, gitlab, jenkins, { pattern: 'srcx/', class: 'seed' }],
        FILES,
      ),
    ).toEqual([
      {
        where: 'ownership: srcx/',
        message: 'matches no file, so that its files are merged',
      },
    ]);
  });

  it('is found to take a team its code', () => {
    expect(
      ownershipFindings(
        [...RULES, { pattern: 'src/', class: 'managed' }],
        FILES,
      ),
    ).toEqual([
      {
        where: 'src/main.ts',
        message: expect.stringMatching(/is managed, and is no pipeline/),
      },
    ]);
  });

  it('is read from the template', async () => {
    expect(
      ownershipOf(await loadTemplate('typescript-service')),
    ).toContainEqual({ pattern: 'src/', class: 'seed' });
  });
});
