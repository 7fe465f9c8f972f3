import { ReactNode, useEffect, useRef } from 'react';

/**
 * Marks the page beside the sidebar as the main landmark. Some stock pages bring a main landmark of their own and some do not;
 * where there is one inside, this one steps back and the page's hidden title becomes a region, so that there is always a main
 * landmark and nothing stands outside of all landmarks.
 *
 * Stock page tabs also point at panels that do not exist, since a router takes the panels' place. Such a pointer is taken away.
 */
export function PageLandmark(props: { children: ReactNode }) {
  const ref = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = ref.current;
    if (!element) {
      return undefined;
    }
    const mend = () => {
      const inner = element.querySelector('main, [role="main"]');
      element.setAttribute('role', inner ? 'none' : 'main');
      for (const heading of element.querySelectorAll(
        '.bui-VisuallyHidden > h1',
      )) {
        const title = heading.parentElement;
        if (inner && !inner.contains(heading)) {
          title?.setAttribute('role', 'region');
          title?.setAttribute('aria-label', 'Page title');
        } else {
          title?.removeAttribute('role');
          title?.removeAttribute('aria-label');
        }
      }
      for (const tab of element.querySelectorAll(
        '[role="tab"][aria-controls]',
      )) {
        const panel = tab.getAttribute('aria-controls');
        if (panel && !document.getElementById(panel)) {
          tab.removeAttribute('aria-controls');
        }
      }
    };
    mend();
    const observer = new MutationObserver(mend);
    observer.observe(element, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ['aria-controls'],
    });
    return () => observer.disconnect();
  }, []);

  return <div ref={ref}>{props.children}</div>;
}
