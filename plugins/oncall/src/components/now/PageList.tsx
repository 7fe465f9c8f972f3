import { useApi } from '@backstage/frontend-plugin-api';
import { EntityRefLink } from '@backstage/plugin-catalog-react';
import { Button, Flex, Text } from '@backstage/ui';
import type { OnCallPage } from '@pavedroad/plugin-oncall-common';
import {
  DateTime,
  ErrorState,
  StatusBadge,
  type StatusLevel,
  isWebAddress,
  WebLink,
} from '@pavedroad/portal-ui';
import { useState } from 'react';

import { onCallApiRef } from '../../api';
import styles from '../changes/changes.module.css';
import { useRefreshOnCall } from '../changes/useChangeData';
import { placeOfFocus } from '../placeOfFocus';
import { namesOrNobody } from '../words';

const STATUS: Record<
  OnCallPage['status'],
  { level: StatusLevel; words: string }
> = {
  triggered: { level: 'bad', words: 'Nobody has answered' },
  acknowledged: { level: 'warning', words: 'Being looked at' },
  resolved: { level: 'good', words: 'Resolved' },
};

/** Pages: who was called, whether somebody answered, and the buttons to do so. */
export function PageList(props: {
  pages: OnCallPage[];
  /** Told what was done, in words, once it was. */
  onChanged?: (words: string) => void;
}) {
  const { pages, onChanged } = props;
  const api = useApi(onCallApiRef);
  const refresh = useRefreshOnCall();
  const [pending, setPending] = useState<string>();
  const [failed, setFailed] = useState<unknown>();
  const mark = async (page: OnCallPage, as: 'acknowledge' | 'resolve') => {
    const returnFocus = placeOfFocus();
    setPending(page.id);
    setFailed(undefined);
    try {
      await api.markPage(page.id, as);
      await refresh();
      onChanged?.(
        as === 'acknowledge'
          ? 'The page is acknowledged: you look after it.'
          : 'The page is resolved.',
      );
    } catch (cause) {
      setFailed(cause);
    }
    setPending(undefined);
    returnFocus();
  };
  return (
    <>
      {failed ? (
        <ErrorState action="The page was not changed" error={failed} />
      ) : undefined}
      <ul className={styles.list} aria-label="Pages">
        {pages.map(page => (
          <li key={page.id}>
            <div className={styles.grow}>
              <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
                <StatusBadge level={STATUS[page.status].level}>
                  {STATUS[page.status].words}
                </StatusBadge>
                {isWebAddress(page.url) ? (
                  <WebLink href={page.url}>{page.title}</WebLink>
                ) : (
                  <Text as="span" variant="body-medium" weight="bold">
                    {page.title}
                  </Text>
                )}
              </Flex>
              {page.problem &&
              page.outcome !== 'sent' &&
              page.status !== 'resolved' ? (
                <Text as="div" variant="body-small" color="danger">
                  {page.outcome === 'unknown'
                    ? 'It is not known whether anybody was called'
                    : 'Nobody was called yet'}
                  : {page.problem}
                </Text>
              ) : undefined}
              <Text as="div" variant="body-small" color="secondary">
                <PageSubject page={page} />
                {page.people.length > 0
                  ? `${namesOrNobody(page.people)} called`
                  : 'Called'}
                {page.createdBy ? ` by ${page.createdBy.displayName}` : ''},{' '}
                <DateTime value={page.createdAt} relative />
                {page.acknowledgedBy
                  ? `; ${page.acknowledgedBy.displayName} ${
                      page.status === 'resolved' ? 'looked' : 'looks'
                    } after it`
                  : ''}
                {page.status === 'triggered' && page.escalatesAt ? (
                  <>
                    {'; the next level is called '}
                    <DateTime value={page.escalatesAt} relative />
                  </>
                ) : undefined}
              </Text>
            </div>
            {page.canAcknowledge || page.canResolve ? (
              <Flex gap="2">
                {page.canAcknowledge ? (
                  <Button
                    variant="primary"
                    isDisabled={pending !== undefined}
                    aria-label={`Acknowledge: ${page.title}`}
                    onPress={() => mark(page, 'acknowledge')}
                  >
                    Acknowledge
                  </Button>
                ) : undefined}
                {page.canResolve ?? page.canAcknowledge ? (
                  <Button
                    variant="secondary"
                    isDisabled={pending !== undefined}
                    aria-label={`Resolve: ${page.title}`}
                    onPress={() => mark(page, 'resolve')}
                  >
                    Resolve
                  </Button>
                ) : undefined}
              </Flex>
            ) : undefined}
          </li>
        ))}
      </ul>
    </>
  );
}

/** What a page is about: a service or a schedule; providers may know neither. */
function PageSubject({ page }: { page: OnCallPage }) {
  const { entityRef, scheduleRef, provider } = page;
  const subject =
    entityRef ?? (provider === 'native' ? scheduleRef : undefined);
  return subject ? (
    <>
      <EntityRefLink entityRef={subject} hideIcon disableTooltip />
      {': '}
    </>
  ) : undefined;
}
