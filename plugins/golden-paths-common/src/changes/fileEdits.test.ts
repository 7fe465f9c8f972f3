import { applyFileEdits, describeFileEdits, editText } from './fileEdits';

describe('editText', () => {
  it.each<[string, Parameters<typeof editText>[1][number], string]>([
    [
      '* @payments @payments-leads x@payments @fernhill/payments',
      { find: '@payments', replace: '@storefront', word: true },
      '* @storefront @payments-leads x@payments @fernhill/payments',
    ],
    ['a.a', { find: 'a', replace: 'b' }, 'b.b'],
    ['a', { find: '', replace: 'b' }, 'a'],
    [
      '| a |\n| b |\n\nend',
      { after: '| ', insert: '| c |\n' },
      '| a |\n| b |\n| c |\n\nend',
    ],
    ['| c |\nend', { after: '| ', insert: '| c |' }, '| c |\nend'],
    [
      '# a\n\n# in a shell\n',
      { after: '# ', insert: 'says so', first: true },
      '# a\nsays so\n\n# in a shell\n',
    ],
    ['no table', { after: '| ', insert: '| c |' }, 'no table'],
  ])('%j %j', (text, edit, wanted) => {
    expect(editText(text, [edit])).toBe(wanted);
    const again = 'find' in edit ? [] : [edit];
    expect(editText(wanted, again)).toBe(wanted);
  });
});

describe('applyFileEdits', () => {
  it.each([
    [
      'a: 1\r\nlist:\r\n  - x # one\r\n',
      'a: 2\r\nlist:\r\n  - x # one\r\n  - y\r\n# end\r\n',
    ],
    ['a: 1\nlist:\n  - x # one\n', 'a: 2\nlist:\n  - x # one\n  - y\n# end\n'],
  ])('keeps the line ends of %j', (before, after) => {
    const { changed } = applyFileEdits(
      { paths: ['f.yaml'], text: () => before },
      [
        {
          path: 'f.yaml',
          says: 'all of it',
          yaml: [
            { path: ['a'], set: 2 },
            { path: ['list'], add: 'y' },
          ],
          text: [{ after: '  - y', insert: '# end' }],
        },
      ],
    );
    expect(changed).toEqual({ 'f.yaml': after });
  });

  const files: Record<string, string> = {
    'a.yaml': 'owner: payments # us\n',
    'b.yaml': 'owner: &x payments\nalso: *x\n',
    'docs/c.md': 'Owned by payments.\n',
  };

  it('says what it did, what it could not do, and touches nothing else', () => {
    const edits = applyFileEdits(
      { paths: Object.keys(files), text: path => files[path] },
      [
        {
          path: '*.yaml',
          yaml: [{ path: ['owner'], set: 'storefront' }],
          says: 'the owner',
        },
        {
          path: 'a.yaml',
          text: [{ find: '# us', replace: '# them' }],
          says: 'a word',
        },
        {
          path: 'docs/',
          text: [{ find: 'Owned by identity', replace: 'x' }],
          says: 'the docs',
        },
      ],
    );
    expect(edits).toEqual({
      changed: { 'a.yaml': 'owner: storefront # them\n' },
      done: { 'a.yaml': ['the owner', 'a word'] },
      problems: [
        {
          path: 'b.yaml',
          why: 'it has aliases, so that one change is many',
        },
      ],
    });
    expect(describeFileEdits(edits)).toBe(
      '- `a.yaml`: the owner; a word\n' +
        '- `b.yaml` was left alone: it has aliases, so that one change is many. Change it by hand.',
    );
  });
});
