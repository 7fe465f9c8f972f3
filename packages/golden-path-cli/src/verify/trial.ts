import { type Finding, type Outcome, outcome } from './types';

/** How something is tried. */
export type TrialOptions = {
  /**
   * Ends with the first finding. Of what was broken on purpose no more has to be known, and most of what follows would wait in vain for
   * what no longer comes.
   */
  untilFirst?: boolean;
  /** Only the part of this name, where the trial has parts: for mutations that this part has to notice. */
  part?: string;
};

/** Notes what is wrong; with `untilFirst` whoever calls it does not go on. */
export type Note = (where: string, message: string) => void;

/** Thrown where enough is known. */
class Enough extends Error {}

/** Thrown where a trial lacks what it needs for itself: that says nothing about what is tried. */
export class CannotTry extends Error {}

/** What a machine says that has run out of something. */
const EXHAUSTED: ReadonlySet<unknown> = new Set([
  'EADDRNOTAVAIL',
  'EAGAIN',
  'EDQUOT',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOSPC',
]);

/**
 * Tries something in the order given. What is thrown on the way is found, too. Throws, with `untilFirst`, where it could not try: what was
 * broken on purpose counts as noticed by nobody then.
 */
export async function tryOut(
  title: string,
  { untilFirst = false }: TrialOptions,
  attempt: (note: Note) => Promise<void>,
): Promise<Outcome> {
  const findings: Finding[] = [];
  try {
    await attempt((where, message) => {
      findings.push({ where, message });
      if (untilFirst) {
        throw new Enough();
      }
    });
  } catch (error) {
    if (
      untilFirst &&
      findings.length === 0 &&
      (error instanceof CannotTry ||
        EXHAUSTED.has((error as NodeJS.ErrnoException).code))
    ) {
      throw error;
    }
    if (!(error instanceof Enough)) {
      findings.push({
        where: title,
        message: String((error as Error).message),
      });
    }
  }
  return outcome(findings);
}
