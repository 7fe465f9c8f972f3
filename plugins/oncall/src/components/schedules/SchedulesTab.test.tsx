import type { ScheduleCheck } from '@pavedroad/plugin-oncall-common';
import { readScheduleSource } from '@pavedroad/plugin-oncall-common';
import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Route, Routes } from 'react-router-dom';

import type { OnCallApi } from '../../api';
import {
  ines,
  inDays,
  nadia,
  payments,
  tomas,
} from '../../__testUtils__/people';
import { showOnCall } from '../../__testUtils__/showOnCall';
import { SchedulesTab } from './SchedulesTab';

jest.setTimeout(60_000);

const source = `# ours
apiVersion: pavedroad.dev/v1alpha1
kind: OnCallSchedule
metadata:
  name: payments
  title: Payments on call
spec:
  owner: group:default/payments
  timeZone: UTC
  levels:
    - name: Primary
      layers:
        - rotation:
            # in turn
            participants:
              - user:default/ines
              - user:default/tomas
            start: '2026-01-05T09:00'
            unit: week
            length: 1
`;
const shift = (person: typeof ines, from: number, to: number) => ({
  level: 1,
  person,
  from: inDays(from),
  to: inDays(to),
});

/** As the back end: problems of the source, and a week in which somebody else is on call. */
const checkSchedule = async (yaml: string): Promise<ScheduleCheck> => {
  const { problems, scheduleRef } = readScheduleSource(yaml);
  return {
    problems,
    ...(scheduleRef ? { scheduleRef } : {}),
    ...(problems.length === 0
      ? {
          preview: {
            from: inDays(0),
            to: inDays(56),
            timeZone: 'UTC',
            shifts: [
              shift(ines, 0, 7),
              shift(nadia, 7, 14),
              shift(ines, 14, 56),
            ],
            before: [
              shift(ines, 0, 7),
              shift(tomas, 7, 14),
              shift(ines, 14, 56),
            ],
            gaps: [],
          },
        }
      : {}),
  };
};
const everybodyNow: OnCallApi['everybodyNow'] = async () => ({
  at: inDays(0),
  schedules: [
    {
      schedule: payments,
      coverage: 'full',
      levels: [{ level: 1, name: 'Primary', people: [ines] }],
      services: 2,
      mine: true,
      canChange: true,
    },
  ],
  totals: { services: 2, full: 2, gap: 0, none: 0 },
});

function show(path: string, answers: Partial<OnCallApi> = {}) {
  showOnCall(
    <Routes>
      <Route path="/on-call/schedules/*" element={<SchedulesTab />} />
    </Routes>,
    {
      everybodyNow,
      checkSchedule,
      scheduleSource: async () => ({
        scheduleRef: payments.ref,
        yaml: source,
        url: 'https://git.example/on-call/blob/main/on-call.yaml',
        basedOn: 'hash',
        proposable: true,
      }),
      ...answers,
    },
    { path: `/on-call/schedules${path}` },
  );
}

const yaml = async () =>
  await screen.findByRole<HTMLTextAreaElement>(
    'textbox',
    { name: 'YAML of the schedule' },
    { timeout: 5000 },
  );

describe('the list of schedules', () => {
  it('names owner, zone, levels and who is there, and leads to the form', async () => {
    show('');
    const name = await screen.findByRole('link', { name: 'Payments on call' });
    const row = name.closest('li, tr') as HTMLElement;
    expect(row).toHaveTextContent('payments');
    expect(row).toHaveTextContent('UTC');
    expect(row).toHaveTextContent('1 level');
    expect(row).toHaveTextContent(ines.displayName);
    expect(
      within(row).getByRole('link', { name: 'Change Payments on call' }),
    ).toHaveAttribute('href', '/on-call/schedules/default/payments');
    expect(screen.getByRole('link', { name: 'New schedule' })).toHaveAttribute(
      'href',
      '/on-call/schedules/new',
    );
  });

  it('tells others whom to ask for a change, and where a provider’s is changed', async () => {
    const [own] = (await everybodyNow()).schedules;
    show('', {
      everybodyNow: async () => ({
        ...(await everybodyNow()),
        schedules: [
          { ...own, canChange: false },
          {
            ...own,
            canChange: false,
            schedule: { ...payments, ref: 'pager:P1', provider: 'pager' },
          },
        ],
      }),
    });
    expect(await screen.findByText('At pager')).toBeInTheDocument();
    const [row, other] = within(
      screen.getByRole('list', { name: 'Schedules' }),
    ).getAllByRole('listitem');
    expect(row).toHaveTextContent('Ask payments');
    expect(
      within(row).getAllByRole('link', { name: 'payments' }).pop(),
    ).toHaveAttribute('href', '/catalog/default/group/payments');
    expect(other).not.toHaveTextContent('Ask');
    expect(
      screen.queryByRole('link', { name: /^Change/ }),
    ).not.toBeInTheDocument();
  });
});

