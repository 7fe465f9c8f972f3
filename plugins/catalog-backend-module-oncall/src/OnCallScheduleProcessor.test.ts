import type { Entity } from '@backstage/catalog-model';
import type { CatalogProcessorResult } from '@backstage/plugin-catalog-node';
import { readFileSync } from 'fs';
import { resolve } from 'path';
import { parse } from 'yaml';

import { OnCallScheduleProcessor } from '.';

const processor = new OnCallScheduleProcessor();
const location = { type: 'url', target: 'https://example.com/x.yaml' };

/** The example of the documentation, which must be valid as it stands. */
const example: Entity = parse(
  readFileSync(resolve(__dirname, '../../../docs/on-call.md'), 'utf8')
    .split('```yaml\n')[1]
    .split('```')[0],
);

async function relationsOf(entity: Entity): Promise<string[]> {
  const emitted: CatalogProcessorResult[] = [];
  await processor.postProcessEntity(entity, location, r => emitted.push(r));
  return emitted.flatMap(r =>
    r.type === 'relation' &&
    r.relation.source.name === entity.metadata.name &&
    r.relation.source.kind.toLocaleLowerCase('en-US') === 'oncallschedule'
      ? [
          `${r.relation.type} ${r.relation.target.kind}:${r.relation.target.namespace}/${r.relation.target.name}`,
        ]
      : [],
  );
}

it('accepts the example of the documentation and relates it', async () => {
  await expect(processor.validateEntityKind(example)).resolves.toBe(true);
  await expect(relationsOf(example)).resolves.toEqual([
    'ownedBy group:default/payments',
    'hasResponder user:default/ines.duarte',
    'hasResponder user:default/tomas.reis',
    'hasResponder user:default/aiko.tanaka',
    'hasResponder user:default/marcus.weber',
    'dependsOn oncallschedule:default/platform',
  ]);
});

it('emits both directions of every relation', async () => {
  const emitted: CatalogProcessorResult[] = [];
  await processor.postProcessEntity(example, location, r => emitted.push(r));
  const types = emitted.map(r =>
    r.type === 'relation' ? r.relation.type : '',
  );
  expect(types.slice(0, 4)).toEqual([
    'ownedBy',
    'ownerOf',
    'hasResponder',
    'responderOf',
  ]);
});

it('leaves other kinds alone', async () => {
  const component = { ...example, kind: 'Component' };
  await expect(processor.validateEntityKind(component)).resolves.toBe(false);
  await expect(relationsOf(component)).resolves.toEqual([]);
});

it.each<[string, Partial<Entity>, string]>([
  [
    'another apiVersion',
    { apiVersion: 'v1' },
    'apiVersion: must be pavedroad.dev/v1alpha1; it is "v1"',
  ],
  [
    'no spec',
    { spec: undefined },
    'spec.owner: must be a group such as group:default/payments; it is missing; spec: is required',
  ],
  [
    'a user as owner',
    { spec: { ...example.spec, owner: 'user:default/ines' } },
    'spec.owner: must be a group',
  ],
  [
    'an unknown zone',
    { spec: { ...example.spec, timeZone: 'Mars/Olympus' } },
    'spec.timeZone: must be an IANA time zone',
  ],
  [
    'bad levels',
    {
      spec: {
        ...example.spec,
        levels: [{ layers: [{ people: ['group:default/x'] }] }],
        overrides: [],
      },
    },
    'spec.levels[0].layers[0].people[0]: must be a user',
  ],
  [
    'overrides that overlap themselves',
    {
      spec: {
        ...example.spec,
        overrides: [1, 1].map(level => ({
          type: 'remove',
          person: 'ines.duarte',
          from: '2026-12-24T09:00',
          to: '2026-12-27T09:00',
          level,
        })),
      },
    },
    'spec.overrides[1]: overlaps overrides[0]',
  ],
])('refuses %s', async (_, part, message) => {
  await expect(
    processor.validateEntityKind({ ...example, ...part }),
  ).rejects.toThrow(message);
});

describe('with the file at hand', () => {
  const text = readFileSync(
    resolve(__dirname, '../../../docs/on-call.md'),
    'utf8',
  )
    .split('```yaml\n')[1]
    .split('```')[0]
    .replace('unit: week', 'unit: fortnight');
  const located: Entity = {
    ...parse(text),
    metadata: {
      ...parse(text).metadata,
      annotations: {
        'backstage.io/managed-by-location': 'url:https://git.example/a.yaml',
      },
    },
  };

  it('points at the line, also of a later document', async () => {
    const read = jest.fn(async () => `# others\na: 1\n---\n${text}`);
    const line = text.split('\n').findIndex(l => /fortnight/.test(l)) + 4;
    await expect(
      new OnCallScheduleProcessor(read).validateEntityKind(located),
    ).rejects.toThrow(
      `line ${line}: spec.levels[0].layers[0].rotation.unit: must be hour`,
    );
    expect(read).toHaveBeenCalledWith('https://git.example/a.yaml');
  });

  it.each([
    ['cannot be read', () => Promise.reject(new Error('away'))],
    ['holds something else by now', () => Promise.resolve('a: 1\n')],
    [
      'is right by now',
      () => Promise.resolve(text.replace('fortnight', 'week')),
    ],
  ])('says what is wrong without a line when the file %s', async (_, read) => {
    await expect(
      new OnCallScheduleProcessor(read).validateEntityKind(located),
    ).rejects.toThrow(/^spec\.levels\[0\]\.layers\[0\]\.rotation\.unit/);
  });
});
