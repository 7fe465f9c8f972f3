import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CloudEvent } from './cloudEvents';
import { slugOf } from './gitRepository';
import { globMatcher } from './glob';
import { parseEntity, run } from './program';

const folder = mkdtempSync(join(tmpdir(), 'dora-cli-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const token = join(folder, 'token');
writeFileSync(token, 'secret\n');

const accepting = (events: CloudEvent[]) =>
  Response.json(
    { results: events.map(({ id }) => ({ id, status: 'accepted' })) },
    { status: 202 },
  );

/** Runs the command against a portal that answers as told, and remembers what it was sent. */
async function dora(
  args: string[],
  answer: (events: CloudEvent[], call: number) => Response = accepting,
) {
  const out: string[] = [];
  const err: string[] = [];
  const sent: CloudEvent[][] = [];
  const requests: { url: string; headers: Headers }[] = [];
  const code = await run(args, {
    out: text => out.push(text),
    err: text => err.push(text),
    wait: async () => {},
    fetch: async (url, init) => {
      if (!init?.body) {
        return new Response('{}', {
          status: /component%3Adefault%2Freal&/.test(String(url)) ? 200 : 404,
        });
      }
      const events = JSON.parse(String(init!.body));
      sent.push(events);
      requests.push({ url: String(url), headers: new Headers(init!.headers) });
      return answer(events, sent.length);
    },
  });
  return {
    code,
    out,
    err: err.join('\n'),
    sent,
    requests,
    events: sent.flat(),
  };
}

describe('backfill', () => {
  const repository = join(folder, 'shop');
  let hours = 0;
  const git = (...given: string[]) => {
    const args = ['-c', 'advice.nestedTag=false', ...given];
    const at = new Date(Date.UTC(2026, 0, 1, hours)).toISOString();
    return execFileSync('git', ['-C', repository, ...args], {
      encoding: 'utf8',
      env: {
        ...process.env,
        GIT_AUTHOR_NAME: 'Ines',
        GIT_AUTHOR_EMAIL: 'ines@example.org',
        GIT_COMMITTER_NAME: 'Ines',
        GIT_COMMITTER_EMAIL: 'ines@example.org',
        GIT_AUTHOR_DATE: at,
        GIT_COMMITTER_DATE: at,
        GIT_CONFIG_GLOBAL: '/dev/null',
      },
    }).trim();
  };
  const save = (file: string, message: string) => {
    hours++;
    writeFileSync(join(repository, file), `${hours}`);
    git('add', '-A');
    git('commit', '-q', '-m', message);
    return git('rev-parse', 'HEAD');
  };
  const commits: Record<string, string> = {};

  beforeAll(() => {
    execFileSync('git', ['init', '-q', '-b', 'main', repository]);
    commits.first = save('a "quoted" näme.txt', 'First\n\nbody');
    git('tag', 'v1.0.0');
    commits.second = save('b.txt', 'Second');
    hours = 10;
    git('tag', '-a', 'v1.1.0', '-m', 'annotated later');
    git('tag', '-a', 'v1.1.0-again', 'v1.1.0', '-m', 'a tag of a tag');
    git('checkout', '-q', '-b', 'side', commits.first);
    commits.side = save('c.txt', 'On the side');
    git('tag', 'v1.0.1');
    commits.unreached = save('d.txt', 'Reached by nothing');
    git('checkout', '-q', 'main');
    commits.revert = save(
      'b.txt',
      `Revert\n\nThis reverts commit ${commits.second}.`,
    );
    git('tag', 'nightly');
    const blob = git('hash-object', '-w', 'b.txt');
    git('tag', 'v-blob', blob);
  });

  const backfill = (...more: string[]) => [
    'backfill',
    '--repository',
    repository,
    '--entity',
    'shop',
    '--release-tags',
    'v*',
    '--token-file',
    token,
    ...more,
  ];

  it('sends reachable commits and every matching tag at its creation time', async () => {
    const { code, events, requests, err, out } = await dora(
      backfill('--paths'),
    );
    expect(code).toBe(0);
    expect(requests[0].url).toBe('http://localhost:7007/api/dora/events');
    expect(requests[0].headers.get('authorization')).toBe('Bearer secret');
    expect(requests[0].headers.get('content-type')).toBe(
      'application/cloudevents-batch+json',
    );
    const [history, ...releases] = events;
    expect(history).toMatchObject({
      specversion: '1.0',
      type: 'dev.pavedroad.git.commits.0.1.0',
      data: { repository: 'shop', defaultBranch: 'main' },
    });
    const { commits: sent } = history.data as {
      commits: { id: string; parents: string[] }[];
    };
    expect(sent.map(c => c.id).sort()).toEqual(
      [commits.first, commits.second, commits.side, commits.revert].sort(),
    );
    expect(sent[0]).toEqual({
      id: commits.first,
      parents: [],
      authoredAt: '2026-01-01T01:00:00.000Z',
      committedAt: '2026-01-01T01:00:00.000Z',
      authorName: 'Ines',
      subject: 'First',
      paths: ['a "quoted" näme.txt'],
    });
    expect(sent.find(c => c.id === commits.revert)).toMatchObject({
      parents: [commits.second],
      reverts: [commits.second],
      paths: ['b.txt'],
    });
    expect(releases.map(e => e.data)).toEqual(
      [
        ['v1.0.0', commits.first, '2026-01-01T01:00:00Z'],
        ['v1.1.0', commits.second, '2026-01-01T10:00:00Z'],
        ['v1.1.0-again', commits.second, '2026-01-01T10:00:00Z'],
        ['v1.0.1', commits.side, '2026-01-01T11:00:00Z'],
      ].map(([tag, revision, releasedAt]) => ({
        entityRef: 'component:default/shop',
        repository: 'shop',
        tag,
        revision,
        releasedAt: releasedAt.replace('Z', '.000Z'),
      })),
    );
    expect(err).toContain('name no commit: v-blob');
    expect(out).toEqual([
      '5 events accepted, 0 known before, 0 ignored, 0 rejected.',
    ]);
  });

  it('gives every event the same id each time, so that it can be run again', async () => {
    const ids = async (...more: string[]) =>
      (await dora(backfill(...more))).events.map(e => e.id);
    const first = await ids();
    expect(new Set(first).size).toBe(first.length);
    expect(await ids()).toEqual(first);
    const clone = await dora([
      ...backfill(),
      '--repository',
      `file://${repository}`,
      '--slug',
      'shop',
    ]);
    expect(clone.events.map(e => e.id)).toEqual(first);
  });

  it('marks sample data', async () => {
    const { events } = await dora(backfill('--sample'));
    expect(events.every(e => e.sampledata === 'true')).toBe(true);
  });

  it('says what it would do, and does nothing', async () => {
    const { sent, out } = await dora(
      backfill('--dry-run', '--token-file', '/nonexistent'),
    );
    expect(sent).toEqual([]);
    expect(out).toEqual([
      'Would send 4 commits of shop and 4 releases from 2026-01-01 to 2026-01-01 of component:default/shop, as 5 events, to http://localhost:7007. Nothing was sent.',
    ]);
  });

  it.each<[string, string[], RegExp]>([
    ['no folder', ['--repository', join(folder, 'none')], /There is no folder/],
    ['no repository', ['--repository', folder], /is not a git repository/],
    [
      'a dead address',
      ['--repository', `file://user:hunter2@${folder}/none.git`],
      /^(?![^]*hunter2)[^]*Cannot clone/,
    ],
    ['no token', ['--token-file', join(folder, 'no')], /There is no token in/],
    ['no entity ref', ['--entity', 'a b'], /'a b' is not an entity ref/],
    ['no address', ['--portal', 'localhost'], /'localhost' is not an address/],
    ['an unknown option', ['--nope'], /unknown option '--nope'/],
  ])('says in a sentence what is wrong: %s', async (_, more, message) => {
    const { code, err, sent } = await dora(backfill(...more));
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(sent).toEqual([]);
  });
});

describe('backfill from versions in a file', () => {
  const repository = join(folder, 'versioned');
  let hours = 0;
  const git = (...args: string[]) => {
    const at = new Date(Date.UTC(2026, 0, 1, hours)).toISOString();
    return execFileSync('git', ['-C', repository, ...args], {
      encoding: 'utf8',
      env: {
        ...process.env,
        GIT_AUTHOR_NAME: 'Ines',
        GIT_AUTHOR_EMAIL: 'ines@example.org',
        GIT_COMMITTER_NAME: 'Ines',
        GIT_COMMITTER_EMAIL: 'ines@example.org',
        // Long before: the time of a release is that of the committer.
        GIT_AUTHOR_DATE: '2025-01-01T00:00:00Z',
        GIT_COMMITTER_DATE: at,
        GIT_CONFIG_GLOBAL: '/dev/null',
      },
    }).trim();
  };
  const save = (files: Record<string, string>) => {
    hours++;
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(repository, file)), { recursive: true });
      writeFileSync(join(repository, file), content);
    }
    git('add', '-A');
    git('commit', '-q', '-m', `At ${hours}`);
    return git('rev-parse', 'HEAD');
  };
  const json = (version?: string, more?: string) =>
    JSON.stringify({ name: 'shop', version, more });
  const commits: Record<string, string> = {};

  beforeAll(() => {
    execFileSync('git', ['init', '-q', '-b', 'main', repository]);
    git('config', 'uploadpack.allowFilter', 'true');
    save({ 'readme.md': 'No version yet' }); // 1
    save({ 'package.json': json() }); // 2
    commits.first = save({ 'package.json': json('1.0.0') }); // 3
    save({ 'package.json': json('1.0.0', 'a dependency') }); // 4
    git('checkout', '-q', '-b', 'side');
    save({ 'package.json': json('1.1.0-rc.1') }); // 5
    save({ 'package.json': json('1.1.0') }); // 6
    git('checkout', '-q', 'main');
    save({ 'readme.md': 'Meanwhile' }); // 7
    hours++; // 8
    git('merge', '-q', '--no-ff', '-m', 'Merge', 'side');
    commits.merge = git('rev-parse', 'HEAD');
    commits.broken = save({ 'package.json': '<<<<<<< HEAD' }); // 9
    save({ 'package.json': json('1.1.0', 'repaired') }); // 10
    commits.revert = save({ 'package.json': json('1.0.0') }); // 11
    hours++; // 12
    git('rm', '-q', 'package.json');
    git('commit', '-q', '-m', 'Away');
    save({ 'package.json': json('1.0.0', 'back') }); // 13
    commits.last = save({
      'package.json': json('v2.0.0'),
      'nested/package.json': json('9.9.9'),
      'deep/a "quoted" näme/VERSION': '7.0\r\n',
    }); // 14
  });

  const versions = (file: string, ...more: string[]) => [
    ...['backfill', '--repository', repository, '--entity', 'shop'],
    ...['--release-versions', file, '--token-file', token],
    ...more,
  ];
  const releases = (events: CloudEvent[]) =>
    events.filter(e => e.type === 'dev.pavedroad.git.release.0.1.0');

  it('sends each change of the version on the default branch, at the committer time', async () => {
    const { code, events, err } = await dora(versions('package.json'));
    expect(code).toBe(0);
    expect(releases(events).map(e => e.data)).toEqual(
      [
        ['v1.0.0', commits.first, '03'],
        ['v1.1.0', commits.merge, '08'],
        [`v1.0.0+${commits.revert.slice(0, 12)}`, commits.revert, '11'],
        ['v2.0.0', commits.last, '14'],
      ].map(([tag, revision, hour]) => ({
        entityRef: 'component:default/shop',
        repository: 'versioned',
        tag,
        revision,
        releasedAt: `2026-01-01T${hour}:00:00.000Z`,
      })),
    );
    expect(err.match(/Passed over.*/g)).toEqual([
      `Passed over: package.json at ${commits.broken.slice(
        0,
        12,
      )} is not valid JSON.`,
    ]);
    expect(
      (events[0].data as { commits: { id: string }[] }).commits,
    ).toHaveLength(14);
  });

  it('reads a file that holds nothing else, whatever its name', async () => {
    const { events } = await dora(versions('deep/a "quoted" näme/VERSION'));
    expect(releases(events).map(e => e.data)).toMatchObject([
      { tag: 'v7.0', revision: commits.last },
    ]);
  });

  it('finds the file from the top folder, wherever it is started', async () => {
    const { events } = await dora([
      ...versions('package.json'),
      ...['--repository', join(repository, 'nested')],
    ]);
    expect(releases(events)).toHaveLength(4);
  });

  it('gives the same ids each time, and from a clone that came without contents', async () => {
    const first = (await dora(versions('package.json'))).events.map(e => e.id);
    expect(new Set(first).size).toBe(first.length);
    const again = await dora(versions('package.json'));
    expect(again.events.map(e => e.id)).toEqual(first);
    const clone = await dora([
      ...versions('package.json', '--slug', 'versioned'),
      ...['--repository', `file://${repository}`],
    ]);
    expect(clone.events.map(e => e.id)).toEqual(first);
  });

  it('takes the oldest commit of a shallow clone for no release', async () => {
    const shallow = join(folder, 'shallow');
    execFileSync('git', [
      ...['clone', '-q', '--depth', '2', `file://${repository}`, shallow],
    ]);
    const { events, err } = await dora([
      ...versions('package.json'),
      ...['--repository', shallow],
    ]);
    expect(err).toContain('The clone is shallow');
    expect(releases(events).map(e => e.data)).toMatchObject([
      { tag: 'v2.0.0', revision: commits.last },
    ]);
  });

  it('says what it would do, and does nothing', async () => {
    const { sent, out } = await dora(versions('package.json', '--dry-run'));
    expect(sent).toEqual([]);
    expect(out).toEqual([
      'Would send 14 commits of versioned and 4 releases from 2026-01-01 to 2026-01-01 of component:default/shop, as 5 events, to http://localhost:7007. Nothing was sent.',
    ]);
  });

  it.each([['none.json'], ['nested'], ['*.json'], [':(exclude)readme.md']])(
    'says that %s tells no version',
    async file => {
      const { code, err, events } = await dora(versions(file));
      expect(code).toBe(0);
      expect(err).toContain(
        `No commit of the default branch brings a version in '${file}'`,
      );
      expect(releases(events)).toEqual([]);
    },
  );

  it.each<[string, string[], RegExp]>([
    [
      'both options',
      versions('package.json', '--release-tags', 'v*'),
      /either tags or versions in a file.*not both/,
    ],
    [
      'neither option',
      ['backfill', '--repository', repository, '--entity', 'shop'],
      /Say what is a release/,
    ],
    [
      'a path out of the repository',
      versions('../package.json'),
      /'..\/package.json' is not a file of the repository/,
    ],
    [
      'an option for git',
      versions('--output=x'),
      /'--output=x' is not a file of the repository/,
    ],
  ])('refuses %s', async (_, args, message) => {
    const { code, err, sent } = await dora(args);
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(sent).toEqual([]);
  });
});

