import { useEffect } from 'react';
import { useLocation } from 'react-router-dom';

/** Follows a link to a part of the page, as a browser would: shows the part and moves the keyboard there. */
export function useScrollToFragment(): void {
  const { hash, key } = useLocation();
  useEffect(() => {
    const target = hash ? document.getElementById(hash.slice(1)) : undefined;
    target?.scrollIntoView?.({ block: 'start' });
    target?.focus({ preventScroll: true });
  }, [hash, key]);
}
