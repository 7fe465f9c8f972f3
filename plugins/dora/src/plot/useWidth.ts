import { useLayoutEffect, useRef, useState } from 'react';

/**
 * Width of an element in pixels, followed as it changes. It is undefined while the element is put on the page, and measured before that is
 * painted: what depends on it is drawn once, and not a first time in a width that nobody sees.
 *
 * @param fallback - where nothing has a width, as on a page that is not shown
 */
export function useWidth(fallback: number) {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState<number>();
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) {
      return undefined;
    }
    setWidth(Math.round(element.getBoundingClientRect().width) || fallback);
    if (typeof ResizeObserver === 'undefined') {
      return undefined;
    }
    const observer = new ResizeObserver(([entry]) => {
      if (entry.contentRect.width > 0) {
        setWidth(Math.round(entry.contentRect.width));
      }
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [fallback]);
  return { ref, width };
}
