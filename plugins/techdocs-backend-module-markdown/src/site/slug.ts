/**
 * Words that are properties of a browser's document, element or form. Sanitizers drop ids of these names, since they would shadow
 * the properties, so they get a trailing underscore.
 */
const SHADOWING = new Set(
  `action activeelement after all anchors animate append applets attributes autofocus before blur body children clear click close
  closest compatmode contains contenttype cookie dataset defaultview designmode dir doctype domain draggable elements embeds
  encoding enctype evaluate fonts focus forms fullscreen head hidden id images implementation inert lang length links location
  matches method name nonce normalize open origin part plugins popover prefix prepend reset referrer rel remove role scripts slot
  spellcheck style submit tabindex target timeline title translate url write writeln`.split(
    /\s+/,
  ),
);

/** An id as it is in the page: that of the author, unless browsers would trip over it. */
export function safeId(id: string): string {
  return SHADOWING.has(id) ? `${id}_` : id;
}

/** Turns the words of a heading into an id: lower case, words joined by dashes. */
export function slugify(words: string): string {
  return words
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .toLocaleLowerCase('en-US')
    .replace(/[\s-]+/g, '-');
}

/** Gives each id of a page once: the second of a name gets `_1`. */
export function createSlugger(): (words: string) => string {
  const used = new Set<string>();
  return words => {
    const base = safeId(slugify(words) || 'section');
    let id = base;
    for (let n = 1; used.has(id); n += 1) {
      id = `${base}_${n}`;
    }
    used.add(id);
    return id;
  };
}
