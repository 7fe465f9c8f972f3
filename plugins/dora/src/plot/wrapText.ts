/**
 * A text in lines of at most so many letters, broken at spaces: an SVG text has lines only where it is told. A word that
 * is longer stands alone.
 */
export function wrapText(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= letters) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

/** A text of at most so many letters, with an ellipsis where it was longer; no emoji is cut in two, for half of one is no text. */
export function shortened(text: string, letters: number): string {
  if (text.length <= letters) {
    return text;
  }
  const kept = text.slice(0, letters - 1).replace(/[\ud800-\udbff]$/, '');
  return `${kept.trimEnd()}…`;
}
