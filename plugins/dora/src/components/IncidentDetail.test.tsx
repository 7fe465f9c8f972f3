import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { IncidentDetailResponse } from '@pavedroad/plugin-dora-common';
import { downloadText } from '@pavedroad/portal-ui';
import { incidentDetail } from '../__testUtils__/incidents';
import { showInApp } from '../__testUtils__/showInApp';
import { IncidentDetail } from './IncidentDetail';

jest.mock('@pavedroad/portal-ui', () => ({
  ...jest.requireActual('@pavedroad/portal-ui'),
  downloadText: jest.fn(),
}));

const SERVICE = 'component:default/checkout';

function show(detail: IncidentDetailResponse, search = '') {
  return showInApp(
    <IncidentDetail serviceRef={SERVICE} id="INC-1" timeZone="UTC" />,
    { getIncident: jest.fn().mockResolvedValue(detail) },
    `/delivery?tab=incidents&incident=${encodeURIComponent(
      `${SERVICE} INC-1`,
    )}${search}`,
  );
}

const region = (name: string) => screen.findByRole('region', { name });

describe('the page of an incident', () => {
  it('says what became of it, and leads back to the list', async () => {
    const api = show(incidentDetail({ reopened: true }));
    expect(await region('Checkout is slow')).toHaveTextContent(
      /Resolved.*It took 21 min, and was reopened meanwhile/,
    );
    expect(api.getIncident).toHaveBeenCalledWith(SERVICE, 'INC-1');
    expect(
      screen.getByRole('link', { name: 'Back to delivery' }),
    ).toHaveAttribute('href', '/delivery?tab=incidents&timeZone=UTC');
  });

  it('says who was on call at its beginning and end, on which schedule, and how that was found', async () => {
    show(incidentDetail());
    const section = await region('On call then');
    const [opened, resolved] = within(section).getAllByRole('definition');
    expect(
      within(opened).getByRole('link', { name: 'Inês Duarte' }),
    ).toHaveAttribute('href', '/catalog/default/user/ines.duarte');
    expect(opened).toHaveTextContent('On Payments on call');
    expect(opened).not.toHaveTextContent('as the portal first knew it');
    await userEvent.click(within(opened).getByText('How this was found'));
    expect(opened).toHaveTextContent('the owner has a schedule');
    expect(
      within(opened).getByRole('link', { name: /on-call history/ }),
    ).toHaveAttribute(
      'href',
      '/on-call/timeline?span=day&date=2026-01-20&schedule=oncallschedule%3Adefault%2Fpayments',
    );
    // Whose name is kept back has no page to lead to.
    expect(resolved).toHaveTextContent('Somebody on Payments on call');
    expect(
      within(resolved).queryByRole('link', { name: /Somebody/ }),
    ).not.toBeInTheDocument();
    expect(resolved).toHaveTextContent('as the portal first knew it');
  });

  it.each<
    [string, Partial<IncidentDetailResponse['onCall']['opened']>, RegExp]
  >([
    [
      'nobody was',
      { coverage: 'none', reason: 'No schedule answers for it.' },
      /Nobody.*No schedule answers for it\./,
    ],
    [
      'a level had nobody',
      { coverage: 'gap', reason: 'Level 2 is empty.' },
      /Nobody.*Level 2 is empty\./,
    ],
    [
      'on-call cannot be asked',
      {
        coverage: 'unknown',
        reason: 'The on-call schedules could not be asked.',
      },
      /The portal does not know.*could not be asked\./,
    ],
  ])('says so when %s', async (_, moment, words) => {
    show(
      incidentDetail({
        status: 'open',
        resolvedAt: undefined,
        durationSeconds: undefined,
        onCall: {
          opened: {
            at: '2026-01-20T12:20:00.000Z',
            coverage: 'none',
            levels: [],
            trail: [],
            ...moment,
          },
        },
      }),
    );
    const section = await region('On call then');
    const [opened, resolved] = within(section).getAllByRole('definition');
    expect(opened).toHaveTextContent(words);
    expect(resolved).toHaveTextContent('It is not resolved yet');
    expect(
      screen.queryByRole('link', { name: /on-call history/ }),
    ).not.toBeInTheDocument();
  });

  it('says what it is put down to, and lets those who may correct it', async () => {
    show(incidentDetail({ permissions: { attribute: true } }));
    const section = await region('Put down to');
    expect(
      within(section).getByRole('link', { name: /^Deployment of/ }),
    ).toHaveAttribute('href', expect.stringContaining('deployment=d1'));
    expect(section).toHaveTextContent(
      'It opened 20 minutes after the deployment.',
    );
    await userEvent.click(
      within(section).getByRole('button', {
        name: 'Download CSV: put down to',
      }),
    );
    expect(downloadText).toHaveBeenCalledWith(
      'put-down-to-inc-1.csv',
      'text/csv',
      expect.stringContaining('It opened 20 minutes after the deployment.'),
    );
    const [head, row] = jest
      .mocked(downloadText)
      .mock.lastCall![2].trim()
      .split('\r\n');
    expect(head).toMatch(
      /^service,of_incident,cause,.*,definition_version,data_quality$/,
    );
    expect(row).toMatch(/^component:default\/checkout,INC-1,incident,.*,1,$/);
    await userEvent.click(
      within(section).getByRole('button', { name: 'Correct' }),
    );
    expect(await screen.findByRole('dialog')).toHaveTextContent(
      'Incident: Checkout is slow',
    );
  });

  it('shows the others no button, and says when nothing is to blame', async () => {
    show(
      incidentDetail({
        attribution: undefined,
        attributions: [],
        permissions: { attribute: false },
      }),
    );
    const section = await region('Put down to');
    expect(section).toHaveTextContent(/no deployment is known to have caused/);
    expect(within(section).queryByRole('button')).not.toBeInTheDocument();
    expect(section).toHaveTextContent(/can be corrected by the owners/);
  });
});
