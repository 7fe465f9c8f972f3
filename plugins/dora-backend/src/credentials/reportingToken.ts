import { createHash } from 'node:crypto';
import {
  AuthService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';

/**
 * `pvr_<id>_<secret>`: the id finds the row, the prefix lets secret scanners know it. Every character is one that CI systems can mask.
 */
const TOKEN =
  /^pvr_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})_[A-Za-z0-9_-]{43}$/;

const SUBJECT = 'reporting-credential:';

/** @param secret - 32 random bytes */
export function reportingToken(id: string, secret: Buffer): string {
  return `pvr_${id}_${secret.toString('base64url')}`;
}

/** The id in a token; undefined when it is none of ours. */
export function reportingTokenId(token: string): string | undefined {
  return TOKEN.exec(token)?.[1];
}

/** What is kept of a token. The secret in it is random, so a plain digest cannot be guessed. */
export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The subject under which a credential calls. */
export function reportingSubject(id: string): string {
  return `${SUBJECT}${id}`;
}

/** The credential that calls as a subject; undefined for everybody else. */
export function reportingCredentialIn(subject: string): string | undefined {
  return subject.startsWith(SUBJECT)
    ? subject.slice(SUBJECT.length)
    : undefined;
}

/** The credential somebody calls with; undefined for everybody else. */
export function reportingCredentialOf(
  auth: Pick<AuthService, 'isPrincipal'>,
  credentials: BackstageCredentials,
): string | undefined {
  return auth.isPrincipal(credentials, 'service')
    ? reportingCredentialIn(credentials.principal.subject)
    : undefined;
}
