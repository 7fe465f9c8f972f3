import { useEffect } from 'react';

// Lasts as long as the page is open: where a reader was in a list is nothing to keep beyond it.
let lastOpened: string | undefined;

/** Notes which deployment or incident was looked at, for the list that the reader goes back to. */
export function rememberRow(id: string): void {
  lastOpened = id;
}

/** The attribute by which a row is found again. */
export const rowAttribute = (id: string) => ({ 'data-row': id });

/** Brings a reader who comes back from a detail page to its row, once. */
export function useReturnToRow(ids: readonly string[] | undefined): void {
  const found = lastOpened !== undefined && ids?.includes(lastOpened);
  useEffect(() => {
    if (!found) {
      return undefined;
    }
    // After everything else that this step shows has found its place: the address may still name a part of the page.
    const timer = setTimeout(() => {
      const row =
        lastOpened &&
        document.querySelector(`[data-row="${CSS.escape(lastOpened)}"]`);
      lastOpened = undefined;
      if (row) {
        row.scrollIntoView?.({ block: 'center' });
        row.querySelector('a')?.focus({ preventScroll: true });
      }
    });
    return () => clearTimeout(timer);
  }, [found]);
}
