import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  ReportingCredential,
  ReportingCredentialsResponse,
} from '@pavedroad/plugin-dora-common';
import { downloadText } from '@pavedroad/portal-ui';
import { showInApp } from '../__testUtils__/showInApp';
import { ReportingSection } from './ReportingSection';

jest.mock('@pavedroad/portal-ui', () => ({
  ...jest.requireActual('@pavedroad/portal-ui'),
  downloadText: jest.fn(),
}));

const credential = (
  given: Partial<ReportingCredential> = {},
): ReportingCredential => ({
  id: 'one',
  entityRef: 'component:default/ledger',
  label: 'GitLab CI',
  createdBy: 'user:default/ines.duarte',
  createdAt: '2026-05-01T10:00:00Z',
  ...given,
});

let service = 0;

/** Of a service of its own, so that nothing is remembered from another test. */
function show(items: ReportingCredential[], mayManage = true) {
  service += 1;
  const response: ReportingCredentialsResponse = { items, mayManage };
  return showInApp(
    <ReportingSection entityRef={`component:default/ledger-${service}`} />,
    {
      getReportingCredentials: jest
        .fn()
        .mockImplementation(async () => response),
      createReportingCredential: jest.fn().mockImplementation(async () => {
        response.items = [credential(), ...response.items];
        return { ...credential(), token: 'pvr_secret' };
      }),
      revokeReportingCredential: jest.fn().mockImplementation(async () => {
        response.items = [
          credential({
            revokedAt: '2026-05-02T10:00:00Z',
            revokedBy: 'release-robot',
          }),
        ];
        return response.items[0];
      }),
    },
    '/',
  );
}

describe('ReportingSection', () => {
  it('shows a new credential once, to be copied', async () => {
    // It brings a clipboard.
    const user = userEvent.setup();
    const writeText = jest
      .spyOn(navigator.clipboard, 'writeText')
      .mockResolvedValue(undefined);
    const api = show([]);
    await screen.findByText(/None is valid/);
    await user.type(
      screen.getByLabelText('Where it is used'),
      'Jenkins{Enter}',
    );
    expect(await screen.findByTestId('reporting-token')).toHaveTextContent(
      'pvr_secret',
    );
    expect(api.createReportingCredential).toHaveBeenCalledWith(
      `component:default/ledger-${service}`,
      'Jenkins',
    );
    await user.click(screen.getByRole('button', { name: 'Copy' }));
    expect(writeText).toHaveBeenCalledWith('pvr_secret');
    expect(await screen.findByText('Copied.')).toBeInTheDocument();
    expect(
      within(
        await screen.findByRole('list', { name: 'Valid credentials' }),
      ).getByText(/never used/),
    ).toBeInTheDocument();
  });

  it('asks before it revokes, and keeps what was revoked in sight', async () => {
    const api = show([credential({ lastUsedAt: '2026-05-01T11:00:00Z' })]);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Revoke: GitLab CI' }),
    );
    expect(api.revokeReportingCredential).not.toHaveBeenCalled();
    await userEvent.click(screen.getByRole('button', { name: 'Revoke it' }));
    await waitFor(() =>
      expect(api.revokeReportingCredential).toHaveBeenCalledWith('one'),
    );
    expect(await screen.findByText('Revoked (1)')).toBeInTheDocument();
    expect(screen.getByText(/by release-robot/)).toBeInTheDocument();
    expect(
      screen.queryByRole('list', { name: 'Valid credentials' }),
    ).not.toBeInTheDocument();
  });

  it('hands over what was made and revoked, without a token', async () => {
    show([
      credential({ id: 'two', lastUsedAt: '2026-05-03T10:00:00Z' }),
      credential({
        revokedAt: '2026-05-02T10:00:00Z',
        revokedBy: 'release-robot',
      }),
    ]);
    await userEvent.click(
      await screen.findByRole('button', {
        name: 'Download CSV: reporting credentials',
      }),
    );
    expect(downloadText).toHaveBeenCalledWith(
      'reporting-credentials.csv',
      'text/csv',
      [
        'id,service,label,created_at,created_by,last_used_at,revoked_at,revoked_by',
        'two,component:default/ledger,GitLab CI,2026-05-01T10:00:00Z,user:default/ines.duarte,2026-05-03T10:00:00Z,,',
        'one,component:default/ledger,GitLab CI,2026-05-01T10:00:00Z,user:default/ines.duarte,,2026-05-02T10:00:00Z,release-robot',
        '',
      ].join('\r\n'),
    );
  });

  it('says why none was made', async () => {
    const api = show([]);
    (api.createReportingCredential as jest.Mock).mockRejectedValue(
      new Error('It has 20 that are valid.'),
    );
    await userEvent.click(
      await screen.findByRole('button', { name: 'Make a credential' }),
    );
    expect(
      await screen.findByText('No credential was made'),
    ).toBeInTheDocument();
    expect(screen.getByText(/It has 20/)).toBeInTheDocument();
  });

  it('is not there for those who may not manage them', async () => {
    const api = show([], false);
    await waitFor(() => expect(api.getReportingCredentials).toHaveBeenCalled());
    await waitFor(() =>
      expect(
        screen.queryByText('Reporting credentials'),
      ).not.toBeInTheDocument(),
    );
  });
});
