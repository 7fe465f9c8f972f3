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
  /** Files whose content it reads, where that is not all of them: projects that agree in these (and in which files there are) are verified once. */
  reads?(file: string): boolean;
  verify(project: Project): Promise<Outcome>;
};

/** The outcome of a check that looked at something. */
export function outcome(findings: Finding[], notRun?: string[]): Outcome {
  return {
    status: findings.length > 0 ? 'failed' : 'passed',
    findings,
    ...(notRun?.length ? { notRun } : {}),
  };
}
