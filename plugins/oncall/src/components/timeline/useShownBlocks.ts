import { useEffect, useState, type RefObject } from 'react';

/** Drawn beyond what is seen, in pixels, so that scrolling finds it there. */
const BEYOND = 200;

/** A range of blocks, the last exclusive. */
type Range = { first: number; last: number };

/** Which blocks, one below the other, meet a stretch of pixels. Pure. */
export function blocksWithin(
  heights: readonly number[],
  top: number,
  bottom: number,
): Range {
  let y = 0;
  let first = heights.length;
  let last = 0;
  heights.forEach((height, index) => {
    if (y < bottom && y + height > top) {
      first = Math.min(first, index);
      last = index + 1;
    }
    y += height;
  });
  return first < last ? { first, last } : { first: 0, last: 0 };
}

/**
 * Which of many blocks are near enough to the screen to be drawn, whatever it is that scrolls. All of them while printing.
 */
export function useShownBlocks(
  container: RefObject<HTMLElement | null>,
  heights: readonly number[],
): Range {
  const [range, setRange] = useState<Range>(() =>
    blocksWithin(heights, 0, window.innerHeight),
  );
  useEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      const top = container.current?.getBoundingClientRect().top ?? 0;
      const next = blocksWithin(
        heights,
        -top - BEYOND,
        window.innerHeight - top + BEYOND,
      );
      setRange(known =>
        known.first === next.first && known.last === next.last ? known : next,
      );
    };
    const soon = () => {
      frame ||= requestAnimationFrame(measure);
    };
    const all = () => setRange({ first: 0, last: heights.length });
    measure();
    // Scrolling does not bubble, but it can be caught on its way down.
    document.addEventListener('scroll', soon, { capture: true, passive: true });
    window.addEventListener('resize', soon);
    window.addEventListener('beforeprint', all);
    window.addEventListener('afterprint', measure);
    return () => {
      cancelAnimationFrame(frame);
      document.removeEventListener('scroll', soon, { capture: true });
      window.removeEventListener('resize', soon);
      window.removeEventListener('beforeprint', all);
      window.removeEventListener('afterprint', measure);
    };
  }, [container, heights]);
  return range;
}
