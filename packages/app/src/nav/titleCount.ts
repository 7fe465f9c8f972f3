/** How long the title has to stand before the count is put to it, in milliseconds. */
const SETTLE = 100;

/** The document's title with the number of unread notifications before it; with none, the title alone. */
export function titleWithCount(title: string, unread: number): string {
  const page = title.replace(/^\(\d+\)\s/, '');
  return unread > 0 ? `(${unread}) ${page}` : page;
}

/**
 * Keeps the number of unread notifications before the document's title, whoever sets the title.
 *
 * Only what is there now is ever written back: a title that somebody set is never replaced by an older one, so pages that set several
 * titles in a row are not answered with a change of their title. Writing waits until titles stand still, and no state of a screen hangs
 * on it: even against a page that takes the count away again, it writes a few times a second and stops nobody from rendering.
 *
 * @returns what ends it, and takes the count away
 */
export function keepCountInTitle(unread: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (count: number) => {
    const wanted = titleWithCount(document.title, count);
    if (document.title !== wanted) {
      document.title = wanted;
    }
  };
  const settle = () => {
    clearTimeout(timer);
    timer = setTimeout(() => write(unread), SETTLE);
  };
  write(unread);
  const observer = new MutationObserver(settle);
  // The head, since a title may be added or replaced as a whole.
  observer.observe(document.head, {
    childList: true,
    characterData: true,
    subtree: true,
  });
  return () => {
    observer.disconnect();
    clearTimeout(timer);
    write(0);
  };
}
