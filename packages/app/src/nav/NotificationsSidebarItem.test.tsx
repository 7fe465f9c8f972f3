import { renderInTestApp } from '@backstage/frontend-test-utils';
import { toastApiRef } from '@backstage/frontend-plugin-api';
import { notificationsApiRef } from '@backstage/plugin-notifications';
import type { NotificationSignal } from '@backstage/plugin-notifications-common';
import { signalApiRef } from '@backstage/plugin-signals-react';
import { act, screen, waitFor } from '@testing-library/react';
import { NotificationsSidebarItem } from './NotificationsSidebarItem';

const pause = (milliseconds: number) =>
  new Promise(resolve => {
    setTimeout(resolve, milliseconds);
  });

/** Everything that is written to the document's title from now on. */
function titleWrites(): string[] {
  const property = Object.getOwnPropertyDescriptor(
    Document.prototype,
    'title',
  )!;
  const writes: string[] = [];
  Object.defineProperty(document, 'title', {
    configurable: true,
    get: () => property.get!.call(document),
    set: (value: string) => {
      writes.push(value);
      property.set!.call(document, value);
    },
  });
  return writes;
}

function renderItem(start: { unread: number }) {
  const state = { ...start };
  let tell: (signal: NotificationSignal) => void = () => {};
  const notifications = {
    getStatus: jest.fn(async () => ({ unread: state.unread, read: 0 })),
    getNotification: jest.fn(async (id: string) => ({
      id,
      payload: { title: 'You are paged', link: '/p/1', severity: 'high' },
    })),
  };
  const unsubscribe = jest.fn();
  const signals = {
    subscribe: (channel: string, onMessage: typeof tell) => {
      if (channel === 'notifications') {
        tell = onMessage;
      }
      return { unsubscribe };
    },
  };
  const toasts = { post: jest.fn(() => ({ close: () => {} })) };
  const { unmount } = renderInTestApp(
    <NotificationsSidebarItem to="/notifications" />,
    {
      apis: [
        [notificationsApiRef, notifications as never],
        [signalApiRef, signals as never],
        [toastApiRef, toasts as never],
      ],
    },
  );
  return {
    state,
    notifications,
    toasts,
    unmount,
    unsubscribe,
    signal: (signal: NotificationSignal) => act(async () => tell(signal)),
  };
}

beforeEach(() => {
  document.head.innerHTML = '<title>Home | Paved Road</title>';
});

afterEach(() => {
  Reflect.deleteProperty(document, 'title');
});

it('leads to the notifications', async () => {
  renderItem({ unread: 0 });
  expect(
    await screen.findByRole('link', { name: 'Notifications' }),
  ).toHaveAttribute('href', '/notifications');
});

it('says how many are unread, and counts again when told of a change', async () => {
  const { state, signal, toasts } = renderItem({ unread: 2 });
  expect(
    await screen.findByRole('link', { name: 'Notifications, 2 unread' }),
  ).toBeInTheDocument();
  state.unread = 0;
  await signal({ action: 'notification_read', notification_ids: ['1', '2'] });
  expect(
    await screen.findByRole('link', { name: 'Notifications' }),
  ).toBeInTheDocument();
  expect(toasts.post).not.toHaveBeenCalled();
});

it('shows what comes in, with the way to it', async () => {
  const { state, signal, toasts } = renderItem({ unread: 0 });
  await screen.findByRole('link', { name: 'Notifications' });
  state.unread = 1;
  await signal({ action: 'new_notification', notification_id: '7' });
  expect(
    await screen.findByRole('link', { name: 'Notifications, 1 unread' }),
  ).toBeInTheDocument();
  await waitFor(() =>
    expect(toasts.post).toHaveBeenCalledWith(
      expect.objectContaining({
        title: 'You are paged',
        status: 'warning',
        links: [{ label: 'Open', href: '/p/1' }],
      }),
    ),
  );
});

it('says so when what came in cannot be loaded', async () => {
  const { signal, notifications, toasts } = renderItem({ unread: 0 });
  await screen.findByRole('link', { name: 'Notifications' });
  notifications.getNotification.mockRejectedValueOnce(new Error('gone'));
  await signal({ action: 'new_notification', notification_id: '7' });
  await waitFor(() =>
    expect(toasts.post).toHaveBeenCalledWith(
      expect.objectContaining({
        title: 'A new notification could not be loaded',
        links: [{ label: 'Open', href: '/notifications' }],
      }),
    ),
  );
});

it('claims nothing when the number is not to be had', async () => {
  const { signal, notifications } = renderItem({ unread: 2 });
  await screen.findByRole('link', { name: 'Notifications, 2 unread' });
  notifications.getStatus.mockRejectedValueOnce(new Error('down'));
  await signal({ action: 'notification_read', notification_ids: ['1'] });
  expect(
    await screen.findByRole('link', { name: 'Notifications' }),
  ).toBeInTheDocument();
});

it('keeps to the newest number when an older answer comes later', async () => {
  const { signal, notifications } = renderItem({ unread: 0 });
  await screen.findByRole('link', { name: 'Notifications' });
  let answerLate: (status: { unread: number; read: number }) => void = () => {};
  notifications.getStatus
    .mockImplementationOnce(
      () =>
        new Promise(resolve => {
          answerLate = resolve;
        }),
    )
    .mockResolvedValueOnce({ unread: 3, read: 0 });
  await signal({ action: 'notification_read', notification_ids: ['1'] });
  await signal({ action: 'notification_unread', notification_ids: ['1'] });
  await screen.findByRole('link', { name: 'Notifications, 3 unread' });
  await act(async () => answerLate({ unread: 9, read: 0 }));
  expect(
    screen.getByRole('link', { name: 'Notifications, 3 unread' }),
  ).toBeInTheDocument();
});

it('stops listening when it goes', async () => {
  const { unmount, unsubscribe } = renderItem({ unread: 0 });
  await screen.findByRole('link', { name: 'Notifications' });
  unmount();
  expect(unsubscribe).toHaveBeenCalledTimes(1);
});

describe('the title of the document', () => {
  it.each([0, 4])(
    'is left as the page set it last, with %d unread',
    async unread => {
      renderItem({ unread });
      await screen.findByRole('link', { name: /^Notifications/ });
      const count = unread > 0 ? `(${unread}) ` : '';
      await waitFor(() =>
        expect(document.title).toBe(`${count}Home | Paved Road`),
      );

      // Two headings of one page, shortly after each other.
      const writes = titleWrites();
      document.title = 'Begin something new | Create | Paved Road';
      await pause(20);
      document.title = 'Change what exists | Create | Paved Road';
      await pause(600);
      expect(document.title).toBe(
        `${count}Change what exists | Create | Paved Road`,
      );
      expect(writes).toEqual([
        'Begin something new | Create | Paved Road',
        'Change what exists | Create | Paved Road',
        ...(unread > 0 ? [document.title] : []),
      ]);
    },
  );
});
