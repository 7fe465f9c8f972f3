import { useEffect, useRef, type RefObject } from 'react';

/**
 * Keeps the focus in a part of the page when what had it went away or was disabled, as a button is that was pressed: else who has no mouse
 * starts again at the top of the page, and Escape closes no dialog. The part takes it, so it needs `tabIndex={-1}`.
 *
 * @param step - What tells one state of the part from the next.
 */
export function useFocusKept<T extends HTMLElement>(
  step: string,
): RefObject<T> {
  const part = useRef<T>(null);
  const last = useRef(step);
  useEffect(() => {
    if (last.current === step) {
      return;
    }
    last.current = step;
    const active = document.activeElement;
    if (
      active === null ||
      active === document.body ||
      active.matches(':disabled')
    ) {
      part.current?.focus();
    }
  }, [step]);
  return part;
}
