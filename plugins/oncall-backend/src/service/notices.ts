import {
  formatInZone,
  type ChangeDecision,
  type Duty,
} from '@pavedroad/plugin-oncall-common';

/** What somebody is told when a change affects them. */
export type Notice = {
  /** User ref. */
  recipient: string;
  title: string;
  description: string;
};

/** At most this many times are written out. */
const LISTED = 5;

/**
 * What everybody whose time on call changes is told, the author aside: times gained and lost, in the zone of the schedule. `reversed` for a
 * change that is taken back. Pure.
 */
export function noticesOf(
  decision: Pick<ChangeDecision, 'gained' | 'lost'>,
  options: {
    author: string;
    authorName: string;
    reason?: string;
    /** The change is taken back. */
    undone?: boolean;
    scheduleOf: (ref: string) => { title: string; timeZone: string };
  },
): Notice[] {
  const { author, authorName, reason, undone, scheduleOf } = options;
  const { gained, lost } = decision;
  const people = [...new Set([...gained, ...lost].map(duty => duty.person))];
  return people
    .filter(person => person !== author && person.startsWith('user:'))
    .sort()
    .map(person => {
      const own = (duties: Duty[]) => duties.filter(d => d.person === person);
      const lines = [
        ...inWords('You are on call', own(gained), scheduleOf),
        ...inWords('You are no longer on call', own(lost), scheduleOf),
        undone
          ? `${authorName} took a change back.`
          : `${authorName} made this change${reason ? `: ${reason}` : '.'}`,
      ];
      const titles = [
        ...new Set(
          [...own(gained), ...own(lost)].map(
            d => scheduleOf(d.scheduleRef).title,
          ),
        ),
      ];
      return {
        recipient: person,
        title: `Your time on call changed: ${titles.join(', ')}`,
        description: lines.join('\n'),
      };
    });
}

function inWords(
  verb: string,
  duties: Duty[],
  scheduleOf: (ref: string) => { title: string; timeZone: string },
): string[] {
  const lines = duties.slice(0, LISTED).map(duty => {
    const { title, timeZone } = scheduleOf(duty.scheduleRef);
    const time = (at: number) =>
      formatInZone(at, timeZone).slice(0, 16).replace('T', ' ');
    return `${verb} on ${title} (level ${duty.level}) from ${time(
      duty.from,
    )} to ${time(duty.to)} (${timeZone}).`;
  });
  return duties.length > LISTED
    ? [...lines, `${verb} at ${duties.length - LISTED} more times.`]
    : lines;
}