describe('import', () => {
  const history = join(folder, 'real.ndjson');
  const sha = (c: string) => c.repeat(40);
  writeFileSync(
    history,
    [
      {
        type: 'commit',
        sha: sha('a'),
        parents: '',
        authoredAt: '2026-01-01T00:00:00Z',
        committedAt: '2026-01-01T00:00:00Z',
      },
      {
        type: 'release',
        name: '1',
        sha: sha('a'),
        releasedAt: '2026-01-02T00:00:00+02:00',
      },
    ]
      .map(row => JSON.stringify(row))
      .join('\n'),
  );
  const cloudEvents = join(folder, 'events.ndjson');
  const event = (n: number) => ({
    specversion: '1.0',
    id: `e${n}`,
    source: '/test',
    type: 'dev.cdevents.service.deployed.0.3.0',
    data: { padding: 'x'.repeat(3000) },
  });
  writeFileSync(
    cloudEvents,
    Array.from({ length: 700 }, (_, n) => JSON.stringify(event(n))).join(
      '\n\n',
    ),
  );
  const common = ['--token-file', token];

  it('sends a git history of the component', async () => {
    const { events, err } = await dora([
      'import',
      history,
      '--entity',
      'component:default/real',
      ...common,
    ]);
    expect(err).not.toMatch(/catalog/);
    expect(events.map(e => e.data)).toMatchObject([
      { repository: 'real', commits: [{ id: sha('a'), parents: [] }] },
      { entityRef: 'component:default/real', repository: 'real', tag: '1' },
    ]);
    expect(events[1].time).toBe('2026-01-01T22:00:00.000Z');
  });

  it('says when the catalog has no such component', async () => {
    const { err, code, events } = await dora([
      'import',
      history,
      '--entity',
      'component:default/rael',
      ...common,
    ]);
    expect(code).toBe(0);
    expect(events).toHaveLength(2);
    expect(err).toMatch(/catalog has no component:default\/rael/);
  });

  it('refuses a history of what is no component', async () => {
    const { err, code, sent } = await dora([
      'import',
      history,
      '--entity',
      'user:default/ines',
      ...common,
    ]);
    expect(code).toBe(1);
    expect(sent).toHaveLength(0);
    expect(err).toMatch(/is not a component/);
  });

  it('needs the component for a git history', async () => {
    const { err, code } = await dora(['import', history, ...common]);
    expect(code).toBe(1);
    expect(err).toMatch(/name it with --entity/);
  });

  it('sends CloudEvents as they are, in batches of bounded size', async () => {
    const { sent, events } = await dora(['import', cloudEvents, ...common]);
    expect(events).toEqual(Array.from({ length: 700 }, (_, n) => event(n)));
    expect(sent.length).toBeGreaterThan(2);
    sent.forEach(batch => {
      expect(batch.length).toBeLessThanOrEqual(500);
      expect(JSON.stringify(batch).length).toBeLessThan(1_100_000);
    });
  });

  it('names the types in a dry run', async () => {
    const { out } = await dora(['import', cloudEvents, '--dry-run']);
    expect(out[0]).toContain('700 of dev.cdevents.service.deployed.0.3.0');
  });

  it('tries again while the portal is busy, and reports rejections', async () => {
    const { code, out, err, sent } = await dora(
      ['import', history, '--entity', 'real', ...common],
      (events, call) =>
        call < 3
          ? new Response('busy', { status: 503 })
          : Response.json({
              results: [
                { id: events[0].id, status: 'duplicate' },
                {
                  id: events[1].id,
                  status: 'rejected',
                  reason: 'too far in the past',
                },
              ],
            }),
    );
    expect(sent).toHaveLength(3);
    expect(code).toBe(1);
    expect(err).toContain('too far in the past');
    expect(out).toEqual([
      '0 events accepted, 1 known before, 0 ignored, 1 rejected.',
    ]);
  });

  it.each([
    [401, /does not know this token/],
    [403, /needs access to the plugin 'dora'/],
    [404, /check --portal/],
    [413, /status 413: too much/],
  ])('explains status %i', async (status, message) => {
    const { code, err } = await dora(
      ['import', history, '--entity', 'real', ...common],
      () => Response.json({ error: { message: 'too much' } }, { status }),
    );
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });

  it.each([
    ['{"type":"commit"', /Line 1 is not a JSON object/],
    ['[1]', /Line 1 is not a JSON object/],
    ['{"type":"other"}', /Line 1 is neither/],
    ['{"type":"commit","sha":"abc"}', /'sha' is not a full commit id/],
    ['{"specversion":"1.0","id":"x"}', /has no 'source'/],
  ])('refuses %s', async (line, message) => {
    const file = join(folder, 'bad.ndjson');
    writeFileSync(file, line);
    const { code, err } = await dora([
      'import',
      file,
      '--entity',
      'real',
      ...common,
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });
});

describe('names', () => {
  it.each([
    ['https://user:x@github.com/Acme/Shop.git', 'acme/shop'],
    ['git@github.com:acme/shop.git', 'acme/shop'],
    ['http://localhost:7007/api/git/acme/shop.git', 'acme/shop'],
    ['ssh://git@host/deep/acme/shop/', 'acme/shop'],
  ])('the slug of %s is %s', (address, slug) => {
    expect(slugOf(address)).toBe(slug);
  });

  it.each([
    ['shop', 'component:default/shop'],
    ['Component:default/Shop', 'component:default/shop'],
    ['acme/shop', 'component:acme/shop'],
  ])('%s means %s', (text, ref) => {
    expect(parseEntity(text)).toBe(ref);
  });

  it.each([
    ['v*', 'v1.2', true],
    ['v*', 'release/v1', false],
    ['v[0-9]*', 'v1', true],
    ['v[!0-9]*', 'v1', false],
    ['v?.?', 'v1.2', true],
    ['release/*', 'release/1/2', true],
    ['(a+)+', 'aaaa', false],
  ])('%s matches %s: %s', (glob, name, expected) => {
    expect(globMatcher(glob)(name)).toBe(expected);
  });
});
