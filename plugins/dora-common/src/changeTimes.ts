import { ExclusionReason } from './facts';

/** Why a change may not count for lead time, by the number that stands for it where facts are stored; 0 counts. Never reuse one. */
export const CHANGE_EXCLUSIONS = [
  undefined,
  'first_deployment',
  'negative_total_time',
  'bot',
] as const satisfies readonly (ExclusionReason | undefined)[];

/** Stages of lead time, as `STAGE_NAMES`. */
export const STAGES = 5;

/** The times of one change. */
export interface ChangeTime {
  leadSeconds: number;
  /** Seconds in the order of `STAGE_NAMES`; undefined = unknown and folded into the next. */
  stages: readonly (number | undefined)[];
  excluded?: (typeof CHANGE_EXCLUSIONS)[number];
}

/** Says how the rest is to be read. */
const VERSION = 1;
const NUMBER = 8;

/**
 * The times of a deployment's changes in bytes, so that they are read with the deployment and not row by row. The first byte is the
 * version of the format, 1. Then for each change: a byte, of which bit 0 to 4 say whether the first to the fifth stage is known
 * and bit 5 and 6 are the number of {@link CHANGE_EXCLUSIONS}; the lead time; and the stages that are known. All are seconds
 * as IEEE 754 doubles, the highest byte first. Those that count come first, the quickest at the front: the same changes in any
 * order are the same bytes.
 */
export function packChangeTimes(changes: readonly ChangeTime[]): Uint8Array {
  const sorted = [...changes].sort(
    (a, b) =>
      CHANGE_EXCLUSIONS.indexOf(a.excluded) -
        CHANGE_EXCLUSIONS.indexOf(b.excluded) ||
      a.leadSeconds - b.leadSeconds ||
      compareStages(a.stages, b.stages),
  );
  const size = sorted.reduce(
    (sum, { stages }) => sum + 1 + NUMBER * (1 + known(stages)),
    1,
  );
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  let position = 1;
  for (const { leadSeconds, stages, excluded } of sorted) {
    const head = position++;
    let flags = CHANGE_EXCLUSIONS.indexOf(excluded) << STAGES;
    view.setFloat64(position, leadSeconds);
    position += NUMBER;
    for (let stage = 0; stage < STAGES; stage++) {
      const seconds = stages[stage];
      if (seconds !== undefined) {
        flags |= 1 << stage;
        view.setFloat64(position, seconds);
        position += NUMBER;
      }
    }
    bytes[head] = flags;
  }
  return bytes;
}

function known(stages: ChangeTime['stages']): number {
  let count = 0;
  for (let stage = 0; stage < STAGES; stage++) {
    count += Number(stages[stage] !== undefined);
  }
  return count;
}

function compareStages(
  a: ChangeTime['stages'],
  b: ChangeTime['stages'],
): number {
  for (let stage = 0; stage < STAGES; stage++) {
    const difference = (a[stage] ?? -1) - (b[stage] ?? -1);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

/**
 * Calls for each change that {@link packChangeTimes} packed, in its order. `stages` is reused: NaN where one is not known.
 *
 * @param from - where the packed bytes begin in the view, and `to` where they end: views of thousands of deployments would be garbage
 */
export function eachChangeTime(
  view: DataView,
  take: (lead: number, stages: Float64Array, exclusion: number) => void,
  from = 0,
  to = view.byteLength,
): void {
  const stages = new Float64Array(STAGES);
  if (view.getUint8(from) !== VERSION) {
    throw new Error(
      `Change times of version ${view.getUint8(from)} cannot be read`,
    );
  }
  let position = from + 1;
  while (position < to) {
    const flags = view.getUint8(position++);
    const lead = view.getFloat64(position);
    position += NUMBER;
    for (let stage = 0; stage < STAGES; stage++) {
      if (flags & (1 << stage)) {
        stages[stage] = view.getFloat64(position);
        position += NUMBER;
      } else {
        stages[stage] = NaN;
      }
    }
    take(lead, stages, flags >> STAGES);
  }
}

/** How many changes {@link packChangeTimes} packed there, without reading their times. */
export function countChangeTimes(
  view: DataView,
  from = 0,
  to = view.byteLength,
): number {
  let count = 0;
  for (let position = from + 1; position < to; count++) {
    let stages = view.getUint8(position) & ((1 << STAGES) - 1);
    position += 1 + NUMBER;
    for (; stages !== 0; stages &= stages - 1) {
      position += NUMBER;
    }
  }
  return count;
}