describe('the form of a schedule', () => {
  it('edits the YAML beside it, and keeps comments', async () => {
    show('/default/payments');
    const title = await screen.findByRole('textbox', { name: 'Title' });
    await userEvent.clear(title);
    await userEvent.type(title, 'Cards');
    expect((await yaml()).value).toBe(
      source.replace('title: Payments on call', 'title: Cards'),
    );
  });

  it('removes a participant without anybody else moving', async () => {
    show('/default/payments');
    const before = readScheduleSource(source).schedule!;
    await userEvent.click(
      await screen.findByRole('button', { name: 'Remove user:default/tomas' }),
    );
    const { schedule } = readScheduleSource((await yaml()).value);
    expect(schedule?.levels[0].layers[0].rotation).toMatchObject({
      participants: ['user:default/ines'],
      unit: 'week',
    });
    expect(before.levels[0].layers[0].rotation?.participants).toHaveLength(2);
    expect((await yaml()).value).toContain(
      '# in turn\n            participants:',
    );
  });

  it('lets who has no mouse move people, and tells where they are', async () => {
    show('/default/payments');
    const later = await screen.findByRole('button', {
      name: 'Later: user:default/ines',
    });
    const part = later.closest('fieldset') as HTMLElement;
    act(() => later.focus());
    await userEvent.keyboard('{Enter}');
    // There is nobody after her, so the way back is next.
    expect(
      screen.getByRole('button', { name: 'Earlier: user:default/ines' }),
    ).toHaveFocus();
    expect(
      within(part).getByText('user:default/ines is 2 of 2.'),
    ).toHaveAttribute('role', 'status');
    await userEvent.keyboard('{Enter}');
    expect(
      screen.getByRole('button', { name: 'Later: user:default/ines' }),
    ).toHaveFocus();
    act(() =>
      screen.getByRole('button', { name: 'Remove user:default/tomas' }).focus(),
    );
    await userEvent.keyboard('{Enter}');
    expect(
      screen.getByRole('button', { name: 'Remove user:default/ines' }),
    ).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    expect(part.contains(document.activeElement)).toBe(true);
    expect(screen.getByText('user:default/ines is removed.')).toHaveAttribute(
      'role',
      'status',
    );
  });

  it('points at the line of an error at once, waits to propose, and goes there', async () => {
    show('/default/payments');
    const field = await yaml();
    const at = source.indexOf('length: 1') + 'length: '.length;
    field.setSelectionRange(at, at + 1);
    await userEvent.type(field, '0', {
      initialSelectionStart: at,
      initialSelectionEnd: at + 1,
    });
    const problem = await screen.findByRole('button', {
      name: 'Error, line 20',
    });
    expect(
      screen.getByRole('button', { name: 'Open pull request' }),
    ).toBeDisabled();
    await userEvent.click(problem);
    expect(field).toHaveFocus();
    expect(field.value.slice(field.selectionStart, field.selectionEnd)).toBe(
      '0',
    );
  });

  it('shows what changes, and opens one pull request with what was read', async () => {
    const proposeSchedule = jest.fn(async () => ({
      url: 'https://git.example/pulls/7',
      number: 7,
      branch: 'on-call/payments-1',
      scheduleRef: payments.ref,
      created: true,
    }));
    show('/default/payments', { proposeSchedule });
    const changes = await screen.findByRole(
      'list',
      { name: 'What changes' },
      { timeout: 5000 },
    );
    expect(changes).toHaveTextContent(
      `${nadia.displayName} instead of ${tomas.displayName}`,
    );
    const button = screen.getByRole('button', { name: 'Open pull request' });
    expect(button).toBeDisabled();
    expect(screen.getByText('Nothing is changed yet.')).toBeInTheDocument();
    await userEvent.type(screen.getByRole('textbox', { name: 'Title' }), ' 2');
    await userEvent.type(screen.getByRole('textbox', { name: /Why/ }), 'New');
    await waitFor(() => expect(button).toBeEnabled());
    await userEvent.click(button);
    expect(
      await screen.findByRole('link', { name: 'Pull request 7' }),
    ).toHaveAttribute('href', 'https://git.example/pulls/7');
    expect(proposeSchedule).toHaveBeenCalledWith({
      yaml: source.replace('Payments on call', 'Payments on call 2'),
      basedOn: 'hash',
      message: 'New',
    });
    expect(button).toBeDisabled();
  });

  it('says why it cannot be proposed, and keeps what was written', async () => {
    show('/default/payments', {
      proposeSchedule: async () => {
        throw new Error('The file has changed since it was opened here');
      },
    });
    await userEvent.type(
      await screen.findByRole('textbox', { name: 'Title' }),
      '!',
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'Open pull request' }),
    );
    expect(
      await screen.findByText(/The file has changed since/),
    ).toBeInTheDocument();
    expect((await yaml()).value).toContain('Payments on call!');
  });

  it('says where a schedule is changed that the portal cannot propose', async () => {
    show('/default/payments', {
      scheduleSource: async () => ({
        scheduleRef: payments.ref,
        yaml: '',
        url: 'https://elsewhere.example/x.yaml',
        basedOn: '',
        proposable: false,
        reason: 'It is kept elsewhere',
      }),
    });
    expect(
      await screen.findByText('It is kept elsewhere.'),
    ).toBeInTheDocument();
    expect(screen.getByRole('link', { name: /Open its file/ })).toHaveAttribute(
      'href',
      'https://elsewhere.example/x.yaml',
    );
  });

  it('starts a new schedule of one’s own group, where its others are', async () => {
    const proposeSchedule = jest.fn(async () => {
      throw new Error('Enough');
    });
    const scheduleTargets = jest.fn(async () => [
      {
        url: 'https://git.example/a.yaml',
        label: 'acme/on-call: a.yaml',
        append: true,
      },
    ]);
    show('/new', { proposeSchedule, scheduleTargets });
    const name = await screen.findByRole('textbox', { name: /^Name$/ });
    await userEvent.clear(name);
    await userEvent.type(name, 'cards');
    const text = (await yaml()).value;
    expect(readScheduleSource(text)).toMatchObject({
      problems: [],
      ownerRef: 'group:default/payments',
      scheduleRef: 'oncallschedule:default/cards',
    });
    expect(
      (await screen.findAllByText('acme/on-call: a.yaml (with others)'))[0],
    ).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'Open pull request' }),
    );
    expect(proposeSchedule).toHaveBeenCalledWith({
      yaml: text,
      targetUrl: 'https://git.example/a.yaml',
    });
  });
});
