/** What narrows the lists of deployments and incidents, besides the view they belong to. All of it is in the address. */
export interface ListState {
  /** Entity ref of the one service of the scope that is listed. */
  service?: string;
  /** What is looked for among deployments. */
  find?: string;
  /** Deployments that are shown, so that going back finds the same ones. */
  rows: number;
  /** Incidents by whether their cause is known. */
  cause?: 'known' | 'unknown';
  status?: 'open' | 'resolved';
  /** Incidents that are shown. */
  incidentRows: number;
  /** Services that are shown. */
  serviceRows: number;
  /** Services that lack data and are shown. */
  missingRows: number;
}

export const FIRST_ROWS = 25;
export const MORE_ROWS = 50;
/** Services drawn at once. */
export const SERVICE_ROWS = 100;
/** Rows of a list that is rarely read whole. */
export const MISSING_ROWS = 50;
/** Of services that are all there already: a bound for what an address may ask for. */
const MAX_SERVICES = 20_000;
/** More is for the CSV: nobody reads on, and every row is drawn. */
export const MAX_ROWS = 1_000;
const MAX_FIND = 200;

function rowsOf(
  text: string | null,
  first = FIRST_ROWS,
  most = MAX_ROWS,
): number {
  const rows = Number(text ?? first);
  return Number.isInteger(rows) && rows >= first ? Math.min(rows, most) : first;
}

/** Reads the lists' part of an address. What it says wrongly has its default. */
export function readListState(search: URLSearchParams): ListState {
  const cause = search.get('cause');
  const status = search.get('status');
  return {
    service: search.get('service') || undefined,
    find: search.get('find')?.trim().slice(0, MAX_FIND) || undefined,
    rows: rowsOf(search.get('rows')),
    cause: cause === 'known' || cause === 'unknown' ? cause : undefined,
    status: status === 'open' || status === 'resolved' ? status : undefined,
    incidentRows: rowsOf(search.get('incidentRows')),
    serviceRows: rowsOf(search.get('serviceRows'), SERVICE_ROWS, MAX_SERVICES),
    missingRows: rowsOf(search.get('missingRows'), MISSING_ROWS, MAX_SERVICES),
  };
}

/** What a reader changed. `undefined` takes it back to its default. */
export type ListChange = Partial<{
  service: string;
  find: string;
  rows: string;
  cause: 'known' | 'unknown';
  status: 'open' | 'resolved';
  incidentRows: string;
  serviceRows: string;
  missingRows: string;
}>;
