import { existsSync, readFileSync } from 'node:fs';
import { createMockDirectory } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { createTestContext } from '../__testUtils__/context';
import { createDraftTemplateAction } from './draftTemplate';

const directory = createMockDirectory();

const BASE = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: old-one
  title: Old one
  description: What it was
  annotations:
    pavedroad.dev/template-version: 1.0.0
    pavedroad.dev/channel: stable
  tags: [recommended]
spec:
  owner: group:default/platform
  type: service
  steps: []
`;

beforeEach(() =>
  directory.setContent({
    'repository/templates/old-one/template.yaml': BASE,
    'repository/templates/old-one/CHANGELOG.md': '# Changelog\n',
    'repository/templates/old-one/skeleton/VERSION': '0.1.0\n',
    'repository/templates/platform/values.yaml': 'name: x\n',
    'elsewhere/template.yaml': BASE,
  }),
);

async function run(input: Record<string, unknown>) {
  const { context, outputs } = createTestContext({
    workspacePath: directory.path,
    input: {
      from: 'old-one',
      name: 'new-one',
      description: 'Makes what is new',
      owner: 'payments',
      targetPath: './change',
      ...input,
    } as never,
  });
  const action = createDraftTemplateAction({
    catalog: catalogServiceMock({
      entities: [
        {
          apiVersion: 'scaffolder.backstage.io/v1beta3',
          kind: 'Template',
          metadata: { name: 'known' },
        },
      ],
    }),
  });
  await action.handler(context as never);
  return outputs;
}

describe('pavedroad:draft-template', () => {
  it('begins a template beside those of the repository, in the change', async () => {
    expect(await run({})).toEqual({
      path: 'templates/new-one',
      entityRef: 'template:default/new-one',
      version: '0.1.0',
      files: ['CHANGELOG.md', 'skeleton/VERSION', 'template.yaml'],
    });
    const made = directory.resolve('change/templates/new-one');
    expect(readFileSync(`${made}/template.yaml`, 'utf8')).toMatch(
      /name: new-one[^]*channel: draft[^]*owner: group:default\/payments/,
    );
    expect(
      readFileSync(
        directory.resolve('repository/templates/old-one/template.yaml'),
        'utf8',
      ),
    ).toBe(BASE);
  });

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['a person', { owner: 'user:default/ines' }, 'InputError', /to a group/],
    ['no name', { name: '../x' }, 'InputError', /misread/],
    ['no tag', { tags: ['Not one'] }, 'InputError', /no tag/],
    [
      'a name of the repository',
      { name: 'platform' },
      'InputError',
      /already a folder platform/,
    ],
    [
      'a name of the catalog',
      { name: 'known' },
      'ConflictError',
      /has template:default\/known already/,
    ],
    ['nothing', { from: 'none' }, 'InputError', /no template "none"/],
    [
      'what is no template',
      { from: 'platform' },
      'InputError',
      /no template "platform"/,
    ],
    [
      'what is elsewhere',
      { from: '../../elsewhere' },
      'InputError',
      /no template/,
    ],
    [
      'a folder outside',
      { targetPath: '../../out' },
      'NotAllowedError',
      /outside|not allowed|Relative path/i,
    ],
  ])('refuses %s', async (_, input, name, message) => {
    await expect(run(input)).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
    expect(existsSync(directory.resolve('change'))).toBe(false);
  });
});
