import { decodeChangeCursor, encodeChangeCursor } from './changeCursor';
import { decodeCursor, encodeCursor, queryFingerprint } from './cursor';
import {
  decodeDeploymentCursor,
  encodeDeploymentCursor,
} from './deploymentCursor';

const sha = 'a1'.repeat(20);
const fingerprint = queryFingerprint({ environment: 'production' });

const encoded = (value: unknown) =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

it('lists go on where they stopped, each by the moment it is ordered by', () => {
  const deployment = { finishedAt: 1_789_000_000_000, key: 'd.1' };
  expect(
    decodeDeploymentCursor(
      encodeDeploymentCursor(deployment, fingerprint),
      fingerprint,
    ),
  ).toEqual(deployment);
  const change = { committedAt: 1_788_000_000_000, commit: sha };
  expect(decodeChangeCursor('d.1', encodeChangeCursor('d.1', change))).toEqual(
    change,
  );
  expect(decodeChangeCursor('d.1', undefined)).toBeUndefined();
});

it('a cursor that was given out before goes on', () => {
  const given = encoded([fingerprint, 1_789_000_000_000, 'd.1']);
  expect(encodeCursor({ at: 1_789_000_000_000, key: 'd.1' }, fingerprint)).toBe(
    given,
  );
  expect(decodeDeploymentCursor(given, fingerprint)).toEqual({
    finishedAt: 1_789_000_000_000,
    key: 'd.1',
  });
});

it.each([
  ['no JSON', 'xyz'],
  ['no list', encoded({ finishedAt: 1, key: 'a' })],
  ['too short', encoded([fingerprint, 1])],
  ['too long', encoded([fingerprint, 1, 'a', 'b'])],
  ['a moment that is none', encoded([fingerprint, '1', 'a'])],
  ['a moment in pieces', encoded([fingerprint, 1.5, 'a'])],
  ['a key that is none', encoded([fingerprint, 1, "a'; --"])],
  ['a key without end', encoded([fingerprint, 1, 'a'.repeat(201)])],
])('refuses %s', (_, text) => {
  expect(() => decodeCursor(text, fingerprint)).toThrow(
    'cursor is not one that this list gave out',
  );
});

it.each([
  [
    'the list of deployments',
    'd.1',
    encodeDeploymentCursor({ finishedAt: 1, key: 'd.1' }, fingerprint),
  ],
  [
    'another deployment',
    'd.1',
    encodeChangeCursor('d.2', { committedAt: 1, commit: sha }),
  ],
])('the changes of a deployment refuse a cursor of %s', (_, id, text) => {
  expect(() => decodeChangeCursor(id, text)).toThrow(
    'cursor belongs to another query',
  );
});
