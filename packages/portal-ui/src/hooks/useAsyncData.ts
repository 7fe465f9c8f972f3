import useSWR from 'swr';

/** What a screen knows of data it asked for. */
export type AsyncData<T> = {
  /** The newest answer; an older one stays while a newer is on its way. */
  data?: T;
  /** Set when the newest attempt failed. */
  error?: unknown;
  /** True until the first answer or error. */
  isLoading: boolean;
  /** Asks again at once. */
  reload: () => void;
};

/**
 * Loads data for a screen, once per key, shared between everything on screen that asks for the same key.
 *
 * @param key - Names what is asked for; `undefined` asks for nothing yet.
 * @param options.refreshSeconds - Asks again in this rhythm while the page is visible.
 */
export function useAsyncData<T>(
  key: string | undefined,
  fetcher: () => Promise<T>,
  options: { refreshSeconds?: number } = {},
): AsyncData<T> {
  const { data, error, isLoading, mutate } = useSWR<T>(
    key ?? null,
    () => fetcher(),
    {
      keepPreviousData: true,
      refreshInterval: (options.refreshSeconds ?? 0) * 1000,
      revalidateOnFocus: false,
      // Errors are shown with a way to try again; silent retries would hide them.
      shouldRetryOnError: false,
    },
  );
  return {
    data,
    error: error as unknown,
    isLoading,
    reload: () => {
      mutate();
    },
  };
}
