import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { refuseSecretsInFiles } from './secrets';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function checked(secret: string, content: string, path = 'a.txt') {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
  return refuseSecretsInFiles(folder, [path], { apiKey: secret });
}

const quoted = `p"a\\ss w/ö?rd+`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

it.each([
  ['as it is', quoted, `x${quoted}x`],
  ['in JSON', quoted, JSON.stringify({ key: quoted })],
  ['in an address', quoted, `https://a.dev/?key=${encodeURIComponent(quoted)}`],
  [
    'in an address, in lower case',
    quoted,
    encodeURIComponent(quoted).replace(/%../g, hex => hex.toLowerCase()),
  ],
  [
    'in a form',
    quoted,
    new URLSearchParams({ key: quoted }).toString().replace('%2F', '%2F'),
  ],
  ['in base64', quoted, base64(quoted)],
  ['in base64 behind one character', quoted, base64(`a${quoted}`)],
  ['in base64 behind two', quoted, base64(`a:${quoted}b`)],
  ['in base64 behind three', quoted, base64(`ab:${quoted}cd`)],
  [
    'in base64 of addresses',
    '>>>???>>>',
    Buffer.from('>>>???>>>').toString('base64url'),
  ],
  ['short, as a word', 'k9-Z', 'key: k9-Z\n'],
  ['short, in quotes', 'k9"Z', '{"key":"k9\\"Z"}'],
  ['short, in base64', '1234', `key: ${base64('1234')}`],
])('finds a secret %s', async (_, secret, content) => {
  await expect(checked(secret, content)).rejects.toThrow(
    'The template wrote the secret "apiKey" into a.txt.',
  );
});

it('finds a secret in the name of a file, and does not say it', async () => {
  const refused = checked('x-secret-x', '', 'docs/x-secret-x/a.txt');
  await expect(refused).rejects.toThrow(
    'named a file after the secret "apiKey"',
  );
  await expect(refused).rejects.not.toThrow('x-secret-x');
});

it.each([
  ['a part of another word', 'port', 'ports: transport'],
  ['what only begins like it', 'x-secret-x', 'x-secret'],
  ['nothing, which is in everything', '', 'a'],
])('lets through %s', async (_, secret, content) => {
  await expect(checked(secret, content)).resolves.toBeUndefined();
});
