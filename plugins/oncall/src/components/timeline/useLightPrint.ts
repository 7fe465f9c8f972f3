import { useEffect } from 'react';

/** Where the app says which colours it has. */
const MODE = 'data-theme-mode';

/** Paper is white: while it is printed, a page shows itself in the light colours, whatever the screen's are. */
export function useLightPrint(): void {
  useEffect(() => {
    const { body } = document;
    /** Set while it is printed: what the app wants, of which there may be nothing. */
    let screen: { mode: string | undefined } | undefined;
    const modeOf = () => body.getAttribute(MODE) ?? undefined;
    // With the evening the app may turn dark while the dialog of the printer is open: that is for afterwards.
    const changes = new MutationObserver(() => {
      screen = { mode: modeOf() };
      body.setAttribute(MODE, 'light');
      changes.takeRecords();
    });
    const light = () => {
      // Browsers may say twice that they begin; what they find the second time is ours.
      if (!screen) {
        screen = { mode: modeOf() };
        body.setAttribute(MODE, 'light');
        changes.observe(body, { attributeFilter: [MODE] });
      }
    };
    const back = () => {
      if (!screen) {
        return;
      }
      // What changed a moment ago has not been told yet.
      const { mode } =
        changes.takeRecords().length > 0 ? { mode: modeOf() } : screen;
      changes.disconnect();
      screen = undefined;
      if (mode === undefined) {
        body.removeAttribute(MODE);
      } else {
        body.setAttribute(MODE, mode);
      }
    };
    window.addEventListener('beforeprint', light);
    window.addEventListener('afterprint', back);
    return () => {
      back();
      window.removeEventListener('beforeprint', light);
      window.removeEventListener('afterprint', back);
    };
  }, []);
}
