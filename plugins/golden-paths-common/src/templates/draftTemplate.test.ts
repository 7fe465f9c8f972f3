import fc from 'fast-check';
import { parse } from 'yaml';
import { draftTemplate, titleOf } from './draftTemplate';

const BASE = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: old-one
  title: 'Old: one'
  description: >-
    What it was,
    in two lines
  annotations:
    pavedroad.dev/template-version: 1.0.0
    pavedroad.dev/channel: stable # for everybody
  tags: [recommended, typescript]
spec:
  owner: group:default/platform
  type: service
  steps:
    # Written first.
    - id: service
      action: fetch:template
      input:
        values: &values
          template: old-one
          templateVersion: 1.0.0
          old-one: old-one
    - id: more
      action: fetch:template
      input:
        values: *values
    - id: manifest
      action: pavedroad:manifest
      input:
        version: 1.0.0
        answers:
          of: 1.0.0
`;

describe('draftTemplate', () => {
  it('is the same template under another name, for its authors', () => {
    const drafted = draftTemplate(BASE, {
      name: 'new-one',
      title: 'New: one',
      description: 'Makes what is new',
      owner: 'group:default/payments',
      tags: ['c++', 'c++', 'new'],
    });
    const lines: [string, string][] = [
      ['  name: old-one', '  name: new-one'],
      [`'Old: one'`, '"New: one"'],
      ['>-\n    What it was,\n    in two lines\n', 'Makes what is new\n'],
      ['template-version: 1.0.0', 'template-version: 0.1.0'],
      ['channel: stable #', 'channel: draft #'],
      ['[recommended, typescript]', '[c++, new]'],
      ['group:default/platform', 'group:default/payments'],
      ['template: old-one', 'template: new-one'],
      ['templateVersion: 1.0.0', 'templateVersion: 0.1.0'],
      ['        version: 1.0.0', '        version: 0.1.0'],
    ];
    expect(drafted['template.yaml']).toBe(
      lines.reduce((text, [from, to]) => text.replace(from, to), BASE),
    );
    expect(drafted['CHANGELOG.md']).toMatch(
      /^# Changelog\n\n## 0\.1\.0\n[^]*`old-one` 1\.0\.0/,
    );
  });

  it('keeps what nothing is said of, but recommends no draft', () => {
    const { metadata, spec } = parse(
      draftTemplate(BASE, {
        name: 'new-one',
        title: '',
        description: '',
        owner: '',
        tags: [],
      })['template.yaml'],
    );
    expect(metadata).toMatchObject({
      title: titleOf('new-one'),
      description: 'What it was, in two lines',
      tags: ['typescript'],
    });
    expect(spec.owner).toBe('group:default/platform');
  });

  it.each<[string, string, Parameters<typeof draftTemplate>[1], RegExp]>([
    ['a name', BASE, { name: 'New_One' }, /Capital letters/],
    ['a tag', BASE, { name: 'new-one', tags: ['Not one'] }, /no tag/],
    ['no YAML', 'a: [', { name: 'new-one' }, /cannot be read/],
    [
      'a template without a version',
      BASE.replace(/.*template-version.*\n/, ''),
      { name: 'new-one' },
      /no annotation pavedroad.dev\/template-version/,
    ],
    [
      'a template that is deprecated',
      BASE.replace('channel: stable', 'channel: deprecated'),
      { name: 'new-one' },
      /is deprecated; start from what takes its place/,
    ],
    [
      'an owner where none is',
      BASE.replace('  owner: group:default/platform\n', ''),
      { name: 'new-one', owner: 'group:default/payments' },
      /nothing as spec\.owner/,
    ],
    [
      'tags on lines of their own',
      BASE.replace('[recommended, typescript]', '\n    - recommended'),
      { name: 'new-one' },
      /not written as/,
    ],
  ])('refuses %s', (_, text, draft, message) => {
    expect(() => draftTemplate(text, draft)).toThrow(message);
  });

  it('says every title and description as it is, and nothing else differs', () => {
    const line = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 60 })
      // What no form lets through, and no catalog shows.
      .map(text => text.replace(/[\p{C}\u2028\u2029]/gu, '').trim())
      .filter(text => text !== '');
    fc.assert(
      fc.property(line, line, (title, description) => {
        const text = draftTemplate(BASE, {
          name: 'new-one',
          title,
          description,
        })['template.yaml'];
        const { metadata, ...rest } = parse(text);
        expect(metadata).toMatchObject({ title, description });
        expect(text.split('\n').length).toBe(BASE.split('\n').length - 2);
        const plain = draftTemplate(BASE, { name: 'new-one' })['template.yaml'];
        expect(rest.spec).toEqual(parse(plain).spec);
      }),
      { numRuns: 150, seed: 20261121 },
    );
  });
});
