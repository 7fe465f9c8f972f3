import type {
  EverybodyNow,
  ScheduleNow,
  ServiceCoverage,
} from '@pavedroad/plugin-oncall-common';

/** A schedule's part of the answer about everybody; `answer` is the same object as long as nothing in it is another. */
export type EverybodyEntry = {
  answer: ScheduleNow;
  /** How many services it answers for. */
  services: number;
  /** Whether it concerns the caller. */
  mine: boolean;
  /** Whether the caller may propose a change of it. */
  canChange: boolean;
};

/** All of the answer; `services` is the same array as long as nothing in it is another. */
export type Everybody = {
  /** Milliseconds. */
  at: number;
  schedules: EverybodyEntry[];
  totals: EverybodyNow['totals'];
  services: ServiceCoverage[];
};

/** For how many kinds of callers the text is kept: what differs between them is only which schedules are theirs, and which they may change. */
const LISTS = 16;

/**
 * Writes the answer about everybody as JSON in UTF-8, and keeps the text of all that stays the same until the next handoff or change. With
 * thousands of services, making the text anew costs more than working the answer out, and clearing the old one away more than both. It keeps
 * by identity only, so it can never tell what is over.
 */
export class EverybodyText {
  readonly #answers = new WeakMap<ScheduleNow, string>();
  readonly #services = new WeakMap<ServiceCoverage[], Buffer>();
  #lists: { entries: EverybodyEntry[]; text: Buffer }[] = [];

  /** `shown`: what its readers may see of a part. */
  constructor(private readonly shown: <T>(part: T) => T = part => part) {}

  /** The parts of the text, in order. */
  write(everybody: Everybody, withServices: boolean): Buffer[] {
    const { at, schedules, totals, services } = everybody;
    return [
      Buffer.from(`{"at":${JSON.stringify(new Date(at))},"schedules":`),
      this.#listOf(schedules),
      Buffer.from(`,"totals":${JSON.stringify(totals)}`),
      ...(withServices
        ? [Buffer.from(',"services":'), this.#servicesOf(services)]
        : []),
      Buffer.from('}'),
    ];
  }

  #listOf(entries: EverybodyEntry[]): Buffer {
    const known = this.#lists.find(list => sameEntries(list.entries, entries));
    const text =
      known?.text ??
      Buffer.from(`[${entries.map(entry => this.#textOf(entry)).join(',')}]`);
    // Those asked for last come first; what nobody asks for any more goes.
    this.#lists = [
      known ?? { entries, text },
      ...this.#lists.filter(list => list !== known),
    ].slice(0, LISTS);
    return text;
  }

  #textOf({ answer, services, mine, canChange }: EverybodyEntry): string {
    let text = this.#answers.get(answer);
    if (text === undefined) {
      text = JSON.stringify(this.shown(answer)).slice(0, -1);
      this.#answers.set(answer, text);
    }
    return `${text},"services":${services},"mine":${mine},"canChange":${canChange}}`;
  }

  #servicesOf(services: ServiceCoverage[]): Buffer {
    let text = this.#services.get(services);
    if (text === undefined) {
      text = Buffer.from(JSON.stringify(this.shown(services)));
      this.#services.set(services, text);
    }
    return text;
  }
}

function sameEntries(a: EverybodyEntry[], b: EverybodyEntry[]): boolean {
  return (
    a.length === b.length &&
    a.every(
      ({ answer, services, mine, canChange }, index) =>
        answer === b[index].answer &&
        services === b[index].services &&
        mine === b[index].mine &&
        canChange === b[index].canChange,
    )
  );
}
