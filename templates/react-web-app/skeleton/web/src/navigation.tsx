import { type MouseEvent, type ReactNode, useCallback, useEffect, useState } from 'react';

/** The path shown, and a way to another one without loading the page anew. */
export function usePath(): { path: string; go: (path: string) => void } {
  const [path, setPath] = useState(window.location.pathname);
  useEffect(() => {
    const moved = () => setPath(window.location.pathname);
    window.addEventListener('popstate', moved);
    return () => window.removeEventListener('popstate', moved);
  }, []);
  const go = useCallback((to: string) => {
    window.history.pushState(undefined, '', to);
    setPath(to);
  }, []);
  return { path, go };
}

export type LinkProps = { to: string; current: string; go: (path: string) => void; children: ReactNode };

/** A link to another page of this application; with a modifier key it is the browser's. */
export function Link({ to, current, go, children }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      go(to);
    }
  };
  return (
    <a href={to} onClick={follow} aria-current={to === current ? 'page' : undefined}>
      {children}
    </a>
  );
}
