import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTemplate } from '../template/loadTemplate';
import { channelFindings } from './lintTemplate';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'channel-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function found(annotations: Record<string, string>): Promise<string[]> {
  for (const [name, of] of [
    ['old', annotations],
    ['new', { 'pavedroad.dev/channel': 'stable' }],
    ['begun', { 'pavedroad.dev/channel': 'draft' }],
  ] as const) {
    await mkdir(join(root, name));
    await writeFile(
      join(root, name, 'template.yaml'),
      JSON.stringify({
        apiVersion: 'scaffolder.backstage.io/v1beta3',
        kind: 'Template',
        metadata: { name, annotations: of },
        spec: { steps: [] },
      }),
    );
  }
  return (await channelFindings(await loadTemplate('old', root))).map(
    finding => finding.message,
  );
}

const deprecated = {
  'pavedroad.dev/channel': 'deprecated',
  'pavedroad.dev/successor': 'template:default/new',
  'pavedroad.dev/ends': '2027-03-31',
};

it.each([
  [deprecated],
  [{ 'pavedroad.dev/channel': 'stable' }],
  [{ 'pavedroad.dev/channel': 'beta' }],
])('finds nothing in %j', async annotations => {
  expect(await found(annotations)).toEqual([]);
});

it.each<[string, Record<string, string>, RegExp[]]>([
  ['no channel', {}, [/not one of draft, beta, stable, deprecated/]],
  ['another channel', { 'pavedroad.dev/channel': 'retired' }, [/not one of/]],
  [
    'neither successor nor day',
    { 'pavedroad.dev/channel': 'deprecated' },
    [/successor names no other template/, /ends says no day/],
  ],
  [
    'a successor that is not there',
    { ...deprecated, 'pavedroad.dev/successor': 'template:default/nwe' },
    [/names no other/],
  ],
  [
    'itself',
    { ...deprecated, 'pavedroad.dev/successor': 'template:default/old' },
    [/names no other/],
  ],
  [
    'a successor that is no template',
    { ...deprecated, 'pavedroad.dev/successor': 'new' },
    [/names no other/],
  ],
  [
    'a successor nobody sees',
    { ...deprecated, 'pavedroad.dev/successor': 'template:default/begun' },
    [/which is draft itself/],
  ],
  [
    'no such day',
    { ...deprecated, 'pavedroad.dev/ends': '2027-02-30' },
    [/says no day/],
  ],
  [
    'words of a stable one',
    { ...deprecated, 'pavedroad.dev/channel': 'stable' },
    [/successor is of a deprecated/, /ends is of a deprecated/],
  ],
])('finds %s', async (_, annotations, messages) => {
  expect(await found(annotations)).toEqual(
    messages.map(message => expect.stringMatching(message)),
  );
});
