import { ReactNode, useEffect, useRef } from 'react';
import { titleWithCount } from '../nav/titleCount';

/**
 * Marks the page beside the sidebar as the main landmark. Some stock pages bring a main landmark of their own and some do not;
 * where there is one inside, this one steps back and the page's hidden title becomes a region, so that there is always a main
 * landmark and nothing stands outside of all landmarks.
 *
 * Stock page tabs also point at panels that do not exist, since a router takes the panels' place. Such a pointer is taken away.
 *
 * Many pages also leave the title of the document as the page before them had it. Where nothing else names the page that was
 * opened, its first heading does.
 *
 * Documentation keeps its menu at a place it measured once; what appears above it later would be covered. It measures again when
 * the window scrolls, so it is told so.
 */
export function PageLandmark(props: {
  /** Name of the portal, the last part of every title. */
  appTitle: string;
  children: ReactNode;
}) {
  const ref = useRef<HTMLDivElement>(null);
  const { appTitle } = props;

  useEffect(() => {
    const element = ref.current;
    if (!element) {
      return undefined;
    }
    let docsTop: number | undefined;
    let path: string | undefined;
    let titleBefore: string | undefined;
    const mend = () => {
      const top = element
        .querySelector('[data-testid="techdocs-native-shadowroot"]')
        ?.getBoundingClientRect().top;
      // Without the number of unread notifications, which comes to a title after it was set.
      const shown = titleWithCount(document.title, 0);
      if (window.location.pathname !== path) {
        path = window.location.pathname;
        titleBefore = shown;
      }
      const page = element
        .querySelector('h1, [aria-level="1"]')
        ?.textContent?.trim();
      if (
        page &&
        top === undefined &&
        shown === titleBefore &&
        !titleBefore.toLowerCase().includes(page.toLowerCase())
      ) {
        titleBefore = `${page} | ${appTitle}`;
        document.title = titleBefore;
      }
      if (top !== docsTop) {
        docsTop = top;
        window.dispatchEvent(new Event('scroll'));
      }
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
      attributeFilter: ['aria-controls', 'aria-level'],
      characterData: true,
    });
    return () => observer.disconnect();
  }, [appTitle]);

  return <div ref={ref}>{props.children}</div>;
}
