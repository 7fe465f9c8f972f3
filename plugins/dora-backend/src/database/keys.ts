import { createHash } from 'node:crypto';

/** 128 bits of SHA-256 over the parts, in the form PostgreSQL's uuid type takes. */
export function digestKey(...parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    // The length keeps ('ab', 'c') and ('a', 'bc') apart.
    hash.update(`${part.length}:`).update(part, 'utf8');
  }
  return hash.digest('hex').slice(0, 32);
}
