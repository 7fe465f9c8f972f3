import type { Entity } from '@backstage/catalog-model';
import { dockerfileFindings } from './dockerfile';
import { apiFindings, ownerFindings } from './entities';
import { moduleFindings, settingsFindings } from './settings';

const where = (found: { where: string }[]) => found.map(f => f.where);

describe('settings of programs that are not run', () => {
  const dependabot = `version: 2
updates:
  - package-ecosystem: npm
    directory: /
    schedule: { interval: weekly }
`;
  it.each([
    ['.github/dependabot.yml', dependabot, []],
    [
      '.github/dependabot.yml',
      dependabot.replace('weekly', 'sometimes'),
      ['.github/dependabot.yml: updates.0.schedule.interval'],
    ],
    ['renovate.json', '{"extends":["config:recommended"]}', []],
    [
      'renovate.json',
      '{"extend":["config:recommended"]}',
      ['renovate.json: extends', 'renovate.json: extend'],
    ],
    ['a/blackbox.yaml', 'modules: { x: { prober: http } }', []],
    [
      'a/blackbox.yaml',
      'modules: { x: { prober: htpp } }',
      ['a/blackbox.yaml: modules.x.prober'],
    ],
    ['other.yaml', 'version: 3', []],
  ])('%s: %s', (file, text, found) => {
    expect(where(settingsFindings(file, text))).toEqual(found);
  });

  it('have the module a synthetic check asks for', () => {
    const jobs = (name: string) =>
      `scrape_configs: [{ job_name: a }, { job_name: b, params: { module: [${name}] } }]`;
    const modules = 'modules: { ledger: { prober: http } }';
    expect(moduleFindings('p.yaml', jobs('ledger'), modules)).toEqual([]);
    expect(moduleFindings('p.yaml', jobs('legder'), modules)).toEqual([
      {
        where: 'p.yaml: b',
        message:
          'asks for the module legder, which blackbox.yaml does not have',
      },
    ]);
  });
});

describe('names in files nothing here runs', () => {
  it.each([
    ['artifact', 0],
    ['0', 0],
    ['artefact', 1],
    ['7', 1],
    [`registry.example/x@sha256:${'a'.repeat(64)}`, 0],
  ])('COPY --from=%s', (source, count) => {
    const image = `registry.example/x@sha256:${'a'.repeat(64)}`;
    const text = `FROM ${image} AS artifact\nFROM ${image}\nCOPY --from=${source} /app /app\nUSER 65532\n`;
    expect(
      dockerfileFindings('Dockerfile', text).filter(f =>
        f.message.includes('no stage'),
      ),
    ).toHaveLength(count);
  });

  it.each([
    ['# all\n* @payments\n', []],
    ['* @payments/core a@b.example\n', []],
    ['[Docs] @docs\n* @payments\n', []],
    ['*\n', ['CODEOWNERS:1']],
    ['* payments\nsrc/ @a\n', ['CODEOWNERS:1']],
    ['# nobody\n', ['CODEOWNERS']],
  ])('CODEOWNERS %j', (text, found) => {
    expect(where(ownerFindings(text))).toEqual(found);
  });

  it.each([
    ['ledger', 0],
    ['api:default/Ledger', 0],
    ['legder', 1],
    ['other/ledger', 1],
  ])('an API provided as %s', (ref, count) => {
    const entity = (kind: string, spec: Entity['spec']): Entity => ({
      apiVersion: 'backstage.io/v1alpha1',
      kind,
      metadata: { name: 'ledger' },
      spec,
    });
    expect(
      apiFindings('c.yaml', [
        entity('Component', { providesApis: [ref] }),
        entity('API', {}),
      ]),
    ).toHaveLength(count);
  });
});
