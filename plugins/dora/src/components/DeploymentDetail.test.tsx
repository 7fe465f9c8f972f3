import { ResponseError } from '@backstage/errors';
import {
  DataQualityNote,
  DeploymentAttribution,
} from '@pavedroad/plugin-dora-common';
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { incidentItem } from '../__testUtils__/incidents';
import { downloadText } from '@pavedroad/portal-ui';
import { detailResponse, listItem } from '../__testUtils__/responses';
import { showInApp } from '../__testUtils__/showInApp';
import { DeploymentDetail } from './DeploymentDetail';
import { useIsNarrow } from './useIsNarrow';

jest.mock('./useIsNarrow', () => ({
  useIsNarrow: jest.fn().mockReturnValue(false),
}));

jest.mock('@pavedroad/portal-ui', () => ({
  ...jest.requireActual('@pavedroad/portal-ui'),
  downloadText: jest.fn(),
}));

const detail = <DeploymentDetail id="d1" timeZone="UTC" />;
const permissions = { attribute: true };
const [derived] = detailResponse().attributions;
const live: DeploymentAttribution = {
  ...derived,
  blames: 'this',
  deploymentId: 'd1',
};

/** Of an incident that names where it was, as its source spells it. */
const ofUs: DeploymentAttribution = {
  ...live,
  incident: { ...live.incident!, environment: 'US' },
};

const dataQuality: DataQualityNote[] = [
  { code: 'facts_pending', services: ['component:default/checkout'], count: 1 },
];

const section = (name: string) => screen.findByRole('region', { name });

