import { symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  createMockDirectory,
  mockServices,
} from '@backstage/backend-test-utils';
import { parseManifest } from '@pavedroad/plugin-golden-paths-common';
import { createTestContext } from '../__testUtils__/context';
import { createManifestAction } from './manifest';

const directory = createMockDirectory();
const commit = 'c'.repeat(40);

const input = {
  version: '1.0.0',
  answers: { name: 'ledger', pin: '****' },
  ownership: [{ pattern: 'src/', class: 'seed' }],
};

async function run(
  options: Partial<Parameters<typeof createTestContext>[0]> = {},
) {
  const { context, outputs, log } = createTestContext({
    workspacePath: directory.path,
    input,
    templateInfo: {
      entityRef: 'template:default/typescript-service',
      baseUrl: 'https://code.example/templates/',
    },
    ...options,
  });
  await createManifestAction({
    auth: mockServices.auth(),
    config: mockServices.rootConfig({
      data: { backend: { baseUrl: 'http://portal.example' } },
    }),
    discovery: mockServices.discovery(),
    reader: mockServices.urlReader.mock({
      readTree: async () => ({ etag: commit } as never),
    }),
  }).handler(context);
  return { outputs, log };
}

describe('pavedroad:manifest', () => {
  beforeEach(() => {
    directory.setContent({
      'README.md': 'x',
      src: { 'index.ts': 'y' },
      '.golden-path-effects.json': '[]',
    });
  });

  it('writes what was rendered, from which template and answers', async () => {
    const { outputs } = await run();
    const text = await readFile(directory.resolve('.golden-path.yaml'), 'utf8');
    expect(parseManifest(text)).toEqual({
      apiVersion: 'pavedroad.dev/v1alpha1',
      kind: 'GoldenPath',
      template: {
        ref: 'template:default/typescript-service',
        version: '1.0.0',
        source: 'https://code.example/templates/',
        commit,
      },
      renderer: '1',
      answers: { name: 'ledger' },
      files: {
        'README.md': {
          sha256:
            '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
          class: 'merged',
        },
        'src/index.ts': {
          sha256:
            'a1fce4363854ff888cff4b8e7875d600c2682390412a8cf79b37d0b11148b0fa',
          class: 'seed',
        },
      },
    });
    expect(outputs).toEqual({ path: '.golden-path.yaml', files: 2 });
  });

  it('writes the same bytes again', async () => {
    await run();
    const first = await readFile(directory.resolve('.golden-path.yaml'));
    await run();
    expect(await readFile(directory.resolve('.golden-path.yaml'))).toEqual(
      first,
    );
  });

  it('warns of a pattern that matches nothing', async () => {
    const { log } = await run({
      input: {
        ...input,
        ownership: [
          { pattern: 'lib/', class: 'seed' },
          { pattern: '.gitlab-ci.yml', class: 'managed', optional: true },
        ],
      },
    });
    expect(log).toContain('The ownership pattern "lib/" matches no file.');
    expect(log.join('\n')).not.toContain('gitlab');
  });

  it.each([
    [
      'a version that is none',
      { input: { ...input, version: 'latest' } },
      /semantic version/,
    ],
    [
      'a pattern that leaves the repository',
      { input: { ...input, ownership: [{ pattern: '../x', class: 'seed' }] } },
      /"\.\." segment/,
    ],
    [
      'a source folder outside the workspace',
      { input: { ...input, sourcePath: '../..' } },
      /not allowed to refer/,
    ],
    [
      'a secret in a file',
      { secrets: { token: 'x-secret-x' } },
      /secret "token" into leak\.txt/,
    ],
  ])('refuses %s', async (_what, options, reason) => {
    directory.addContent({
      'leak.txt': `${Buffer.from('x-secret-x').toString('base64')}`,
    });
    await expect(run(options)).rejects.toThrow(reason);
  });

  it.each([
    [
      'a .git folder',
      () => directory.addContent({ sub: { '.git': { config: '[core]' } } }),
      /cannot be in a repository/,
    ],
    [
      'a link that leads out',
      () => symlinkSync('/etc/hostname', directory.resolve('link')),
      /does not lead to a file/,
    ],
    [
      'a link that leads nowhere',
      () => symlinkSync('gone', directory.resolve('link')),
      /does not lead to a file/,
    ],
  ])('refuses %s', async (_what, prepare, reason) => {
    prepare();
    await expect(run()).rejects.toThrow(reason);
  });
});
