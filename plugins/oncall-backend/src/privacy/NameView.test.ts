import { indexNames, NameView, withoutNames, type Scope } from './NameView';

const scope = (key: string, open: boolean): Scope => ({
  key,
  title: `The ${key}`,
  open,
  names: () => indexNames(['Inês', 'Inês Duarte', 'Tomás Reis', 'Ada']),
});
const view = new NameView({
  secret: Buffer.from('secret'),
  self: 'user:default/me',
  scopes: {
    ofSchedules: refs =>
      scope(
        refs.join(' '),
        refs.every(ref => ref.endsWith('open')),
      ),
    ofEntity: ref => scope(ref, ref.endsWith('open')),
    unknown: scope('unknown', false),
  },
});
const open = 'oncallschedule:default/open';
const shut = 'oncallschedule:default/shut';
const person = (name: string) => ({
  ref: `user:default/${name}`,
  displayName: 'Inês Duarte',
  known: true,
  email: `${name}@example.com`,
  picture: 'https://example.com/p.png',
  links: [{ url: 'tel:1', title: 'Phone' }],
});
const HIDDEN = expect.stringMatching(/^user:hidden\/[0-9a-f]{20}$/);

it.each`
  where                                    | answer                                                                                                             | hides
  ${'of a schedule one may see'}           | ${{ schedule: { ref: open }, people: [person('ines')] }}                                                           | ${false}
  ${'of another schedule'}                 | ${{ schedule: { ref: shut }, people: [person('ines')] }}                                                           | ${true}
  ${'by a field'}                          | ${{ scheduleRef: shut, person: 'user:default/ines' }}                                                              | ${true}
  ${'deeper down'}                         | ${{ scheduleRef: shut, a: [{ b: { c: person('ines') } }] }}                                                        | ${true}
  ${'in a part of something else'}         | ${{ scheduleRef: open, part: { scheduleRef: shut, person: 'user:default/ines' } }}                                 | ${true}
  ${'of several, one not to see'}          | ${{ schedules: [open, shut], person: 'user:default/ines' }}                                                        | ${true}
  ${'of several to see'}                   | ${{ schedules: [open, `${open}`], person: 'user:default/ines' }}                                                   | ${false}
  ${'of an entity'}                        | ${{ entityRef: 'component:default/shut', people: [person('ines')] }}                                               | ${true}
  ${'of an entity to see'}                 | ${{ entityRef: 'component:default/open', people: [person('ines')] }}                                               | ${false}
  ${'of a provider, by its entity'}        | ${{ entityRef: 'component:default/open', schedule: { ref: 'pager:1' }, people: [person('ines')] }}                 | ${false}
  ${'of a provider'}                       | ${{ schedule: { ref: 'pager:1' }, people: [{ ...person('x'), ref: 'pager:P1' }] }}                                 | ${true}
  ${'of one to see and one of a provider'} | ${{ schedules: [open, 'pager:1'], person: 'user:default/ines' }}                                                   | ${true}
  ${'of both, about the one to see'}       | ${{ entityRef: open, scheduleRefs: [open, 'pager:1'], message: 'Tomás Reis is on both' }}                          | ${true}
  ${'of two of a provider, by an entity'}  | ${{ entityRef: 'component:default/open', scheduleRefs: ['pager:1', 'pager:2'], message: 'Tomás Reis is on both' }} | ${true}
  ${'of nothing'}                          | ${{ text: 'user:default/ines is here' }}                                                                           | ${true}
  ${'of a change, by its parts'}           | ${{ createdBy: person('ines'), overrides: [{ scheduleRef: open }, { scheduleRef: shut }] }}                        | ${true}
  ${'of a change to see'}                  | ${{ createdBy: person('ines'), overrides: [{ scheduleRef: open }] }}                                               | ${false}
  ${'who looks'}                           | ${{ scheduleRef: shut, person: person('me') }}                                                                     | ${false}
  ${'in words'}                            | ${{ scheduleRef: shut, message: 'Tomás Reis is also on call' }}                                                    | ${true}
  ${'in a single word'}                    | ${{ scheduleRef: shut, reason: 'Inês' }}                                                                           | ${true}
  ${'by an address'}                       | ${{ scheduleRef: shut, person: 'mailto:ines@example.com' }}                                                        | ${true}
  ${'as a key of its own'}                 | ${{ scheduleRef: shut, replaces: { ref: 'user:default/ines', displayName: 'Inês' } }}                              | ${true}
`('hides a name $where: $hides', ({ answer, hides }) => {
  const before = JSON.stringify(answer);
  const after = view.filter(answer);
  expect(JSON.stringify(answer)).toBe(before);
  const text = JSON.stringify(after);
  expect(/ines|Inês|Tomás|example|P1|tel:/.test(text)).toBe(
    !hides && /ines|Inês/.test(before),
  );
  expect(text === before).toBe(!hides);
});

it('keeps what says nothing of who it is, and says that it hides', () => {
  const [hidden] = view.filter({
    scheduleRef: shut,
    people: [
      { ...person('ines'), until: '2026-01-01T00:00:00Z', override: 'x' },
    ],
  }).people;
  expect(hidden).toEqual({
    ref: HIDDEN,
    displayName: `Somebody on The ${shut}`,
    known: true,
    hidden: true,
    links: [],
    until: '2026-01-01T00:00:00Z',
    override: 'x',
  });
});

it('gives a person one ref on a schedule, another on another, and others others', () => {
  const refOf = (scheduleRef: string, name: string) =>
    view.filter({ scheduleRef, person: `user:default/${name}` }).person;
  expect(refOf(shut, 'ines')).toBe(refOf(shut, 'ines'));
  expect(refOf(shut, 'ines')).not.toBe(refOf(shut, 'tomas'));
  expect(refOf(shut, 'ines')).not.toBe(refOf('oncallschedule:a/b', 'ines'));
});

it('fills a directory of people with what the rest speaks of', () => {
  const answer = view.filter({
    schedules: [
      { schedule: { ref: shut }, shifts: [{ person: 'user:default/ines' }] },
      { schedule: { ref: open }, shifts: [{ person: 'user:default/tomas' }] },
    ],
    people: {
      'user:default/ines': person('ines'),
      'user:default/tomas': person('tomas'),
      'user:default/unspoken': person('unspoken'),
    },
  });
  const [first] = answer.schedules[0].shifts;
  expect(answer.people).toEqual({
    [first.person]: expect.objectContaining({ ref: HIDDEN, hidden: true }),
    'user:default/tomas': person('tomas'),
  });
});

it.each`
  text                         | left
  ${'Ask Inês Duarte or Inês'} | ${'Ask somebody or somebody'}
  ${'Adamant, but not Ada'}    | ${'Adamant, but not somebody'}
  ${'(Ada)'}                   | ${'(somebody)'}
  ${'Nobody'}                  | ${'Nobody'}
`('takes names out of $text', ({ text, left }) => {
  expect(withoutNames(text, indexNames(['Inês', 'Inês Duarte', 'Ada']))).toBe(
    left,
  );
});
