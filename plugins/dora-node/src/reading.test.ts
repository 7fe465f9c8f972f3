import { incidentDetails, incidentDetailsInText } from './incidentDetails';
import {
  deliveryDigest,
  encodePart,
  epochMoment,
  EventIgnored,
  EventProblem,
  link,
  looseTexts,
  matchesAuthorization,
  matchesHmac,
  matchesSecret,
  memberOf,
  optionalMoment,
  optionalText,
  outcomeOf,
  parseWebhookBody,
  prose,
  requiredText,
} from './reading';

const SHA = 'ab12'.repeat(10);

describe('reading payloads', () => {
  it('turns what a reader throws into its outcome, and hides no fault', () => {
    const thrown = (error: Error) => () => {
      throw error;
    };
    expect(outcomeOf(() => [])).toEqual({ outcome: 'accepted', events: [] });
    expect(outcomeOf(thrown(new EventProblem('odd')))).toEqual({
      outcome: 'rejected',
      reason: 'odd',
    });
    expect(outcomeOf(thrown(new EventIgnored('dull')))).toEqual({
      outcome: 'ignored',
      reason: 'dull',
    });
    expect(() => outcomeOf(thrown(new Error('fault')))).toThrow('fault');
  });

  it.each<[unknown, string | undefined]>([
    ['2026-05-01T14:00:00+02:00', '2026-05-01T12:00:00.000Z'],
    ['2026-05-01 12:00:00.123456789Z', '2026-05-01T12:00:00.123Z'],
    [undefined, undefined],
    [null, undefined],
    ['', undefined],
  ])('reads the moment %p as %s', (value, moment) => {
    expect(optionalMoment('at', value)).toBe(moment);
  });

  it.each([
    '2026-05-01T12:00:00',
    '2026-05-01',
    '2026-02-30T12:00:00Z',
    '2026-05-01T12:00:00+99:99',
    'yesterday',
    7,
    {},
    `2026-05-01T12:00:00.${'0'.repeat(50)}Z`,
  ])('refuses the moment %p', value => {
    expect(() => optionalMoment('at', value)).toThrow(EventProblem);
  });

  it.each([NaN, Infinity, 1e17, '1777888800000', null])(
    'refuses %p milliseconds',
    value => {
      expect(() => epochMoment('at', value)).toThrow(EventProblem);
    },
  );

  it('takes short texts for names, and cuts prose between characters', () => {
    expect(optionalText('name', ' a ')).toBe('a');
    expect(optionalText('name', ' ')).toBeUndefined();
    expect(() => requiredText('name', '')).toThrow('name is missing');
    expect(() => optionalText('name', 7)).toThrow('name must be text');
    expect(() => optionalText('name', 'x'.repeat(501))).toThrow(/longer/);
    expect(prose('x'.repeat(501))).toHaveLength(500);
    expect(prose(`${'x'.repeat(499)}😀`)).toBe('x'.repeat(499));
    expect(prose(`${'x'.repeat(498)}😀`)).toBe(`${'x'.repeat(498)}😀`);
    expect(looseTexts(['a', 7, '', null, 'b'])).toEqual(['a', 'b']);
  });

  it('reaches nothing that objects inherit', () => {
    expect(memberOf({ a: 1 }, 'a')).toBe(1);
    expect(memberOf({}, 'constructor')).toBeUndefined();
    expect(memberOf(JSON.parse('{"__proto__":7}'), '__proto__')).toBe(7);
    expect(memberOf('text', 'length')).toBeUndefined();
  });

  it.each([
    ['https://a.example/b?c', true],
    ['HTTP://a.example', true],
    ['vbscript:x', false],
    ['https://a b', false],
    [`https://a.example/${'x'.repeat(2_000)}`, false],
    [7, false],
  ])('shows the link %p: %s', (value, shown) => {
    expect(link(value)).toBe(shown ? value : undefined);
  });

  it.each([
    Buffer.from([0x7b, 0xff, 0x7d]),
    Buffer.from('{"a":'),
    Buffer.from('[]'),
    Buffer.from('null'),
    Buffer.alloc(0),
    Buffer.from('{}', 'utf16le'),
  ])('refuses the body %p without quoting it', body => {
    expect(() => parseWebhookBody(body)).toThrow(
      expect.objectContaining({
        name: 'InputError',
        message: expect.stringMatching(/^The body is not/),
      }),
    );
  });

  it('writes halves of characters into addresses without fault', () => {
    expect(encodePart('a/b\ud83d')).toBe('a%2Fb%EF%BF%BD');
  });

  it('gives the same parts the same digest, and no others', () => {
    expect(deliveryDigest('a', 'b')).toBe(deliveryDigest('a', 'b'));
    expect(deliveryDigest('a', 'b')).not.toBe(deliveryDigest('ab', ''));
    expect(deliveryDigest('a', 'b')).not.toBe(deliveryDigest('a1:b'));
  });
});

