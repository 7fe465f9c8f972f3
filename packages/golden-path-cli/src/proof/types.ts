import type { Answers } from '../template/answers';
import type { Finding } from '../verify/types';

/** One thing that was looked at. `skipped`: a tool is missing and this is not CI. */
export type Check = {
  id: string;
  title: string;
  status: 'passed' | 'failed' | 'skipped';
  findings: Finding[];
  /** What this check could not run here; never part of what passed. */
  notRun: string[];
  seconds: number;
  /** Processor time of the commands it ran, in seconds. */
  cpuSeconds: number;
};

/** All checks of one row of the matrix. */
export type CaseResult = { id: string; answers: Answers; checks: Check[] };

/** One known way of breaking the output, and whether a verifier noticed. */
export type MutationResult = {
  id: string;
  description: string;
  /** Verifier or script that has to notice. */
  verifier: string;
  status: 'caught' | 'missed' | 'skipped';
  /** What the verifier said first, or why the mutation was missed. */
  message: string;
  seconds: number;
  /** Processor time of the commands it took, in seconds. */
  cpuSeconds: number;
};

/** The proof of one template. */
export type Proof = {
  template: string;
  version: string;
  startedAt: string;
  seconds: number;
  /** Processor time of the commands it ran, in seconds. */
  cpuSeconds: number;
  /** How many answers of verifiers were those given for the same files of another template of this run, by its name. */
  reused: Record<string, number>;
  /** Checks of the template itself. */
  checks: Check[];
  cases: CaseResult[];
  mutations: MutationResult[];
  /** Everything that was not run, once each. */
  notRun: string[];
  counts: {
    passed: number;
    failed: number;
    skipped: number;
    notRun: number;
    caught: number;
    missed: number;
    mutationsSkipped: number;
  };
  /** `false` when only a part was asked for: then it is no proof. */
  complete: boolean;
  ok: boolean;
};

/** All proofs of one call. */
export type Run = {
  proofs: Proof[];
  seconds: number;
  /** Processor time in seconds: of this process (rendering, parsing, checking types), and of the commands that have ended. */
  cpu: { own: number; commands: number };
};
