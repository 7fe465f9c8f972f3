import {
  ColumnsBuilder,
  DEPLOYMENT_FLAGS,
} from '@pavedroad/plugin-dora-common';

/*
 * Deployments of figures as bytes that PostgreSQL puts together: an object each, and text for every number, would cost more than
 * all that is computed from them.
 */

/** Changes of a deployment up to this many bytes are kept in its covering index. A row of an index has at most 2,704. */
export const BYTES_IN_INDEX = 1_900;

const {
  failed,
  rework,
  failureData,
  first,
  unknownHistory,
  releaseTag,
  sample,
} = DEPLOYMENT_FLAGS;

/** The packed times of a deployment's changes, wherever they are kept; what is in the index is read from the index alone. */
export const CHANGE_TIMES = `coalesce(deployment.change_times,
  (SELECT many_change_times FROM deployment AS whole WHERE whole.id = deployment.id))`;

/** One deployment: four columns in the binary form of a row. */
export const DEPLOYMENT_BYTES = `record_send(ROW(id, finished_at,
  kind + failed::integer * ${failed} + rework::integer * ${rework}
    + failure_data::integer * ${failureData} + first::integer * ${first}
    + unknown_history::integer * ${unknownHistory}
    + release_tag::integer * ${releaseTag} + sample::integer * ${sample},
  recovery_seconds, ${CHANGE_TIMES}))`;

const COLUMNS = 5;

/** Bytes as a value for a statement. */
export function hexOf(bytes: Uint8Array): string {
  return `\\x${Buffer.from(
    bytes.buffer,
    bytes.byteOffset,
    bytes.length,
  ).toString('hex')}`;
}

/**
 * Adds deployments that {@link DEPLOYMENT_BYTES} made, one after the other.
 *
 * In the binary form a row is the number of its columns, and for each of them its type, its length, −1 for NULL, and its content; all
 * numbers have the highest byte first.
 */
export function addDeployments(builder: ColumnsBuilder, bytes: Buffer): void {
  let position = 0;
  /** Where the next column begins; `length` is −1 for NULL. */
  let length = 0;
  const next = () => {
    length = bytes.readInt32BE(position + 4);
    const start = position + 8;
    position = start + Math.max(0, length);
    return start;
  };
  while (position < bytes.length) {
    if (bytes.readInt32BE(position) !== COLUMNS) {
      throw new Error('A row of deployments has another form than expected');
    }
    position += 4;
    const id = readInteger(bytes, next());
    const finishedAt = readInteger(bytes, next());
    const flags = bytes.readInt32BE(next());
    const start = next();
    const recovery = length === -1 ? NaN : bytes.readDoubleBE(start);
    builder.addDeployment(finishedAt, id, flags, recovery);
    const times = next();
    builder.addChangeTimes(bytes.subarray(times, times + length));
  }
}

/** A whole number of 64 bits below 2^53. */
function readInteger(bytes: Buffer, position: number): number {
  return (
    bytes.readInt32BE(position) * 2 ** 32 + bytes.readUInt32BE(position + 4)
  );
}