describe('secrets', () => {
  it.each<[string | undefined, string[], boolean]>([
    ['a', ['a'], true],
    ['b', ['a', 'b'], true],
    ['c', ['a', 'b'], false],
    ['', [''], false],
    [undefined, [''], false],
    [undefined, ['undefined'], false],
    ['a', [], false],
  ])('%p is one of %j: %s', (given, expected, matches) => {
    expect(matchesSecret(given, expected)).toBe(matches);
  });

  it('sign bodies', () => {
    const body = Buffer.from('{}');
    // From `printf '{}' | openssl dgst -sha256 -hmac secret`.
    const right =
      '77325902caca812dc259733aacd046b73817372c777b8d95b402647474516e13';
    expect(matchesHmac('sha256', body, [right], ['other', 'secret'])).toBe(
      true,
    );
    expect(matchesHmac('sha256', body, ['x', right], ['secret'])).toBe(true);
    expect(matchesHmac('sha256', body, [right], ['other'])).toBe(false);
    expect(matchesHmac('sha256', body, [], ['secret'])).toBe(false);
    expect(matchesHmac('sha256', Buffer.from('{} '), [right], ['secret'])).toBe(
      false,
    );
  });

  it.each<[string | string[] | undefined, boolean]>([
    ['Bearer token', true],
    ['bearer token', true],
    ['Basic bmFtZTpwYXNz', true],
    ['Basic bmFtZTpwYXNz=', false],
    ['Basic token', false],
    ['Bearer bmFtZTpwYXNz', false],
    ['Bearer token token', false],
    ['token', false],
    [['Bearer token'], false],
    [undefined, false],
  ])('are offered by %j: %s', (authorization, expected) => {
    const request = {
      headers: { authorization },
      body: Buffer.alloc(0),
      receivedAt: '',
    };
    expect(
      matchesAuthorization(request, {
        bearerTokens: ['token'],
        basicAuth: [{ username: 'name', password: 'pass' }],
      }),
    ).toBe(expected);
    expect(matchesAuthorization(request, { bearerTokens: [] })).toBe(false);
  });
});

describe('details of incidents', () => {
  it.each<[unknown, object]>([
    [{ revision: SHA.toUpperCase() }, { revision: SHA }],
    [{ 'Git-Commit': 'ab12cd3' }, { revision: 'ab12cd3' }],
    [{ revision: 'main' }, {}],
    [{ deployment_id: 'run-7' }, { deployment: { id: 'run-7' } }],
    [{ image: 'a/b:1' }, { artifact: 'a/b:1' }],
    [{ Env: 'eu' }, { environment: 'eu' }],
    [
      { component: 'Component:default/Till', repo: 'a/b' },
      { service: { entityRef: 'component:default/till', repository: 'a/b' } },
    ],
    [{ component: 'till' }, { service: { name: 'till' } }],
    [{ revision: 7, deployment: null, constructor: 'x' }, {}],
    ['text', {}],
    [undefined, {}],
  ])('%j say %j', (fields, details) => {
    expect(incidentDetails(fields)).toEqual(details);
  });

  it.each<[string | undefined, object]>([
    [`Errors (revision=${SHA})`, { revision: SHA }],
    [
      'deployment=run-7, artifact=pkg:oci/a@1',
      { deployment: { id: 'run-7' }, artifact: 'pkg:oci/a@1' },
    ],
    ['Deployment = late', {}],
    [undefined, {}],
  ])('%j says %j', (text, details) => {
    expect(incidentDetailsInText(text)).toEqual(details);
  });
});
