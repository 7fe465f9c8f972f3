import {
  ColumnsBuilder,
  countChangeTimes,
  DEPLOYMENT_FLAGS,
  scratchBytes,
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
const DEPLOYMENT_BYTES = `record_send(ROW(id, finished_at,
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

/** {@link DEPLOYMENT_BYTES} of several as text: a third shorter than what PostgreSQL writes bytes as, and read many times faster. */
export const DEPLOYMENTS_TEXT = `encode(string_agg(${DEPLOYMENT_BYTES}, ''::bytea), 'base64')`;

/**
 * Adds deployments of {@link DEPLOYMENTS_TEXT}.
 *
 * In the binary form a row is the number of its columns, and for each of them its type, its length, −1 for NULL, and its content; all
 * numbers have the highest byte first.
 */
export function addDeployments(
  builder: ColumnsBuilder,
  texts: readonly string[],
): void {
  const views = texts.map(text => viewOf(bytesOf(text)));
  const counts = { deployments: 0, changes: 0 };
  views.forEach(view =>
    eachDeployment(view, (_, from, to) => {
      counts.deployments++;
      counts.changes += countChangeTimes(view, from, to);
    }),
  );
  builder.expect(counts.deployments, counts.changes);
  views.forEach(view =>
    eachDeployment(view, ({ id, finishedAt, flags, recovery }, from, to) => {
      builder.addDeployment(finishedAt, id, flags, recovery);
      builder.addChangeTimes(view, from, to);
    }),
  );
}

function bytesOf(base64: string): Uint8Array {
  const room = scratchBytes(Math.ceil((base64.length * 3) / 4));
  const length = Buffer.from(
    room.buffer,
    room.byteOffset,
    room.byteLength,
  ).write(base64, 'base64');
  return room.subarray(0, length);
}

/** The same bytes. */
export function viewOf({
  buffer,
  byteOffset,
  byteLength,
}: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

interface DeploymentBytes {
  id: number;
  finishedAt: number;
  flags: number;
  /** Seconds; NaN where there is none. */
  recovery: number;
}

/** @param take - is given the same object each time, and where the times of the deployment's changes begin and end */
function eachDeployment(
  view: DataView,
  take: (deployment: DeploymentBytes, from: number, to: number) => void,
): void {
  const deployment = { id: 0, finishedAt: 0, flags: 0, recovery: NaN };
  let position = 0;
  /** Where the next column begins; `length` is −1 for NULL. */
  let length = 0;
  const next = () => {
    length = view.getInt32(position + 4);
    const start = position + 8;
    position = start + Math.max(0, length);
    return start;
  };
  while (position < view.byteLength) {
    if (view.getInt32(position) !== COLUMNS) {
      throw new Error('A row of deployments has another form than expected');
    }
    position += 4;
    deployment.id = readInteger(view, next());
    deployment.finishedAt = readInteger(view, next());
    deployment.flags = view.getInt32(next());
    const start = next();
    deployment.recovery = length === -1 ? NaN : view.getFloat64(start);
    const times = next();
    take(deployment, times, times + length);
  }
}

/** A whole number of 64 bits below 2^53. */
function readInteger(view: DataView, position: number): number {
  return view.getInt32(position) * 2 ** 32 + view.getUint32(position + 4);
}
