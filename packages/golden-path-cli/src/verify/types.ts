/** One thing that is wrong with a generated project, for a person to read. */
export type Finding = {
  /** Path in the project, with a line where known. */
  where: string;
  message: string;
};

/** What a verifier is given: a generated project on disk. */
export type Project = {
  /** Folder of the project. */
  folder: string;
  /** All its files, sorted, without what a pipeline leaves behind. */
  files: string[];
  /** Content of a file as text. */
  read(path: string): Promise<string>;
};

export type Outcome =
  | {
      status: 'passed' | 'failed';
      findings: Finding[];
      /** What this verifier could not run here, one sentence each: never counted as passed. */
      notRun?: string[];
    }
  /** A tool is missing. Under CI that is a failure. */
  | { status: 'skipped'; missing: string }
  /** The project has nothing of the kind. */
  | { status: 'absent' };

export type Verifier = {
  id: string;
  title: string;
  /** Files whose content it reads, where that is not all of them: projects that agree in these are verified once. */
  reads?(file: string): boolean;
  /** The text of a file without what cannot change its answer; the whole text where it says nothing. */
  essence?(file: string, text: string): string;
  /** Files beside those it reads of which it matters that they are there. */
  asksFor?(file: string): boolean;
  /** Whether it takes a good part of a minute: begun last, it would be what everybody waits for. */
  takesLong?: boolean;
  /** Whether it mostly waits for what it starts, and leaves the processors to others meanwhile. */
  waits?: boolean;
  /** Finds out something about several projects at once, broken ones too, that `verify` would else have to find out about each. */
  prepare?(projects: readonly Project[]): Promise<void>;
  /**
   * `stage` limits it to a part of what it does, by a name it gives that part: for mutations that this part has to notice. `untilFirst`: of what
   * was broken on purpose no more has to be known than that it is wrong.
   */
  verify(
    project: Project,
    stage?: string,
    options?: { untilFirst?: boolean },
  ): Promise<Outcome>;
};

/** The outcome of a check that looked at something. */
export function outcome(findings: Finding[], notRun?: string[]): Outcome {
  return {
    status: findings.length > 0 ? 'failed' : 'passed',
    findings,
    ...(notRun?.length ? { notRun } : {}),
  };
}
