import { hash } from 'node:crypto';

/** 128 bits of SHA-256 over the parts, in the form PostgreSQL's uuid type takes. */
export function digestKey(...parts: string[]): string {
  // The length keeps ('ab', 'c') and ('a', 'bc') apart.
  const text = parts.map(part => `${part.length}:${part}`).join('');
  return hash('sha256', text, 'hex').slice(0, 32);
}
