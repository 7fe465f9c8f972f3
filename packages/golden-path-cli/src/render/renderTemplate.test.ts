import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseManifest } from '@pavedroad/plugin-golden-paths-common';
import { digestFiles, listFiles } from '../lib/files';
import { lintTemplate } from '../lint/lintTemplate';
import { loadTemplate, type Template } from '../template/loadTemplate';
import { renderTemplate } from './renderTemplate';

const answers = {
  name: 'ledger',
  owner: 'payments',
  description: `Keeps "balances" & more`,
};

let work: string;
let template: Template;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'render-test-'));
  template = await loadTemplate('typescript-service');
});
afterAll(() => rm(work, { recursive: true, force: true }));

describe('renderTemplate', () => {
  it('writes a repository and records what it was made from', async () => {
    const folder = join(work, 'gitlab');
    const render = await renderTemplate(template, answers, folder);
    const files = await listFiles(folder);
    expect(files).toEqual(
      expect.arrayContaining(['.gitlab-ci.yml', 'Dockerfile', 'src/main.ts']),
    );
    expect(files.filter(f => f.startsWith('.github/'))).toEqual([]);
    expect(files.filter(f => f.endsWith('.njk'))).toEqual([]);
    const lint = await stat(join(folder, 'ci/lint.sh'));
    expect(Math.floor(lint.mode / 0o100) % 2).toBe(1);
    expect(render.notRun).toEqual(['publish', 'register', 'connect']);
    expect(render.skipped).toContain('undo');

    const manifest = parseManifest(
      await readFile(join(folder, '.golden-path.yaml'), 'utf8'),
    );
    expect(manifest.answers).toEqual({
      ...answers,
      owner: 'group:default/payments',
      ci: 'gitlab',
      gitops: false,
      strategy: 'rolling',
      target: 'kubernetes',
      tier: 2,
      system: '',
    });
    const digests = await digestFiles(folder);
    expect(Object.keys(manifest.files).sort()).toEqual(
      digests
        .map(d => d.path)
        .filter(p => p !== '.golden-path.yaml')
        .sort(),
    );
    for (const { path, sha256 } of digests) {
      expect(manifest.files[path]?.sha256 ?? sha256).toBe(sha256);
    }
    expect(manifest.files['.gitlab-ci.yml'].class).toBe('managed');
    expect(manifest.files['src/main.ts'].class).toBe('seed');
    expect(manifest.files.Dockerfile.class).toBe('merged');
  });

  it('writes the files of the CI system asked for', async () => {
    const folder = join(work, 'github');
    await renderTemplate(template, { ...answers, ci: 'github' }, folder);
    const files = await listFiles(folder);
    expect(files).toContain('.github/workflows/delivery.yml');
    expect(files.filter(f => f.startsWith('.gitlab'))).toEqual([]);
    expect(
      await readFile(join(folder, '.github/workflows/delivery.yml'), 'utf8'),
    ).toContain('${{ github.ref }}');
  });

  it('drives objectives, replicas and severity by the tier', async () => {
    const read = async (tier: number) => {
      const folder = join(work, `tier-${tier}`);
      await renderTemplate(template, { ...answers, tier }, folder);
      const text = (path: string) => readFile(join(folder, path), 'utf8');
      return [
        await text('observability/prometheus/rules.yaml'),
        await text('infra/kubernetes/base/horizontalpodautoscaler.yaml'),
        await text('docs/on-call.md'),
      ];
    };
    const [rules1, scaler1, onCall1] = await read(1);
    const [rules3, scaler3, onCall3] = await read(3);
    expect(rules1).toContain('expr: vector(0.001)');
    expect(rules1).toContain('severity: page');
    expect(scaler1).toContain('minReplicas: 3');
    expect(onCall1).toContain('at any hour');
    expect(rules3).toContain('expr: vector(0.01)');
    expect(rules3).not.toContain('severity: page');
    expect(scaler3).toContain('minReplicas: 2');
    expect(onCall3).toContain('nobody is woken');
  });

  it('refuses what the form refuses, and a folder that is not empty', async () => {
    await expect(
      renderTemplate(template, { ...answers, name: '-rf' }, join(work, 'x')),
    ).rejects.toThrow(/form refuses.*\n.*name/);
    await expect(
      renderTemplate(template, answers, join(work, 'gitlab')),
    ).rejects.toThrow(/not empty/);
  });
});

