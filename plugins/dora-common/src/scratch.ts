/*
 * Memory for columns of numbers that nobody needs once an answer is computed.
 *
 * Typed arrays lie outside the heap, and V8 collects all garbage of a process after some 64 MB of them, however little else there is:
 * with one and a half megabytes an answer, every fortieth answer and those beside it waited for that. Here the same memory serves
 * one answer after the other.
 */

/** What an answer from rows takes, some ten thousand deployments with three changes each. What does not fit is allocated. */
const SIZE = 8_000_000;
/** The strictest alignment of what is handed out. */
const ALIGNMENT = 8;

let memory: ArrayBuffer | undefined;
let used = 0;
let depth = 0;

/**
 * Runs a computation whose {@link float64} and {@link int32} may be taken from memory that is used again afterwards. Nothing that it
 * returns may hold one of them or be computed later from one.
 *
 * @param compute - synchronous: others would compute in between in the same memory
 * @throws TypeError when it answers a promise
 */
export function withScratch<T>(compute: () => T): T {
  const before = used;
  depth++;
  try {
    const result = compute();
    if (result instanceof Promise) {
      throw new TypeError('What uses scratch memory has to be synchronous');
    }
    return result;
  } finally {
    depth--;
    used = before;
  }
}

/** Where to put so many bytes; undefined outside {@link withScratch} and when there is no room. */
function place(bytes: number): number | undefined {
  const from = used;
  const to = from + Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  if (depth === 0 || to > SIZE) {
    return undefined;
  }
  used = to;
  return from;
}

function shared(): ArrayBuffer {
  memory ??= new ArrayBuffer(SIZE);
  return memory;
}

/** As many zeros, until the end of {@link withScratch} when that runs. */
export function float64(length: number): Float64Array {
  const from = place(length * Float64Array.BYTES_PER_ELEMENT);
  return from === undefined
    ? new Float64Array(length)
    : new Float64Array(shared(), from, length).fill(0);
}

/** {@link float64}, of whole numbers. */
export function int32(length: number): Int32Array {
  const from = place(length * Int32Array.BYTES_PER_ELEMENT);
  return from === undefined
    ? new Int32Array(length)
    : new Int32Array(shared(), from, length).fill(0);
}

/** {@link float64}, of whole numbers below 65,536. */
export function uint16(length: number): Uint16Array {
  const from = place(length * Uint16Array.BYTES_PER_ELEMENT);
  return from === undefined
    ? new Uint16Array(length)
    : new Uint16Array(shared(), from, length).fill(0);
}

/** {@link float64}, of bytes. */
export function uint8(length: number): Uint8Array {
  const from = place(length);
  return from === undefined
    ? new Uint8Array(length)
    : new Uint8Array(shared(), from, length).fill(0);
}
