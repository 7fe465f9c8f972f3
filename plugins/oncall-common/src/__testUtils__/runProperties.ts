import { answersTo, tryProperties, type PropertyResult } from './properties';

/** What a process is to try, as JSON in its first argument. */
export type PropertyTask = {
  cases: number;
  seed: number;
  /** Whether the first case that fails is enough, and no smaller one is looked for. */
  endOnFailure: boolean;
  /** Situations whose answers are told, the same for every process, and what decides them. */
  sample: number;
  sampleSeed: number;
  /** Instants in milliseconds at which the clock of the machine is read. */
  probes: number[];
};

/** What it found, as JSON on its standard output. */
export type PropertyReport = {
  /** Minutes that the clock of the machine, without naming a zone, is ahead of UTC at each probe. */
  clock: number[];
  results: PropertyResult[];
  answers: unknown[];
};

const task: PropertyTask = JSON.parse(process.argv[2]);
const report: PropertyReport = {
  clock: task.probes.map(probe => -new Date(probe).getTimezoneOffset()),
  results: tryProperties(task.cases, task.seed, task.endOnFailure),
  answers: answersTo(task.sample, task.sampleSeed),
};
process.stdout.write(JSON.stringify(report));
