import { expressionProblems, guardTemplate } from './templateExpressions';

describe('guardTemplate', () => {
  it.each<[string, string, string[]]>([
    ['what is printed', '${{ values.a.b }}', ['values.a.b']],
    ['what is filtered', '${{ values.a | dump }}', ['values.a']],
    ['what a filter may not find', '${{ [1] | first }}', ['[1] | first']],
    [
      'an argument',
      "${{ values.a | replace('b', values.c) }}",
      ['values.a', 'values.c'],
    ],
    ['a member by a member', '${{ m[values.a] }}', ['m[values.a]', 'values.a']],
    [
      'what a method answers',
      "${{ values.a.split('/')[1] }}",
      ["values.a.split('/')[1]"],
    ],
    [
      'what is looped over',
      '{%- for k, v in values.a -%}{% endfor %}',
      ['values.a'],
    ],
    [
      'what is added',
      "${{ 'a' + values.b ~ values.c }}",
      ['values.b', 'values.c'],
    ],
    [
      'both that are printed',
      '${{ values.b if values.a else values.c }}',
      ['values.b', 'values.c'],
    ],
    ['what stands for another', '${{ values.a or values.b }}', ['values.b']],
    ['a name of its own', '{% set a = values.b %}${{ a }}', ['a']],
    [
      'an item of a list',
      '{% if values.a in [values.b] %}{% endif %}',
      ['values.b'],
    ],
    [
      'what is computed with in a condition',
      '{% if values.a + 1 > 2 %}{% endif %}',
      ['values.a'],
    ],
    [
      'what is asked for in arguments of a macro',
      '${{ shown(values.a) }}',
      ['values.a'],
    ],
    ['white space trimmed', '${{- values.a -}}', ['values.a']],
    ['after text with dashes', '${{ -values.a }}', ['values.a']],
  ])('guards %s', (_, source, expressions) => {
    const { places, unread } = guardTemplate(source);
    expect(places.map(place => place.expression)).toEqual(expressions);
    expect(unread).toEqual([]);
  });

  it.each([
    '{% if values.a %}{% elif not values.b.c %}{% endif %}',
    "{% if values.a and values.b === 'c' %}{% endif %}",
    "${{ 'a' if values.b is defined }}",
    "${{ values.a | default('b') }}",
    "${{ values.a or 'b' }}",
    '{% set a = values.b %}',
    '{# ${{ values.a }} #}',
    '{% raw %}${{ values.a }}{% endraw %}',
    '{% macro shown(a) %}{% endmacro %}',
    "${{ range(1, 3) }} ${{ shown('a', b=1) }}",
  ])('leaves %s', source => {
    expect(guardTemplate(source)).toEqual({
      text: source,
      places: [],
      unread: [],
    });
  });

  it('writes brackets that close where they belong, and counts on', () => {
    expect(
      guardTemplate('a\n${{ (m[values.a] | first) + 1 }}', { from: 7 }),
    ).toEqual({
      text: 'a\n${{ (((m[(values.a | asked(9))] | asked(8)) | first) | asked(7)) + 1 }}',
      places: [
        { line: 2, expression: '(m[values.a] | first)' },
        { line: 2, expression: 'm[values.a]' },
        { line: 2, expression: 'values.a' },
      ],
      unread: [],
    });
  });

  it('guards what is compared only when asked', () => {
    const source = "{% if values.a.b == 'c' %}{% endif %}";
    expect(guardTemplate(source).places).toEqual([]);
    expect(guardTemplate(source, { compared: true }).places).toEqual([
      { line: 1, expression: 'values.a.b' },
    ]);
  });

  it('lets one expression alone answer nothing, and no part of a text', () => {
    const options = { mayBeNothing: true };
    expect(guardTemplate('${{ parameters.a }}', options).places).toEqual([]);
    expect(guardTemplate('a ${{ parameters.a }}', options).places).toHaveLength(
      1,
    );
    expect(
      guardTemplate('${{ parameters.a | dump }}', options).places,
    ).toHaveLength(1);
  });

  it('says what it cannot read', () => {
    expect(guardTemplate('\n${{ a.replace(r/b/, c) }}').unread).toEqual([
      { line: 2, expression: ' a.replace(r/b/, c) ' },
    ]);
  });
});

describe('expressionProblems', () => {
  const macro =
    "{% macro shown(a, b, c=values.d, e='f, g') %}${{ a }}{% endmacro %}";
  it.each([
    ["${{ values['na' + 'mee'] }}", /computes the name/],
    ['{% if parameters[a] %}{% endif %}', /computes the name/],
    [`${macro}\${{ shown(1) }}`, /leaves out b,/],
    [`${macro}\${{ shown(b=1) }}`, /leaves out a,/],
    [`${macro}\n{% if x %}\${{ shown() }}{% endif %}`, /leaves out a, b,/],
  ])('finds %s', (source, message) => {
    expect(
      expressionProblems(source)
        .map(p => p.message)
        .join(),
    ).toMatch(message);
  });

  it.each([
    "${{ values['name'] }}",
    '${{ { a: 1 }[values.target] }}',
    '${{ values.annotations[key] }}',
    `${macro}\${{ shown(1, 2) }}\${{ shown(1, b=2) }}\${{ shown(1, 2, 3, 4) }}`,
    '${{ range(1) }}',
  ])('finds nothing in %s', source => {
    expect(expressionProblems(source)).toEqual([]);
  });
});