describe('DeploymentDetail', () => {
  afterEach(() => {
    jest.mocked(useIsNarrow).mockReturnValue(false);
  });

  it('begins with what happened, in words, and leads on', async () => {
    showInApp(detail, {
      getDeployment: jest.fn().mockResolvedValue(
        detailResponse({
          attributions: [live],
          url: 'https://ci.example/runs/7',
          previous: { id: 'd0', finishedAt: '2026-01-19T12:00:00.000Z' },
          onCall: [
            {
              level: 1,
              userRefs: ['user:default/ines.duarte'],
              people: [
                { ref: 'user:default/ines.duarte', displayName: 'Inês Duarte' },
              ],
            },
          ],
        }),
      ),
    });
    const summary = await section('Deployment of checkout');
    expect(summary).toHaveTextContent(/Deployed to production.*3 changes/);
    expect(summary).toHaveTextContent(
      /Failed in use.*Incident: Checkout is slow; recovered after 21 min\./,
    );
    expect(
      within(summary).getByRole('link', { name: 'Open where it ran' }),
    ).toHaveAttribute('href', 'https://ci.example/runs/7');
    await waitFor(() =>
      expect(
        within(summary).getByRole('link', { name: 'abcdef0123' }),
      ).toHaveAttribute(
        'href',
        '/git/payments/checkout/commits/abcdef0123456789abcdef0123456789abcdef01',
      ),
    );
    expect(
      screen.getByRole('link', { name: /^Previous deployment/ }),
    ).toHaveAttribute('href', expect.stringContaining('deployment=d0'));
    expect(await section('On call')).toHaveTextContent(
      /Then.*Inês Duarte.*Now.*does not know/,
    );
    expect(screen.queryByText(/user:default/)).not.toBeInTheDocument();
  });

  it('shows where the time of each change went, with all stages on demand', async () => {
    showInApp(detail);
    const changes = await section('Changes');
    expect(changes).toHaveTextContent('Longest: Approval to merge, 1 h');
    expect(changes).toHaveTextContent('Build to deployment: 40 min');
    expect(
      await within(changes).findByRole('link', { name: '(#17)' }),
    ).toHaveAttribute('href', '/git/payments/checkout/pulls/17');
  });

  it.each([
    ['counted', {}, true],
    // Nothing was moved: there is nothing between a commit and a finish before it.
    [
      'committed after the finish',
      {
        leadSeconds: -60,
        stages: [{ name: 'build_to_deploy' as const, seconds: -60 }],
        excluded: 'negative_total_time' as const,
      },
      false,
    ],
  ])(
    'says where moments of a change were moved to: %s',
    async (_, more, told) => {
      const [change] = detailResponse().changeRows;
      showInApp(detail, {
        getDeployment: jest
          .fn()
          .mockResolvedValue(
            detailResponse({ changeRows: [{ ...change, ...more }] }),
          ),
      });
      const words = (await section('Changes')).textContent;
      expect(
        /counts at that one; or .* counts at its finish/.test(words!),
      ).toBe(told);
      expect(/Committed after the deployment finished/.test(words!)).toBe(
        !told,
      );
      expect(words).not.toContain('counts as 0');
    },
  );

  it('shows more changes from where the first ones end, and hands all of them over', async () => {
    const [change] = detailResponse().changeRows;
    const named = (commit: string) => ({ ...change, commit });
    let answered = () => {};
    const api = showInApp(detail, {
      getDeployment: jest.fn().mockResolvedValue(
        detailResponse({
          changes: 1_203,
          changeRows: [named('aaaa'), named('bbbb')],
          nextChangesCursor: 'from-bbbb',
          excludedChanges: [{ reason: 'first_deployment', changes: 1_203 }],
          dataQuality,
        }),
      ),
      getDeploymentChanges: jest.fn().mockImplementation(async () => {
        await new Promise<void>(resolve => {
          answered = resolve;
        });
        return {
          deployment: { id: 'd1', serviceRef: 'component:default/checkout' },
          // One of them has moved over meanwhile.
          items: [named('bbbb'), named('cccc')],
          nextCursor: undefined,
          totalItems: 1_203,
          definition: { version: 1 },
          sampleData: false,
        };
      }),
    });
    const changes = await section('Changes');
    expect(changes).toHaveTextContent('The first 2 of 1,203 changes');
    expect(await section('What is left out of the numbers')).toHaveTextContent(
      /1,203 changes: Brought by the first deployment/,
    );
    const more = within(changes).getByRole('button', { name: 'Show 200 more' });
    await userEvent.click(more);
    // The place of a reader with a keyboard is kept while it is read, and goes on where there is no button any more.
    expect(more).toHaveFocus();
    answered();
    await waitFor(() =>
      expect(changes).toHaveTextContent('The first 3 of 1,203 changes'),
    );
    expect(document.activeElement).toHaveTextContent(/^cccc/);
    expect(api.getDeploymentChanges).toHaveBeenCalledWith('d1', {
      cursor: 'from-bbbb',
      limit: 200,
    });
    expect(
      within(changes).queryByRole('button', { name: /more$/ }),
    ).not.toBeInTheDocument();

    const menu = async (name: string) => {
      await userEvent.click(
        within(changes).getByRole('button', {
          name: 'Download: Changes of abcdef0123',
        }),
      );
      await userEvent.click(await screen.findByRole('menuitem', { name }));
    };
    await menu('Numbers (CSV)');
    await waitFor(() =>
      expect(downloadText).toHaveBeenLastCalledWith(
        expect.stringMatching(/^changes-of-abcdef0123-.*\.csv$/),
        'text/csv',
        'commit\r\n',
      ),
    );
    expect(api.getDeploymentChangesCsv).toHaveBeenCalledWith('d1');
    await menu('Picture (SVG)');
    const [, mime, svg] = jest.mocked(downloadText).mock.lastCall!;
    expect(mime).toBe('image/svg+xml');
    expect(svg).toMatch(/>checkout<.*>The first 3 of 1,203 changes</s);
    expect(svg).toMatch(/>Approval to merge<.*>aaaa Round prices</s);
    expect(svg).toContain('>Events of checkout are still being counted<');
  });

  it('shows how a rollout went over its regions, also as a file', async () => {
    const attempt = (environment: string, hour: string) => ({
      id: `d-${environment}`,
      environment,
      status: 'succeeded' as const,
      finishedAt: `2026-01-20T${hour}:00.000Z`,
    });
    showInApp(detail, {
      getDeployment: jest.fn().mockResolvedValue(
        detailResponse({
          environments: ['eu', 'us'],
          attempts: [attempt('eu', '12:00'), attempt('us', '12:30')],
          finishedEverywhereAt: '2026-01-20T12:30:00.000Z',
          attributions: [{ ...ofUs, blamed: 'd-us' }],
          dataQuality,
        }),
      ),
    });
    const rollout = await section('Rollout');
    expect(rollout).toHaveTextContent('all of them after 30 min');
    await userEvent.click(
      within(rollout).getByRole('button', { name: 'Download CSV: rollout' }),
    );
    expect(downloadText).toHaveBeenCalledWith(
      'rollout-abcdef0123.csv',
      'text/csv',
      [
        'environment,finished_at,after_first_seconds,outcome,failures,data_quality',
        'eu,2026-01-20T12:00:00.000Z,0,succeeded,,facts_pending',
        'us,2026-01-20T12:30:00.000Z,1800,succeeded,Incident: Checkout is slow,facts_pending',
        '',
      ].join('\r\n'),
    );
    // The rollout failed, and the table says where it did.
    expect(rollout).toHaveTextContent('failed as a whole');
    expect(within(rollout).getByRole('row', { name: /^us/ })).toHaveTextContent(
      /Failed in use.*Checkout is slow/,
    );
    expect(within(rollout).getByRole('row', { name: /^eu/ })).toHaveTextContent(
      /Deployed$/,
    );
  });

  it('shows every region and what failed there on a telephone, where a table would be cut off', async () => {
    jest.mocked(useIsNarrow).mockReturnValue(true);
    const attempts = ['eu', 'us'].map(environment => ({
      id: `d-${environment}`,
      environment,
      status: 'succeeded' as const,
      finishedAt: '2026-01-20T12:00:00.000Z',
    }));
    showInApp(detail, {
      getDeployment: jest.fn().mockResolvedValue(
        detailResponse({
          environments: ['eu', 'us'],
          attempts,
          attributions: [{ ...ofUs, blamed: 'd-us' }],
        }),
      ),
    });
    const rollout = await section('Rollout');
    expect(within(rollout).queryByRole('table')).not.toBeInTheDocument();
    const [eu, us] = within(rollout).getAllByRole('listitem');
    expect(eu).toHaveTextContent(/^eu.*Deployed$/);
    expect(us).toHaveTextContent(/^us.*Failed in use.*Checkout is slow$/);
  });

  it.each<[string, boolean, Partial<DeploymentAttribution>]>([
    [
      'that a person put down to it',
      false,
      { author: { kind: 'person', name: 'user:default/ines.duarte' } },
    ],
    [
      'of an incident that names no environment',
      false,
      { incident: live.incident },
    ],
    [
      'of an incident that names the tier',
      false,
      { incident: { ...live.incident!, environment: 'production' } },
    ],
    [
      'of an incident that is not known any more',
      false,
      { incident: undefined },
    ],
    [
      'that was rolled back there',
      true,
      { cause: { kind: 'rollback', id: 'd-back' }, incident: undefined },
    ],
    [
      'that was fixed there',
      true,
      { cause: { kind: 'fix', id: 'd-fix' }, incident: undefined },
    ],
  ])('says where in a rollout a failure was %s: %s', async (_, told, more) => {
    const attempts = ['eu', 'us'].map(environment => ({
      id: `d-${environment}`,
      environment,
      status: 'succeeded' as const,
      finishedAt: '2026-01-20T12:00:00.000Z',
    }));
    showInApp(detail, {
      getDeployment: jest.fn().mockResolvedValue(
        detailResponse({
          environments: ['eu', 'us'],
          attempts,
          attributions: [{ ...ofUs, blamed: 'd-us', ...more }],
        }),
      ),
    });
    const rollout = await section('Rollout');
    expect(rollout).toHaveTextContent('failed as a whole');
    expect(
      within(rollout)
        .getAllByRole('row')
        .filter(row => /Failed in use/.test(row.textContent!))
        .map(row => within(row).getByRole('rowheader').textContent),
    ).toEqual(told ? ['us'] : []);
    await userEvent.click(
      within(rollout).getByRole('button', { name: 'Download CSV: rollout' }),
    );
    const [, , csv] = jest.mocked(downloadText).mock.lastCall!;
    expect(csv).toMatch(told ? /^us,.*,succeeded,A /m : /^us,.*,succeeded,,/m);
  });

  it('shows every attribution with how it is known, and what overruled it', async () => {
    showInApp(detail, {
      getDeployment: jest.fn().mockResolvedValue(
        detailResponse({
          outcome: 'ok',
          attributions: [
            { ...live, state: 'superseded' },
            {
              ...live,
              id: 'm9',
              method: 'explicit',
              confidence: 1,
              evidence: 'The database was down.',
              author: {
                kind: 'person',
                name: 'user:default/marcus.weber',
                displayName: 'Marcus Weber',
              },
              blames: 'none',
              deploymentId: undefined,
              state: 'live',
            },
            {
              ...live,
              id: 'm8',
              method: 'explicit',
              state: 'withdrawn',
              withdrawn: {
                by: 'user:default/ines.duarte',
                byDisplayName: 'Inês Duarte',
                at: '2026-01-21T08:00:00.000Z',
                reason: 'Wrong service',
              },
            },
          ],
        }),
      ),
    });
    const failures = await section('Failures');
    expect(failures).toHaveTextContent('No deployment is to blame');
    expect(failures).toHaveTextContent(
      /Named explicitly.*Blames no deployment. High confidence. The database was down.*Said by Marcus Weber/,
    );
    expect(failures).toHaveTextContent(
      /Overruled: “Named explicitly” is stronger than “Was running when the incident opened”/,
    );
    expect(failures).toHaveTextContent(
      /Taken back by Inês Duarte.*Wrong service/,
    );
    await userEvent.click(
      within(failures).getByRole('button', { name: 'Download CSV: failures' }),
    );
    const [file, , csv] = jest.mocked(downloadText).mock.lastCall!;
    expect(file).toBe('failures-abcdef0123.csv');
    const [head, ...rows] = csv.trim().split('\r\n');
    expect(head).toContain('state,blames,deployment,method,confidence');
    expect(head).toMatch(
      /^service,of_deployment,.*,definition_version,data_quality$/,
    );
    expect(rows[0]).toMatch(/^component:default\/checkout,d1,/);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(
      /,live,none,,explicit,1,The database was down\.,person,user:default\/marcus\.weber,/,
    );
    expect(csv).toMatch(
      /,withdrawn,this,d1,explicit,.*,2026-01-21T08:00:00\.000Z,user:default\/ines\.duarte,Wrong service,/,
    );
  });

  it('offers corrections to those who may, and names them to the others', async () => {
    showInApp(detail);
    const failures = await section('Failures');
    // To take along, and nothing to correct.
    expect(
      within(failures)
        .getAllByRole('button')
        .map(button => button.getAttribute('aria-label')),
    ).toEqual(['Download CSV: failures']);
    await waitFor(() =>
      expect(failures).toHaveTextContent(
        /owners of the service \(payments\) and by administrators/,
      ),
    );
  });

  it('puts an incident down to the deployment after saying what will happen, and takes it back', async () => {
    const api = showInApp(detail, {
      getDeployment: jest
        .fn()
        .mockResolvedValue(
          detailResponse({ outcome: 'ok', attributions: [], permissions }),
        ),
      getIncidents: jest.fn().mockResolvedValue({
        items: [
          incidentItem({
            id: 'INC-7',
            title: 'Cards are declined',
            attribution: {
              attributionId: 'a7',
              method: 'time_proximity',
              confidence: 0.5,
              evidence: 'Soon after.',
              author: { kind: 'event', name: 'pagerduty' },
              deploymentId: 'd0',
              deploymentFinishedAt: '2026-01-19T12:00:00.000Z',
              noneToBlame: false,
            },
          }),
        ],
      }),
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Put a failure down to it' }),
    );
    const dialog = await screen.findByRole('dialog');
    const confirm = within(dialog).getByRole('button', {
      name: 'Put it down to this deployment',
    });
    expect(confirm).toBeDisabled();
    await userEvent.click(
      await within(dialog).findByRole('button', { name: /Incident/ }),
    );
    await userEvent.click(
      await screen.findByRole('option', { name: /Cards are declined/ }),
    );
    expect(dialog).toHaveTextContent('This deployment will count as failed.');
    expect(dialog).toHaveTextContent(
      /Until now it was put down to the deployment of .*2026.* \(was running when the incident opened\)/,
    );
    expect(confirm).toBeDisabled();
    await userEvent.type(
      within(dialog).getByRole('textbox', { name: /Reason/ }),
      'The new limit declines cards.',
    );
    await userEvent.click(confirm);
    expect(api.attribute).toHaveBeenCalledWith('d1', {
      cause: { kind: 'incident', id: 'INC-7' },
      reason: 'The new limit declines cards.',
    });
    const message = await screen.findByText(
      'The failure is put down to this deployment.',
    );
    expect(message).toBeInTheDocument();
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Undo' }));
    expect(api.withdraw).toHaveBeenCalledWith('d1', 'm1', expect.any(String));
    expect(await screen.findByText(/^Undone\./)).toBeInTheDocument();
  });

  it('takes back what events tell, saying that it stays so, and puts it back in the name of the reader', async () => {
    const api = showInApp(detail, {
      getDeployment: jest
        .fn()
        .mockResolvedValue(
          detailResponse({ attributions: [live], permissions }),
        ),
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Take back' }),
    );
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('will not come back by itself');
    expect(dialog).toHaveTextContent(
      'This deployment will no longer count as failed.',
    );
    await userEvent.type(
      within(dialog).getByRole('textbox', { name: /Reason/ }),
      'A drill',
    );
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Take it back' }),
    );
    expect(api.withdraw).toHaveBeenCalledWith('d1', 'a1', 'A drill');
    await userEvent.click(await screen.findByRole('button', { name: 'Undo' }));
    expect(api.attribute).toHaveBeenCalledWith('d1', {
      cause: { kind: 'incident', id: 'INC-1' },
      reason: derived.evidence,
    });
  });

  it('moves an incident to another deployment, or to none', async () => {
    const api = showInApp(detail, {
      getDeployment: jest
        .fn()
        .mockResolvedValue(
          detailResponse({ attributions: [live], permissions }),
        ),
      getDeployments: jest.fn().mockResolvedValue({
        items: [
          listItem(),
          listItem({
            id: 'd0',
            finishedAt: '2026-01-19T12:00:00.000Z',
            changes: 0,
            historyGap: 'unknown_history',
          }),
        ],
      }),
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Something else caused it' }),
    );
    const dialog = await screen.findByRole('dialog');
    await userEvent.click(
      await within(dialog).findByRole('button', { name: /Deployment/ }),
    );
    // The one that is shown is no choice.
    const [option, ...others] = await screen.findAllByRole('option');
    expect(others).toEqual([]);
    expect(option).toHaveTextContent(/, changes not known$/);
    await userEvent.click(option);
    await userEvent.type(
      within(dialog).getByRole('textbox', { name: /Reason/ }),
      'It began before.',
    );
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Put it down to it' }),
    );
    expect(api.attribute).toHaveBeenCalledWith('d0', {
      cause: { kind: 'incident', id: 'INC-1' },
      reason: 'It began before.',
    });
  });

  it('stays open and says why when a correction is refused', async () => {
    showInApp(detail, {
      getDeployment: jest
        .fn()
        .mockResolvedValue(
          detailResponse({ attributions: [live], permissions }),
        ),
      withdraw: jest.fn().mockRejectedValue(
        await ResponseError.fromResponse(
          new Response(
            JSON.stringify({
              error: {
                name: 'NotAllowedError',
                message:
                  'Only owners of the service and administrators correct its failures',
              },
              response: { statusCode: 403 },
            }),
            { status: 403, headers: { 'content-type': 'application/json' } },
          ),
        ),
      ),
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Take back' }),
    );
    const dialog = await screen.findByRole('dialog');
    await userEvent.type(
      within(dialog).getByRole('textbox', { name: /Reason/ }),
      'A drill',
    );
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Take it back' }),
    );
    expect(await within(dialog).findByRole('alert')).toHaveTextContent(
      /Nothing was changed.*Only owners of the service/,
    );
  });
});
