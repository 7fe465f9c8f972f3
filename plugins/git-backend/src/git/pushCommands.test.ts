import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  assertPushedRefs,
  parsePushCommands,
  pushCommandProblem,
  refusalReport,
} from './pushCommands';

const A = 'a'.repeat(40);
const ZERO = '0'.repeat(40);

const line = (content: string | Buffer) => {
  const bytes = Buffer.from(content);
  return Buffer.concat([
    Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')),
    bytes,
  ]);
};
const flush = Buffer.from('0000');
const push = (...refs: string[]) =>
  Buffer.concat([
    ...refs.map((ref, index) =>
      line(`${ZERO} ${A} ${ref}${index === 0 ? '\0 report-status' : ''}`),
    ),
    flush,
    Buffer.from('PACK and more'),
  ]);

describe('parsePushCommands', () => {
  it('reads refs, deletions and capabilities up to the pack', () => {
    const list = parsePushCommands(
      Buffer.concat([
        line(`shallow ${A}\n`),
        line(`${ZERO} ${A} refs/heads/ü\0 report-status side-band-64k\n`),
        line(`${A} ${ZERO} refs/heads/-old`),
        line(
          Buffer.concat([
            Buffer.from(`${ZERO} ${A} refs/heads/`),
            Buffer.from([0xff]),
          ]),
        ),
        flush,
        Buffer.from('PACK'),
      ]),
    );
    expect(list?.capabilities).toEqual(['report-status', 'side-band-64k']);
    expect(list?.commands.map(({ ref, deletes }) => [ref, deletes])).toEqual([
      ['refs/heads/ü', false],
      ['refs/heads/-old', true],
      [undefined, false],
    ]);
  });

  it('waits for the end of the list', () => {
    const whole = push('refs/heads/a', 'refs/heads/b');
    const end = whole.indexOf('0000PACK') + 4;
    for (let length = 0; length < end; length += 1) {
      expect(parsePushCommands(whole.subarray(0, length))).toBeUndefined();
    }
    expect(parsePushCommands(whole.subarray(0, end))?.commands).toHaveLength(2);
  });

  it.each([
    ['a certificate, whose commands git would obey', line('push-cert\0 x\n')],
    ['an unknown line', line('hello')],
    ['a length that is none', Buffer.from('zzzz')],
    ['an impossible length', Buffer.from('0003')],
  ])('refuses %s', (_what, body) => {
    expect(() => parsePushCommands(body)).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });
});

it.each([
  ['refs/heads/main', false, undefined],
  ['refs/heads/feature/-x', false, undefined],
  ['refs/heads/-evil', false, /branch must not start with a dash/],
  ['refs/heads/-evil', true, undefined],
  ['refs/heads/HEAD', false, /branch must not be called/],
  [`refs/heads/${A}`, false, /look like a commit id/],
  ['refs/heads/a\nb', false, /control characters/],
  ['refs/tags/v1.0.0', false, undefined],
  ['refs/tags/-v1', false, /tag must not start with a dash/],
  ['refs/notes/-x', false, undefined],
  [undefined, false, /valid Unicode/],
])(
  'the problem of pushing %j (deleting: %s) is %s',
  (ref, deletes, problem) => {
    const found = pushCommandProblem({
      ref,
      deletes,
      rawRef: Buffer.from(ref ?? ''),
    });
    expect(found ?? '').toMatch(problem ?? /^$/);
  },
);

it('refusalReport names every ref, in bands that fit for those who ask', () => {
  const list = parsePushCommands(push('refs/heads/-a', 'refs/heads/b'))!;
  expect(refusalReport(list).toString()).toBe(
    `${line('unpack ok\n')}${line(
      'ng refs/heads/-a The branch must not start with a dash\n',
    )}${line('ng refs/heads/b refused together with another ref\n')}0000`,
  );
  const many = {
    commands: Array.from({ length: 2000 }, () => list.commands).flat(),
    capabilities: ['side-band-64k'],
  };
  const report = refusalReport(many);
  const plain: Buffer[] = [];
  let position = 0;
  for (;;) {
    const length = parseInt(
      report.toString('latin1', position, position + 4),
      16,
    );
    if (length === 0) {
      break;
    }
    expect(report[position + 4]).toBe(1);
    plain.push(report.subarray(position + 5, position + length));
    position += length;
  }
  expect(position + 4).toBe(report.length);
  expect(
    Buffer.concat(plain).equals(refusalReport({ ...many, capabilities: [] })),
  ).toBe(true);
});

describe('assertPushedRefs', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'push-'));
  });
  afterAll(() => fs.rm(folder, { recursive: true }));

  const check = async (body: Buffer, gzipped = false) => {
    const file = path.join(folder, 'body');
    await fs.writeFile(file, body);
    await assertPushedRefs(file, gzipped);
  };

  it('takes good names, probes and long lists', async () => {
    await check(push('refs/heads/main'));
    await check(gzipSync(push('refs/heads/main')), true);
    await check(flush);
    const refs = Array.from({ length: 20_000 }, (_, i) => `refs/tags/v${i}`);
    await expect(check(push(...refs))).resolves.toBeUndefined();
  });

  it('finds the one bad name, zipped or not', async () => {
    const refs = Array.from({ length: 5_000 }, (_, i) => `refs/tags/v${i}`);
    const bad = push(...refs, 'refs/heads/-evil');
    for (const [body, gzipped] of [
      [bad, false],
      [gzipSync(bad), true],
    ] as const) {
      await expect(check(body, gzipped)).rejects.toThrow(
        expect.objectContaining({ name: 'PushRefusedError' }),
      );
    }
  });

  it.each([
    ['what is cut short', Buffer.from('00'), false],
    ['what is no gzip', push('refs/heads/main'), true],
    [
      'gzip that unfolds without end',
      gzipSync(
        Buffer.concat(
          Array(400).fill(
            line(
              Buffer.concat([
                Buffer.from(`${ZERO} ${A} refs/heads/`),
                Buffer.alloc(64_000, 'x'),
              ]),
            ),
          ),
        ),
      ),
      true,
    ],
  ])('refuses %s', async (_what, body, gzipped) => {
    await expect(check(body, gzipped)).rejects.toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });
});
