import { DomainEvent } from './events';

/* SHA-256 as FIPS 180-4 defines it. Written out because this package also runs in a browser, where
   the only built-in is asynchronous. It names things; it protects nothing. */

const PRIMES = (() => {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) {
    if (primes.every(p => n % p !== 0)) {
      primes.push(n);
    }
  }
  return primes;
})();
const fraction = (x: number) => ((x - Math.floor(x)) * 2 ** 32) | 0;
const INITIAL = PRIMES.slice(0, 8).map(p => fraction(Math.sqrt(p)));
const ROUND = PRIMES.map(p => fraction(Math.cbrt(p)));

const rotate = (x: number, n: number) => (x >>> n) | (x << (32 - n));

/** SHA-256 of a text (UTF-8), in lower-case hexadecimal. */
export function sha256Hex(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const blocks = ((bytes.length + 8) >> 6) + 1;
  const padded = new Uint8Array(blocks * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(padded.length - 4, bytes.length << 3);

  const hash = Int32Array.from(INITIAL);
  const w = new Int32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) {
      w[i] = view.getInt32(block + i * 4);
    }
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15];
      const b = w[i - 2];
      const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
      const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let i = 0; i < 64; i++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i] + w[i]) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => {
      hash[i] = (hash[i] + value) | 0;
    });
  }
  return Array.from(hash, x => (x >>> 0).toString(16).padStart(8, '0')).join(
    '',
  );
}

/** JSON with sorted keys and without undefined members: equal content gives equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(canonicalJson).join(',')}]`;
  }
  if (value && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`,
      );
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** A short deterministic id of some parts; 128 bits, URL-safe. */
export function stableId(prefix: string, ...parts: string[]): string {
  return `${prefix}${sha256Hex(JSON.stringify(parts)).slice(0, 32)}`;
}

/** Identity of a domain event: what it says, not who delivered it when. */
export function domainEventId(event: DomainEvent): string {
  const { provenance: _, ...said } = event;
  return stableId('e', canonicalJson(said));
}

/** Id of an attempt, in facts and in URLs. */
export function attemptId(
  serviceRef: string,
  environment: string,
  deploymentId: string,
): string {
  return stableId('d', serviceRef, environment, deploymentId);
}
