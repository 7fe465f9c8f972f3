/**
 * A key that names what somebody wants once, so that asking again after a lost answer does nothing twice. Not `crypto.randomUUID`, which
 * browsers keep from pages without TLS.
 */
export function newRequestKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
