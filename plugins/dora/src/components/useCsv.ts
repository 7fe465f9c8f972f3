import { useState } from 'react';
import { downloadText } from '@pavedroad/portal-ui';

/** Prepares a CSV file and hands it over; says when it is at it and what went wrong. */
export function useCsv(
  filename: string,
  fetchText: () => Promise<string>,
): { busy: boolean; error?: unknown; download: () => Promise<void> } {
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({
    busy: false,
  });
  const download = async () => {
    setState({ busy: true });
    try {
      downloadText(filename, 'text/csv', await fetchText());
      setState({ busy: false });
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return { ...state, download };
}
