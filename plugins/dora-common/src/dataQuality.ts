import { DataQualityCode, DataQualityNote } from './api';

/** What says that numbers or rows are not the whole truth at this moment, and not only what could be connected; the worst first. */
export const URGENT_CODES: readonly DataQualityCode[] = [
  'facts_failed',
  'beyond_retention',
  'facts_pending',
];

/** The notes whose codes are urgent, the worst first. */
export function urgentNotes(
  notes: readonly DataQualityNote[] = [],
): DataQualityNote[] {
  return URGENT_CODES.flatMap(code => notes.filter(note => note.code === code));
}

/** Notes as a cell of a file has them: `facts_pending beyond_retention:2026-05-10T00:00:00.000Z`. */
export function dataQualityText(
  notes: readonly DataQualityNote[] = [],
): string {
  return notes
    .map(({ code, since }) => (since === undefined ? code : `${code}:${since}`))
    .join(' ');
}
