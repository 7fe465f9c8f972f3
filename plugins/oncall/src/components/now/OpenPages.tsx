import { useApi } from '@backstage/frontend-plugin-api';
import { useSignal } from '@backstage/plugin-signals-react';
import { Text, VisuallyHidden } from '@backstage/ui';
import {
  PAGES_CHANGED_CHANNEL,
  type OnCallPage,
} from '@pavedroad/plugin-oncall-common';
import {
  ErrorState,
  formatPlural,
  Section,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { useEffect, useState } from 'react';
import { useSWRConfig } from 'swr';

import { onCallApiRef } from '../../api';
import { PageList } from './PageList';

/** Pages that nobody has resolved, of one schedule or of all; those nobody has answered first. Renewed when one is sent, answered or over. */
function useOpenPages(schedule?: string) {
  const api = useApi(onCallApiRef);
  const key = `oncall-pages-open-${schedule ?? ''}`;
  const found = useAsyncData(
    key,
    async () => {
      const all = async (status: 'triggered' | 'acknowledged') => {
        const pages: OnCallPage[] = [];
        let cursor: string | undefined;
        do {
          const answer = await api.pages({
            status,
            ...(schedule ? { schedule } : {}),
            ...(cursor ? { cursor } : {}),
          });
          pages.push(...answer.pages);
          cursor = answer.nextCursor;
        } while (cursor);
        return pages;
      };
      return (
        await Promise.all([all('triggered'), all('acknowledged')])
      ).flat();
    },
    { refreshSeconds: 30 },
  );
  // Everybody who looks sees at once that somebody was called or answers; should the signal be lost, within half a minute.
  const { lastSignal } = useSignal(PAGES_CHANGED_CHANNEL);
  const { mutate } = useSWRConfig();
  useEffect(() => {
    if (lastSignal) {
      mutate(key);
    }
  }, [lastSignal, mutate, key]);
  return found;
}

/** Pages that nobody has resolved: before all else, because somebody waits. */
export function OpenPages() {
  const { data, error, reload } = useOpenPages();
  const [told, setTold] = useState('');
  if (error) {
    return (
      <ErrorState
        action="Open pages could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  return (
    <>
      {/* Outlives the list, which goes with its last page. */}
      <VisuallyHidden role="status">{told}</VisuallyHidden>
      {data && data.length > 0 ? (
        <Section
          title="Open pages"
          subtitle={formatPlural(data.length, 'page')}
        >
          <PageList pages={data} onChanged={setTold} />
        </Section>
      ) : undefined}
    </>
  );
}

/** The open pages of a schedule beside who is on call: somebody who would page sees that it was done, and who looks after it. */
export function OpenPagesOf(props: { scheduleRef: string }) {
  const { data, error, reload } = useOpenPages(props.scheduleRef);
  const [told, setTold] = useState('');
  if (error) {
    return (
      <ErrorState
        action="Open pages could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  return (
    <>
      <VisuallyHidden role="status">{told}</VisuallyHidden>
      {data && data.length > 0 ? (
        <div>
          <Text as="div" variant="body-small" color="secondary">
            Open pages
          </Text>
          <PageList pages={data} onChanged={setTold} />
        </div>
      ) : undefined}
    </>
  );
}
