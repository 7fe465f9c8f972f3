import type { RenderOptions } from '../../render/renderTemplate';
import type { Answers } from '../../template/answers';
import type { Template } from '../../template/loadTemplate';
import type { Case } from '../../template/matrix';
import type { TrialOptions } from '../../verify/trial';
import type { Outcome, Project, Verifier } from '../../verify/types';
import type { CheckId } from '../checks';
import type { KnownOutcomes } from '../fingerprint';
import type { ArtifactMutation, Mutation, ScriptMutation } from '../mutations';

/** The ways a kind's output is broken on purpose. */
export type Mutations = {
  /** Caught by reading the project. */
  files: readonly Mutation[];
  /** Caught by the project's own scripts, in a clone that was built and signed. */
  scripts: readonly ScriptMutation[];
  /** Caught by running what was built. */
  artifact: readonly ArtifactMutation[];
};

/** One way in which something is tried for real. `subject` is the folder of an artifact or of a clone. */
export type Trial = {
  title: string;
  verify(subject: string, options?: TrialOptions): Promise<Outcome>;
};

/** A row of the matrix with what was made of its answers. */
export type Row = Case & { folder: string; project: Project };

/** What a kind is told of the proof it is part of. */
export type RunOfProof = {
  /** Whether this row is the first of the matrix: for what is asked once. */
  first: boolean;
  /** Whether only a few rows are proved. */
  sample: boolean;
  /** Under CI a missing tool is a failure. */
  underCi: boolean;
  /** Answers of verifiers in this run. */
  known: KnownOutcomes;
};

/** A trial of one row beside the kind's main one, under an id of its own. */
export type FurtherTrial = Trial & { id: CheckId; row: Row };

/**
 * What a proof has to know about the sort of thing a template makes (`spec.type`). Everything else is the same for all of them.
 *
 * A kind is one file in this folder and one line in `index.ts`.
 */
export type Kind = {
  /** `spec.type` of the templates. */
  type: string;
  /** Whether a whole repository comes out, or a change to one that exists. */
  makes: 'repository' | 'change';

  /** What the form insists on, nothing more and nothing less. */
  requires: readonly string[] | ((template: Template) => readonly string[]);
  /** Values such a template passes for its own sake, beside those of the platform layer and those every template passes. */
  values: readonly string[];
  /** What actions only this kind uses answer, by action, as far as templates may refer to it. */
  outputs?: Readonly<Record<string, readonly string[]>>;
  /** The order of the steps' actions, each of which has to be there; by default that of a repository: see `REPOSITORY_STEPS`. */
  steps?: readonly string[];

  /** The rows to prove; the pairwise matrix of the answers by default. */
  cases?(template: Template): Case[];
  /**
   * Writes what is to be verified into a folder that is empty or not there: by default the render itself. A change is applied to a
   * repository here. Deterministic; throws a `Problem` when the form would refuse the answers.
   */
  produce?(
    template: Template,
    answers: Answers,
    folder: string,
    options?: RenderOptions,
  ): Promise<unknown>;
  /** What holds of a row once it is there, besides its verifiers: of a change, that nothing else was touched. Read once per row. */
  holds?(
    template: Template,
    row: Row,
    run: RunOfProof,
  ): Promise<{ id: CheckId; title: string; outcome: Outcome }[]>;
  /** Verifiers beside those every project is given. */
  verifiers: readonly Verifier[];
  /** Ids of the verifiers of a whole repository that fit what comes out; all of them by default. */
  general?: readonly string[];

  /** Whether the project's own pipeline is run for real, and everything that needs what it builds. */
  runsPipeline: boolean;
  /** Folder of an artifact that holds the repository's own code. */
  builtFolder(template: Template): string;
  /** How what was built is tried. Mutations of the artifact have to make it fail. */
  trial(project: Project): Promise<Trial>;
  /** Other trials of the artifact, for rows that have what is tried. */
  furtherTrials?(rows: readonly Row[]): Promise<FurtherTrial[]>;
  /** The built and signed clone under load and with a fault; left out where nothing can be loaded. */
  stress?: Trial;
  /** The delivery strategies brought out for real; none where nothing takes requests over. */
  strategies(template: Template, row: Row): string[];
  mutations(template: Template): Mutations;
};
