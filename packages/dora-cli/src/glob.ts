/** A test for names that match a glob: `*` any text, `?` one character, `[a-z]` one of these, `[!a]` none of these. */
export function globMatcher(glob: string): (name: string) => boolean {
  let pattern = '';
  for (let i = 0; i < glob.length; i++) {
    const character = glob[i];
    const end = character === '[' ? glob.indexOf(']', i + 2) : -1;
    if (character === '*') {
      while (glob[i + 1] === '*') {
        i++;
      }
      pattern += '.*';
    } else if (character === '?') {
      pattern += '.';
    } else if (end > 0) {
      const set = glob.slice(i + 1, end).replace(/[\\\]^]/g, '\\$&');
      pattern += `[${set.replace(/^!/, '^')}]`;
      i = end;
    } else {
      pattern += character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    }
  }
  const test = new RegExp(`^${pattern}$`, 's');
  return name => test.test(name);
}
