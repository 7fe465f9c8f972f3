import {
  findTemplateReferences,
  findUndefinedReferences,
  undefinedReferenceMessage,
} from './references';

const paths = (source: string) =>
  findTemplateReferences(source).map(r => r.path.join('.'));

describe('findTemplateReferences', () => {
  it.each([
    ['plain text, {{ github.ref }} of another language', []],
    ['name: ${{ values.name }}', ['values.name']],
    [
      '${{ values.name | upper | replace("a", values.b) }}',
      ['values.name', 'values.b'],
    ],
    ["${{ values['owner'].name }}", ['values.owner.name']],
    ['${{ values.list[0].x }}', ['values.list']],
    [
      "{% if values.ci == 'github' and not values.x %}y{% endif %}",
      ['values.ci', 'values.x'],
    ],
    [
      '{%- for p in values.ports -%}${{ p.number }}${{ loop.index }}{%- endfor -%}',
      ['values.ports'],
    ],
    [
      '{% for k, v in values.labels %}${{ k }}${{ v }}{% endfor %}',
      ['values.labels'],
    ],
    ['{% set port = values.port %}${{ port }}', ['values.port']],
    [
      '{% macro probe(path, port=8080) %}${{ path }}${{ port }}{% endmacro %}${{ probe("/") }}',
      [],
    ],
    ['{# ${{ values.gone }} #}', []],
    [
      '{% raw %}${{ values.kept }}{% endraw %}${{ values.name }}',
      ['values.name'],
    ],
    ["${{ 'values.text }}' }}", []],
    ['${{ {key: values.a, other: 1} | dump }}', ['values.a']],
    [
      '${{ values.a if values.b else values.c }}',
      ['values.a', 'values.b', 'values.c'],
    ],
    ['${{ values.a is defined }}', ['values.a']],
    ['${{ unterminated', []],
  ])('%s', (source, expected) => {
    expect(paths(source)).toEqual(expected);
  });

  it('gives the line and whether the text is guarded', () => {
    expect(
      findTemplateReferences(
        'a\nb ${{ values.x | default("1") }}\n{% if values.y is defined %}\n{% endif %}${{ values.z }}',
      ),
    ).toEqual([
      { path: ['values', 'x'], line: 2, guarded: true },
      { path: ['values', 'y'], line: 3, guarded: true },
      { path: ['values', 'z'], line: 4, guarded: false },
    ]);
  });
});

describe('findUndefinedReferences', () => {
  const known = { values: { name: true, owner: { name: true } } } as const;

  it.each([
    ['${{ values.name }}', []],
    ['${{ values.name.length }}', []],
    ['${{ values.owner.name }}', []],
    ['${{ values.owner.email }}', ['values.owner.email']],
    ['${{ values.nmae }}', ['values.nmae']],
    ['${{ values.nmae | default("x") }}', ['values.nmae']],
    ['${{ parameters.name }}', ['parameters.name']],
    ['${{ values.constructor }}', ['values.constructor']],
  ])('%s', (source, expected) => {
    expect(
      findUndefinedReferences(source, known).map(r => r.path.join('.')),
    ).toEqual(expected);
  });

  it('says so in a sentence', () => {
    const [reference] = findUndefinedReferences('\n${{ values.nmae }}', known);
    expect(undefinedReferenceMessage('Makefile', reference)).toBe(
      'Makefile:2 refers to "values.nmae", which nothing provides: it would render as empty text.',
    );
  });
});
