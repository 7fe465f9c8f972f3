import { useEffect } from 'react';

/** Paper is white: while it is printed, a page shows itself in the light colours, whatever the screen's are. */
export function useLightPrint(): void {
  useEffect(() => {
    const { dataset } = document.body;
    let mode: string | undefined;
    const light = () => {
      mode ??= dataset.themeMode;
      dataset.themeMode = 'light';
    };
    const back = () => {
      if (mode !== undefined) {
        dataset.themeMode = mode;
        mode = undefined;
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
