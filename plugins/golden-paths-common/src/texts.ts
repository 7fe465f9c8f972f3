/** What a form asks of a text, as far as its JSON schema says. */
export type TextRule = {
  minLength?: number;
  maxLength?: number;
  /** As in a JSON schema: a regular expression that is read with the flag `u`. */
  pattern?: string;
  /** The pattern in words, a sentence for a person. */
  words?: string;
};

/** Characters that cannot be seen, and what they are called. */
const UNSEEN: Record<string, string> = {
  ' ': 'a space',
  '\n': 'a line break',
  '\r': 'a line break',
  '\t': 'a tab',
  '\u00a0': 'a non-breaking space',
  '\u200b': 'a zero-width space',
};

/** Most characters that are named one by one. */
const MOST_NAMED = 5;

function named(character: string): string {
  if (Object.hasOwn(UNSEEN, character)) {
    return UNSEEN[character];
  }
  return /[\p{C}\p{Z}]/u.test(character)
    ? `the character U+${(character.codePointAt(0) ?? 0)
        .toString(16)
        .toUpperCase()
        .padStart(4, '0')}`
    : `“${character}”`;
}

/**
 * The characters of a text that the pattern takes nowhere, as far as trying each in the middle and at the end of something good tells;
 * none where nothing that is tried is good by itself, as in an address.
 */
function foreign(text: string, pattern: RegExp): string[] {
  const taken = (character: string) =>
    ['a', 'aa', 'aaa', '/', '/a'].some(before =>
      ['', 'a', 'aa'].some(after =>
        pattern.test(`${before}${character}${after}`),
      ),
    );
  return taken('')
    ? [...new Set(text)].filter(character => !taken(character))
    : [];
}

/**
 * Says what is wrong with a text, for a person, as the form's schema decides it; `undefined` when nothing is. Lengths count characters as
 * people see them in code points, as JSON schemas do. Pure.
 */
export function textProblem(text: string, rule: TextRule): string | undefined {
  const { minLength = 0, maxLength = Infinity, words } = rule;
  const length = [...text].length;
  if (length > maxLength) {
    return `This has ${length} characters, ${maxLength} is the most.`;
  }
  if (text === '' && minLength > 0) {
    return 'This is needed.';
  }
  const pattern = rule.pattern ? new RegExp(rule.pattern, 'u') : undefined;
  const wrong = pattern && !pattern.test(text) ? foreign(text, pattern) : [];
  if (wrong.length > 0) {
    const list = wrong.slice(0, MOST_NAMED).map(named);
    const rest = wrong.length > MOST_NAMED ? ' and others' : '';
    const subject = `${list.join(', ')}${rest}`;
    return [
      `${subject[0].toUpperCase()}${subject.slice(1)} cannot be used here.`,
      words,
    ]
      .filter(Boolean)
      .join(' ');
  }
  if (length < minLength) {
    return `This has ${length} ${
      length === 1 ? 'character' : 'characters'
    }, ${minLength} is the least.`;
  }
  if (pattern && !pattern.test(text)) {
    return words ?? 'This is not of the form that is asked for.';
  }
  return undefined;
}
