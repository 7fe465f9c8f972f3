import fc from 'fast-check';
import { textProblem } from './texts';

const SENTENCE = {
  minLength: 3,
  maxLength: 160,
  pattern: String.raw`^[\p{L}\p{N}][\p{L}\p{M}\p{N} .,;:!?'"()&/+%@=–—’-]*$`,
  words: 'Begin with a letter or a digit.',
};

describe('what is wrong with a text', () => {
  it.each([
    ['', 'This is needed.'],
    ['ab', 'This has 2 characters, 3 is the least.'],
    ['a'.repeat(161), 'This has 161 characters, 160 is the most.'],
    ['𝒜'.repeat(161), 'This has 161 characters, 160 is the most.'],
    ['a <b>', '“<”, “>” cannot be used here. Begin with a letter or a digit.'],
    [
      'one\ntwo',
      'A line break cannot be used here. Begin with a letter or a digit.',
    ],
    ['a\u202eb', 'The character U+202E cannot be used here.'],
    [
      'a{\u0007b',
      '“{”, the character U+0007 cannot be used here. Begin with a letter or a digit.',
    ],
    [
      '${{ x }} `id` $(id)',
      '“$”, “{”, “}”, “`” cannot be used here. Begin with a letter or a digit.',
    ],
    [
      '<>$`{}|\\',
      '“<”, “>”, “$”, “`”, “{” and others cannot be used here. Begin with a letter or a digit.',
    ],
    ['- a list', 'Begin with a letter or a digit.'],
  ])('%j: %s', (text, problem) => {
    expect(textProblem(text, SENTENCE)).toContain(problem);
  });

  it.each(['Keeps balances', 'Обслуживает платежи, 100 %'])(
    'takes %j',
    text => {
      expect(textProblem(text, SENTENCE)).toBeUndefined();
    },
  );

  it('names what a path cannot have', () => {
    const path = { pattern: '^/[A-Za-z0-9_.~:{}*/-]*$', maxLength: 120 };
    expect(textProblem('/v1/greetings/:name', path)).toBeUndefined();
    expect(textProblem('/v1?x', path)).toBe('“?” cannot be used here.');
    expect(textProblem('/v1/a b', path)).toBe('A space cannot be used here.');
    expect(textProblem('v1', path)).toBe(
      'This is not of the form that is asked for.',
    );
  });

  it('names no character of an address that is one up to its end', () => {
    const address = {
      pattern: '^(https?://[A-Za-z0-9._~:/%-]+)?$',
      words: 'Begin with http:// or https://.',
    };
    expect(textProblem('https://git.example.com/a', address)).toBeUndefined();
    expect(textProblem('https://git.example.com/a?b', address)).toBe(
      'Begin with http:// or https://.',
    );
  });

  it('decides as the schema does, whatever the text', () => {
    const { pattern, minLength, maxLength } = SENTENCE;
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), text => {
        const length = [...text].length;
        const passes =
          new RegExp(pattern, 'u').test(text) &&
          length >= minLength &&
          length <= maxLength;
        expect(textProblem(text, SENTENCE) === undefined).toBe(passes);
      }),
    );
  });
});
