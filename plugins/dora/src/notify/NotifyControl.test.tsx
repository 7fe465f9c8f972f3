import { fetchApiRef, discoveryApiRef } from '@backstage/frontend-plugin-api';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import {
  Subscription,
  SubscriptionKind,
  SubscriptionRequest,
} from '@pavedroad/plugin-dora-common';
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { SWRConfig } from 'swr';
import { NotifyControl } from '.';

// A dialog that is walked through key by key takes its time on a busy machine.
jest.setTimeout(60_000);

const INES = 'user:default/ines.duarte';
const PAYMENTS = 'group:default/payments';
const CHECKOUT = 'component:default/checkout';

const subscription = (
  subscriber: string,
  kind: SubscriptionKind,
  entityRef?: string,
): Subscription => ({
  subscriber,
  kind,
  timeZone: 'Europe/Lisbon',
  createdBy: INES,
  createdAt: '2026-05-01T12:00:00Z',
  ...(entityRef && { entityRef }),
});

/** A portal that keeps what it is told, unless it is broken. */
function show(
  items: Subscription[],
  { scope, broken = false }: { scope?: string; broken?: boolean } = {
    scope: CHECKOUT,
  },
) {
  const state = { items, broken, puts: [] as SubscriptionRequest[] };
  const fetch = async (_url: string | URL | Request, init?: RequestInit) => {
    if (state.broken) {
      return Response.json(
        {
          error: { name: 'ServiceUnavailableError', message: 'Out of order' },
          response: { statusCode: 503 },
        },
        { status: 503 },
      );
    }
    if (init?.method === 'PUT') {
      const request: SubscriptionRequest = JSON.parse(String(init.body));
      state.puts.push(request);
      state.items = request.kinds.map(kind =>
        subscription(request.subscriber ?? INES, kind, request.entityRef),
      );
      return Response.json({ items: state.items, changed: true });
    }
    return Response.json({
      items: state.items,
      subscribers: [
        { ref: INES, displayName: 'Inês Duarte', kind: 'user' },
        { ref: PAYMENTS, displayName: 'Payments', kind: 'group' },
      ],
    });
  };
  renderInTestApp(
    // Answers are kept per test, not for all of them.
    <SWRConfig value={{ provider: () => new Map() }}>
      <NotifyControl scopeEntityRef={scope} />
    </SWRConfig>,
    {
      apis: [
        [
          discoveryApiRef,
          { getBaseUrl: async id => `http://portal/api/${id}` },
        ],
        [fetchApiRef, { fetch }],
      ],
    },
  );
  return state;
}

const box = (name: string) => screen.findByRole('checkbox', { name });

describe('NotifyControl', () => {
  it('is worked by keyboard alone, and gives the focus back', async () => {
    const user = userEvent.setup();
    const state = show([]);
    const tabTo = async (element: HTMLElement) => {
      for (let i = 0; i < 20 && document.activeElement !== element; i++) {
        await user.tab();
      }
      expect(element).toHaveFocus();
    };
    await tabTo(await screen.findByRole('button', { name: 'Notify me' }));
    await user.keyboard('{Enter}');
    const dialog = await screen.findByRole('dialog', {
      name: 'Notifications about checkout',
    });
    const digest = await box('Weekly digest');
    await tabTo(digest);
    await user.keyboard(' ');
    expect(digest).toBeChecked();
    expect(digest).toHaveAccessibleDescription(/Mondays at 08:00/);
    await tabTo(within(dialog).getByRole('button', { name: 'Save' }));
    await user.keyboard('{Enter}');
    const button = await screen.findByRole('button', {
      name: 'Notifications on',
    });
    await waitFor(() => expect(button).toHaveFocus());
    expect(state.puts).toEqual([
      {
        subscriber: INES,
        entityRef: CHECKOUT,
        kinds: ['weekly_digest'],
        timeZone: expect.any(String),
      },
    ]);
  });

  it('shows what a group is told, and changes that for all of it', async () => {
    const user = userEvent.setup();
    const state = show([
      subscription(PAYMENTS, 'failed_deployment', CHECKOUT),
      subscription(PAYMENTS, 'weekly_digest', CHECKOUT),
    ]);
    await user.click(
      await screen.findByRole('button', { name: 'Notifications on' }),
    );
    expect(await box('Failed deployments')).not.toBeChecked();
    expect(
      screen.getByText(
        'Told already: Payments (failed deployments, weekly digest).',
      ),
    ).toBeVisible();
    await user.click(
      screen.getByRole('button', { name: /^Me \(Inês Duarte\)/ }),
    );
    await user.click(await screen.findByRole('option', { name: 'Payments' }));
    expect(await box('Failed deployments')).toBeChecked();
    expect(screen.getByText(/Everybody in Payments is told/)).toBeVisible();
    await user.click(await box('Failed deployments'));
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() =>
      expect(state.puts).toEqual([
        {
          subscriber: PAYMENTS,
          entityRef: CHECKOUT,
          kinds: ['weekly_digest'],
          timeZone: 'Europe/Lisbon',
        },
      ]),
    );
  });

  it('speaks of everything where there is no scope, and is not on because of one', async () => {
    const user = userEvent.setup();
    show([subscription(INES, 'weekly_digest', CHECKOUT)], {});
    await user.click(await screen.findByRole('button', { name: 'Notify me' }));
    expect(
      await screen.findByRole('dialog', {
        name: 'Notifications about everything',
      }),
    ).toBeVisible();
    expect(await box('Weekly digest')).not.toBeChecked();
    expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled();
  });

  it('says when it could not read, and asks again', async () => {
    const user = userEvent.setup();
    const state = show([], { scope: CHECKOUT, broken: true });
    await user.click(await screen.findByRole('button', { name: 'Notify me' }));
    expect(
      await screen.findByText(/Your notifications could not be read/),
    ).toBeVisible();
    state.broken = false;
    await user.click(screen.getByRole('button', { name: /again/i }));
    expect(await box('Weekly digest')).toBeVisible();
  });

  it('stays open when it could not keep a choice', async () => {
    const user = userEvent.setup();
    const state = show([]);
    await user.click(await screen.findByRole('button', { name: 'Notify me' }));
    await user.click(await box('Changes beyond chance'));
    state.broken = true;
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText(/Not everything was kept/)).toBeVisible();
    expect(await box('Changes beyond chance')).toBeChecked();
  });

  it('has nothing that axe objects to', async () => {
    const user = userEvent.setup();
    show([subscription(INES, 'weekly_digest', CHECKOUT)]);
    await user.click(
      await screen.findByRole('button', { name: 'Notifications on' }),
    );
    await box('Weekly digest');
    const { violations } = await axe.run(screen.getByRole('dialog'), {
      // There are no colours without a browser.
      rules: { 'color-contrast': { enabled: false } },
    });
    expect(violations.map(({ id, nodes }) => [id, nodes[0].html])).toEqual([]);
  });
});
