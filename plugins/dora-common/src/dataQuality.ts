import { DataQualityCode, DataQualityNote, DeploymentListItem } from './api';
import { ServiceRow } from './rows';

/** What says that numbers or rows are not the whole truth at this moment, and not only what could be connected; the worst first. */
export const URGENT_CODES: readonly DataQualityCode[] = [
  'facts_failed',
  'beyond_retention',
  'facts_pending',
];

/**
 * From how many seconds on events that wait to be counted are late. An organisation that reports all the time always has some that came
 * a moment ago, and what always stands is read by nobody; facts are derived within a second or two of an event, so by then something holds
 * them up, and somebody who just deployed begins to wonder.
 */
export const LATE_SECONDS = 10;

/**
 * Whether readers must be told: not of events that are counted as soon as ever. Programs are told in any case, and so are files.
 *
 * @returns of `facts_pending`, whether the oldest event has waited {@link LATE_SECONDS}, or all events are read anew; else true
 */
export function concernsReaders({
  code,
  waitedSeconds = Infinity,
}: DataQualityNote): boolean {
  return code !== 'facts_pending' || waitedSeconds >= LATE_SECONDS;
}

/** The notes whose codes are urgent and which concern readers, the worst first. */
export function urgentNotes(
  notes: readonly DataQualityNote[] = [],
): DataQualityNote[] {
  const told = notes.filter(concernsReaders);
  return URGENT_CODES.flatMap(code => told.filter(note => note.code === code));
}

/**
 * Says of a question about an environment that nothing ever reached. Its deployment frequency is 0, as the definition has it, and so is that
 * of an environment whose name is mistyped.
 *
 * @param services - of the question
 * @param everDeployedTo - whether any of them was ever deployed there
 */
export function environmentNotes(
  services: readonly ServiceRow[],
  everDeployedTo: boolean,
): DataQualityNote[] {
  const connected = services.filter(
    ({ connectedSince }) => connectedSince !== undefined,
  );
  return everDeployedTo || connected.length === 0
    ? []
    : [
        {
          code: 'nothing_deployed_there',
          services: connected.map(({ serviceRef }) => serviceRef).sort(),
        },
      ];
}

/** Notes as a cell of a file has them: `facts_pending beyond_retention:2026-05-10T00:00:00.000Z`. */
export function dataQualityText(
  notes: readonly DataQualityNote[] = [],
): string {
  return notes
    .map(({ code, since }) => (since === undefined ? code : `${code}:${since}`))
    .join(' ');
}

/**
 * What each service has for a cell of a file: the notes about it, as {@link dataQualityText} writes them. Made once for all rows: both
 * services and notes about them are thousands. Of a service that is not in it there is nothing to say.
 */
export function dataQualityTexts(
  notes: readonly DataQualityNote[] = [],
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const note of notes) {
    const text = dataQualityText([note]);
    for (const service of note.services) {
      const before = texts.get(service);
      texts.set(service, before === undefined ? text : `${before} ${text}`);
    }
  }
  return texts;
}

/** Services that a note names in an answer that is a list: more make the answer long, and tell nobody more. */
export const NAMED_SERVICES = 20;

/** Notes about the rows of a list: each names some of its services, and counts all of them. */
export function notesOfList(
  notes: readonly DataQualityNote[],
): DataQualityNote[] {
  return notes.map(note => ({
    ...note,
    services: note.services.slice(0, NAMED_SERVICES),
    count: note.services.length,
  }));
}

/** Whether the count of changes of a deployment is one; without its history nobody knows what it brought, unless it brought nothing new. */
export function changesKnown({
  historyGap,
  kind,
}: Pick<DeploymentListItem, 'historyGap' | 'kind'>): boolean {
  return historyGap === undefined || kind === 'redeploy';
}
