import { SidebarItem, useSidebarOpenState } from '@backstage/core-components';
import {
  toastApiRef,
  useApi,
  type ToastApiMessage,
} from '@backstage/frontend-plugin-api';
import { notificationsApiRef } from '@backstage/plugin-notifications';
import type {
  NotificationPayload,
  NotificationSignal,
} from '@backstage/plugin-notifications-common';
import { signalApiRef } from '@backstage/plugin-signals-react';
import { formatCount } from '@pavedroad/portal-ui';
import { RiNotification2Line } from '@remixicon/react';
import { useEffect, useState } from 'react';
import styles from './NotificationsSidebarItem.module.css';
import { keepCountInTitle } from './titleCount';

/** How long a new notification is shown, in milliseconds. */
const SHOWN_FOR = 15_000;

function NotificationsIcon() {
  return <RiNotification2Line size={22} aria-hidden />;
}

/** What is shown of a new notification; one that leads nowhere of its own leads to all of them. */
function toastFor(payload: NotificationPayload, page: string): ToastApiMessage {
  const isPressing =
    payload.severity === 'critical' || payload.severity === 'high';
  return {
    title: payload.title,
    status: isPressing ? 'warning' : 'info',
    links: [{ label: 'Open', href: payload.link ?? page }],
    timeout: SHOWN_FOR,
  };
}

/** How many notifications are unread, counted again whenever one comes in or is read; one that comes in is shown for a while. */
function useUnreadNotifications(page: string): number {
  const notificationsApi = useApi(notificationsApiRef);
  const signalApi = useApi(signalApiRef);
  const toastApi = useApi(toastApiRef);
  const [unread, setUnread] = useState(0);

  useEffect(() => {
    let newest = 0;
    const count = async () => {
      newest += 1;
      const asked = newest;
      const found = await notificationsApi.getStatus().then(
        status => status.unread,
        // An old number would be a claim about now. The page of notifications says what is wrong.
        () => 0,
      );
      // Answers may overtake each other.
      if (asked === newest) {
        setUnread(found);
      }
    };
    const show = (id: string) =>
      notificationsApi.getNotification(id).then(
        ({ payload }) => toastApi.post(toastFor(payload, page)),
        () =>
          toastApi.post({
            title: 'A new notification could not be loaded',
            status: 'danger',
            links: [{ label: 'Open', href: page }],
            timeout: SHOWN_FOR,
          }),
      );
    count();
    const { unsubscribe } = signalApi.subscribe<NotificationSignal>(
      'notifications',
      signal => {
        count();
        if (signal.action === 'new_notification') {
          show(signal.notification_id);
        }
      },
    );
    return () => {
      newest = -1;
      unsubscribe();
    };
  }, [notificationsApi, signalApi, toastApi, page]);

  return unread;
}

/**
 * Leads to the notifications, and says how many are unread: here, and before the title of the document.
 *
 * It stands in place of the item that comes with Backstage. That one puts back the title that a page has just replaced, so after two
 * changes of title within a tenth of a second it swaps the two for as long as the page is open, and React never gets round to showing
 * what was still loading.
 */
export function NotificationsSidebarItem(props: { to: string }) {
  const unread = useUnreadNotifications(props.to);
  const { isOpen } = useSidebarOpenState();
  useEffect(() => keepCountInTitle(unread), [unread]);

  return (
    <SidebarItem
      to={props.to}
      icon={NotificationsIcon}
      text="Notifications"
      aria-label={
        unread > 0
          ? `Notifications, ${formatCount(unread)} unread`
          : 'Notifications'
      }
      hasNotifications={unread > 0 && !isOpen}
    >
      {unread > 0 ? (
        <span className={styles.count}>{unread > 99 ? '99+' : unread}</span>
      ) : undefined}
    </SidebarItem>
  );
}