describe('lintTemplate', () => {
  it('finds nothing wrong with the template that is published', async () => {
    expect(await lintTemplate(template)).toEqual([]);
  });

  const broken: [string, string, (text: string) => string, RegExp][] = [
    [
      'a value nobody passes',
      'typescript-service/skeleton/package.json.njk',
      text => text.replace('values.name', 'values.nmae'),
      /values\.nmae/,
    ],
    [
      'a question nobody asks',
      'typescript-service/template.yaml',
      text => text.replace('parameters.description', 'parameters.summary'),
      /parameters\.summary/,
    ],
    [
      'an output of a later step',
      'typescript-service/template.yaml',
      text =>
        text.replace(
          '${{ steps.preflight.output.repository }}',
          '${{ steps.register.output.entityRef }}',
        ),
      /steps\.register/,
    ],
    [
      'a value nobody uses',
      'typescript-service/template.yaml',
      text => text.replace('port: 8080', 'port: 8080\n          hue: red'),
      /"hue"/,
    ],
    [
      'a rendered file without its ending',
      'typescript-service/skeleton/VERSION',
      () => '${{ values.name }}',
      /name it \.njk/,
    ],
    [
      "a value of the platform's, changed",
      'typescript-service/template.yaml',
      text => text.replace("'ticket' if parameters", "'page' if parameters"),
      /"pageSeverity" is not what platform\/values\.yaml says/,
    ],
    [
      "an ownership rule of the platform's, left out",
      'typescript-service/template.yaml',
      text =>
        text.replace(
          '{ pattern: ci/, class: managed }',
          '{ pattern: ci/, class: seed }',
        ),
      /ownership rule 1/,
    ],
    [
      "an ownership rule of the platform's, no longer optional",
      'typescript-service/template.yaml',
      text =>
        text.replace(
          '{ pattern: .gitlab-ci.yml, class: managed, optional: true }',
          '{ pattern: .gitlab-ci.yml, class: managed }',
        ),
      /ownership rule 4/,
    ],
    [
      'a version the changelog does not know',
      'typescript-service/CHANGELOG.md',
      text => text.replace(/## \S+/, '## 0.9.0'),
      /CHANGELOG/,
    ],
    [
      'free text without bounds',
      'typescript-service/template.yaml',
      text => text.replace('          maxLength: 160\n', ''),
      /free text/,
    ],
    [
      'publishing before checking',
      'typescript-service/template.yaml',
      text =>
        text.replace(
          'action: pavedroad:preflight',
          'action: pavedroad:publish',
        ),
      /comes after|there is no/,
    ],
    [
      'undoing without a failure',
      'typescript-service/template.yaml',
      text => text.replace('${{ failure() }}', '${{ always() }}'),
      /failure\(\)/,
    ],
    [
      'files that the form does not show',
      'typescript-service/template.yaml',
      text => text.replace('ui:field: PavedRoadPreview', 'ui:field: Other'),
      /does not show the files/,
    ],
    [
      'a day, which Backstage counts as 24 hours',
      'typescript-service/template.yaml',
      text => text.replace('time-saved: PT16H', 'time-saved: P2D'),
      /time-saved does not say in hours/,
    ],
    [
      'time saved by nobody knows what',
      'typescript-service/template.yaml',
      text => text.replace(/^ +pavedroad.dev\/time-saved-how:.*\n/m, ''),
      /which work that is/,
    ],
    [
      'a folder that is not there',
      'typescript-service/template.yaml',
      text => text.replace('url: ../platform/docs', 'url: ../platform/dosc'),
      /no folder/,
    ],
  ];
  it.each(broken)('finds %s', async (_, file, change, message) => {
    const root = await mkdtemp(join(work, 'lint-'));
    await cp(template.root, root, { recursive: true });
    const path = join(root, file);
    const text = await readFile(path, 'utf8');
    expect(change(text)).not.toBe(text);
    await writeFile(path, change(text));
    const findings = await lintTemplate(
      await loadTemplate('typescript-service', root),
    );
    expect(findings.map(f => `${f.where}: ${f.message}`).join('\n')).toMatch(
      message,
    );
  });
});
