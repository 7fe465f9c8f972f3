import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TestDatabases } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import type {
  ScheduleCheck,
  ScheduleSource,
} from '@pavedroad/plugin-oncall-common';

import { entities, startOnCall } from './__testUtils__/startOnCall';

jest.setTimeout(120_000);

const source = (name: string, spec: string) => `# ${name} is ours
apiVersion: pavedroad.dev/v1alpha1
kind: OnCallSchedule
metadata:
  name: ${name}
spec:
  owner: group:default/pay
  timeZone: Europe/Lisbon
  levels:
${spec}`;
const weekly = (people: string) => `    - layers:
        - rotation:
            participants: [${people}]
            start: '2020-01-06T09:00'
            unit: week
            length: 1
`;
const PAY = source('pay', weekly('ines, tomas'));
const FILE = `${source('first', weekly('aiko'))}---\n${PAY}`;

async function readBody(request: IncomingMessage) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString() || '{}');
}

/** GitLab, with the one file of `acme/on-call`, on two branches at most. */
async function startGitlab() {
  const state = {
    file: FILE,
    proposed: undefined as undefined | { content: string; author: string },
    branch: undefined as string | undefined,
    merges: [] as { title: string; description: string }[],
  };
  let url = '';
  const answer = async (request: IncomingMessage) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const route = `${request.method} ${decodeURIComponent(
      pathname.replace('/api/v4/projects/acme%2Fon-call', ''),
    )}`;
    if (request.headers['private-token'] !== 'gitlab-token') {
      return [401, {}];
    }
    if (route === 'GET ') {
      return [200, { default_branch: 'main' }];
    }
    if (route === 'GET /repository/branches/main') {
      return [200, { commit: { id: 'c0' } }];
    }
    if (route === `GET /repository/branches/${state.branch}`) {
      return [200, { commit: { id: 'c1' } }];
    }
    if (route === 'GET /repository/files/pay/on-call.yaml') {
      const content = ['main', 'c0'].includes(searchParams.get('ref') ?? '')
        ? state.file
        : state.proposed?.content ?? '';
      return [
        200,
        {
          content: Buffer.from(content).toString('base64'),
          size: content.length,
        },
      ];
    }
    if (route === 'POST /repository/commits') {
      const body = await readBody(request);
      state.branch = body.branch;
      state.proposed = {
        content: Buffer.from(body.actions[0].content, 'base64').toString(),
        author: `${body.author_name} <${body.author_email}>`,
      };
      return [201, {}];
    }
    const merge = { iid: 5, web_url: `${url}/acme/on-call/-/merge_requests/5` };
    if (route === 'GET /merge_requests') {
      return [200, state.merges.length > 0 ? [merge] : []];
    }
    if (route === 'POST /merge_requests') {
      state.merges.push(await readBody(request));
      return [201, merge];
    }
    return [404, {}];
  };
  const server: Server = createServer((request, response) => {
    answer(request).then(([status, body]) => {
      response.writeHead(Number(status)).end(JSON.stringify(body));
    });
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  url = `http://${host}`;
  return {
    state,
    host,
    url,
    close: () => new Promise(resolve => server.close(resolve)),
  };
}

describe('schedules as code', () => {
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
  let gitlab: Awaited<ReturnType<typeof startGitlab>>;
  let portal: Awaited<ReturnType<typeof startOnCall>>;

  beforeAll(async () => {
    gitlab = await startGitlab();
    const location = `url:${gitlab.url}/acme/on-call/-/blob/main/pay/on-call.yaml`;
    const kept = (entity: Entity): Entity =>
      entity.kind === 'OnCallSchedule' && entity.metadata.name === 'pay'
        ? {
            ...entity,
            metadata: {
              ...entity.metadata,
              annotations: { 'backstage.io/managed-by-location': location },
            },
          }
        : entity;
    portal = await startOnCall({
      knex: await databases.init('POSTGRES_18'),
      entities: entities.map(kept),
      rootConfig: {
        integrations: {
          gitlab: [
            {
              host: gitlab.host,
              baseUrl: gitlab.url,
              apiBaseUrl: `${gitlab.url}/api/v4`,
              token: 'gitlab-token',
            },
          ],
        },
      },
    });
    // The catalog is read when somebody asks.
    await portal.get('/schedules').expect(200);
  });
  afterAll(async () => {
    await gitlab.close();
  });
  beforeEach(() => {
    Object.assign(gitlab.state, {
      file: FILE,
      proposed: undefined,
      branch: undefined,
      merges: [],
    });
    portal.audited.length = 0;
  });

  const check = async (yaml: string): Promise<ScheduleCheck> =>
    (
      await portal
        .send('post', '/schedules/check', 'aiko', { yaml })
        .expect(200)
    ).body;
  const read = async (): Promise<ScheduleSource> =>
    (await portal.get('/schedules/source?schedule=pay').expect(200)).body;
  const propose = (user: string, body: object) =>
    portal.send('post', '/schedules/proposals', user, body);

  it('points at the line of what is wrong', async () => {
    const { problems, preview } = await check(
      PAY.replace('length: 1', 'length: 0').replace('Lisbon', 'Lissabon'),
    );
    expect(preview).toBeUndefined();
    expect(
      problems.map(p => `${p.severity} ${p.line}:${p.column} ${p.path}`),
    ).toEqual([
      'error 8:13 spec.timeZone',
      'error 15:21 spec.levels[0].layers[0].rotation.length',
    ]);
  });

  it('refuses strangers, and warns of gaps, missing schedules and people on two levels, at their lines', async () => {
    const { problems } = await check(
      source(
        'new',
        `${weekly(
          'ines, nobody',
        )}            restrictions: [{ from: '09:00', to: '17:00' }]
    - layers:
        - people: [ines]
        - schedule: nothing
`,
      ),
    );
    expect(problems.map(p => [p.severity, p.line, p.message])).toEqual([
      [
        'warning',
        10,
        expect.stringMatching(/^Level 1 has nobody on call 5\d times/),
      ],
      ['error', 12, expect.stringContaining('user:default/nobody')],
      [
        'warning',
        17,
        expect.stringMatching(/^Inês is on call on levels 1 and 2/),
      ],
      [
        'warning',
        19,
        expect.stringContaining('oncallschedule:default/nothing'),
      ],
    ]);
  });

  it('only warns of somebody who left and whom the schedule names already', async () => {
    const ghost = '    - layers:\n        - people: [ghost]\n';
    const left = await check(source('pay', ghost));
    expect(left.problems).toContainEqual(
      expect.objectContaining({
        severity: 'warning',
        line: 11,
        message: expect.stringContaining('user:default/ghost'),
      }),
    );
    const { basedOn } = await read();
    const refused = await propose('ines', {
      yaml: PAY.replace('ines, tomas', 'ines, nobody'),
      basedOn,
    }).expect(400);
    expect(refused.body.error.message).toMatch(
      /line \d+: spec\.levels\[0\]\.layers\[0\]\.rotation\.participants\[1\] user:default\/nobody is not in the catalog/,
    );
  });

  it('refuses schedules that contain each other, with a line', async () => {
    const { problems } = await check(
      source('pay', '    - layers:\n        - schedule: shop\n'),
    );
    expect(problems).toEqual([
      expect.objectContaining({ severity: 'error', line: 9 }),
    ]);
  });

  it('shows the next eight weeks before and after', async () => {
    const { preview, scheduleRef } = await check(
      PAY.replace('ines, tomas', 'ines, tomas, aiko'),
    );
    expect(scheduleRef).toBe('oncallschedule:default/pay');
    const people = (shifts?: { person: { displayName: string } }[]) =>
      new Set(shifts?.map(s => s.person.displayName));
    expect(people(preview?.shifts)).toEqual(new Set(['Inês', 'Tomás', 'Aiko']));
    expect(people(preview?.before)).toEqual(
      new Set(['Inês', 'Tomás', 'ghost']),
    );
    const days =
      (Date.parse(preview!.to) - Date.parse(preview!.from)) / 86_400_000;
    expect(days).toBe(56);
  });

  it('opens a pull request that changes one document of the file, once', async () => {
    const { yaml, basedOn, proposable, url } = await read();
    expect({ yaml, proposable }).toEqual({ yaml: PAY, proposable: true });
    expect(url).toBe(`${gitlab.url}/acme/on-call/-/blob/main/pay/on-call.yaml`);
    const changed = yaml.replace('length: 1', 'length: 2');
    const body = { yaml: changed, basedOn, message: 'Two weeks each.' };
    const first = await propose('ines', body).expect(201);
    expect(first.body).toEqual({
      url: `${gitlab.url}/acme/on-call/-/merge_requests/5`,
      number: 5,
      branch: expect.stringMatching(/^on-call\/pay-[0-9a-f]{10}$/),
      scheduleRef: 'oncallschedule:default/pay',
      created: true,
    });
    expect(gitlab.state.proposed).toEqual({
      content: FILE.replace(PAY, changed),
      author: 'Inês <ines@example.com>',
    });
    expect(gitlab.state.merges[0]).toMatchObject({
      title: 'Change the on-call schedule pay',
      description: expect.stringMatching(
        /^Two weeks each\.\n\nProposed by user:default\/ines/,
      ),
    });
    await propose('ines', body).expect(200);
    expect(gitlab.state.merges).toHaveLength(1);
    expect(portal.audited).toEqual([
      'schedule-propose succeeded',
      'schedule-propose succeeded',
    ]);
  });

  it('adds a new schedule to the file that holds others of the group', async () => {
    const { body } = await portal
      .get('/schedules/targets?owner=pay&name=night')
      .expect(200);
    expect(body.targets).toEqual([
      {
        url: `${gitlab.url}/acme/on-call/-/blob/main/pay/on-call.yaml`,
        label: 'acme/on-call: pay/on-call.yaml',
        append: true,
      },
    ]);
    const yaml = source('night', weekly('aiko'));
    await propose('ines', { yaml, targetUrl: body.targets[0].url }).expect(201);
    expect(gitlab.state.proposed?.content).toBe(`${FILE}---\n${yaml}`);
  });

  it('refuses, and puts on record, what may not be', async () => {
    const { yaml, basedOn } = await read();
    const changed = yaml.replace('length: 1', 'length: 2');
    // Aiko is not in the group.
    await propose('aiko', { yaml: changed, basedOn }).expect(403);
    await portal.get('/schedules/source?schedule=pay', 'aiko').expect(403);
    await portal.get('/schedules/targets?owner=pay&name=x', 'aiko').expect(403);
    // Nor may the group take a schedule of others by naming itself the owner.
    const stolen = source('empty', weekly('ines'));
    await propose('ines', { yaml: stolen, basedOn }).expect(403);
    // Not valid, already so, or based on what is not there any more.
    const { body } = await propose('ines', {
      yaml: yaml.replace('length: 1', 'length: 0'),
      basedOn,
    }).expect(400);
    expect(body.error.message).toMatch(/line 15: .*length must be/);
    await propose('ines', { yaml, basedOn }).expect(409);
    gitlab.state.file = FILE.replace('aiko', 'tomas');
    await propose('ines', { yaml: changed, basedOn }).expect(409);
    await propose('ines', {
      yaml: source('night', weekly('aiko')),
      targetUrl: `${gitlab.url}/acme/other/-/blob/main/x.yaml`,
    }).expect(400);
    await propose('ines', { yaml: 'x'.repeat(95_000) }).expect(400);
    expect(gitlab.state.proposed).toBeUndefined();
    expect(new Set(portal.audited)).toEqual(
      new Set(['schedule-propose failed']),
    );
  });

  it('says why it cannot propose a schedule that is kept elsewhere', async () => {
    const { body } = await portal
      .get('/schedules/source?schedule=shop', 'admin')
      .expect(200);
    expect(body).toMatchObject({
      proposable: false,
      reason: expect.stringContaining('no file of a repository'),
    });
    await portal.get('/schedules/source?schedule=none', 'admin').expect(404);
  });
});
