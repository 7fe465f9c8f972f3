import { answersFromAddress } from './answersFromAddress';

const secret = { type: 'string', 'ui:field': 'Secret' };
const pages = [
  {
    properties: {
      kind: { enum: ['a', 'b'] },
      registry: { type: 'object', properties: { token: secret } },
    },
    dependencies: {
      kind: {
        oneOf: [{ properties: { kind: { enum: ['b'] }, password: secret } }],
      },
    },
  },
  { properties: { user: { type: 'string' }, key: secret } },
];
const search = (answers: unknown) =>
  `?formData=${encodeURIComponent(JSON.stringify(answers))}`;

it.each<[string, string, object]>([
  [
    'what it brings, without secrets',
    search({
      kind: 'b',
      password: '****',
      registry: { host: 'a+b c', token: '***' },
      user: 'ines',
      key: '**',
    }),
    { kind: 'b', registry: { host: 'a+b c' }, user: 'ines' },
  ],
  ['nothing where it brings nothing', '?from=home', {}],
  ['nothing where that cannot be read', '?formData={', {}],
  ['nothing where that is no answers', search(null), {}],
])('an address answers %s', (_, address, answers) => {
  expect(answersFromAddress(address, pages)).toEqual(answers);
});
