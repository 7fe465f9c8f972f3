import { InputError } from '@backstage/errors';
import {
  branchNameProblem,
  writablePathProblem,
} from '@pavedroad/plugin-git-common';
import type {
  ChangeProposal,
  CheckedProposal,
  RepositoryAddress,
} from './types';

/** Bounds of one proposal. */
export const PROPOSAL_LIMITS = { files: 2000, bytes: 20 * 1024 * 1024 };

const TITLE_LENGTH = 300;

/** Text on one line, without what a commit's header cannot hold. */
function lineProblem(what: string, text: string): string | undefined {
  return text.trim() === '' ||
    text.length > TITLE_LENGTH ||
    /\p{Cc}/u.test(text)
    ? `${what} must be one line of at most ${TITLE_LENGTH} characters`
    : undefined;
}

/**
 * Checks every name of a proposal before a host sees it. Pure.
 *
 * @throws InputError with a sentence
 */
export function checkProposal(
  proposal: ChangeProposal,
  address: RepositoryAddress,
): CheckedProposal {
  const { author, baseBranch, branch, files } = proposal;
  const problem =
    branchNameProblem(branch) ??
    (baseBranch === undefined ? undefined : branchNameProblem(baseBranch)) ??
    (branch === baseBranch
      ? `A change of '${branch}' cannot be proposed for '${branch}' itself`
      : undefined) ??
    lineProblem('The title', proposal.title) ??
    lineProblem("The author's name", author.name) ??
    (/[<>]/.test(author.name) || !/^[^\s<>@]+@[^\s<>@]+$/.test(author.email)
      ? 'The author needs a name without < and >, and an e-mail address'
      : undefined) ??
    (files.length === 0 || files.length > PROPOSAL_LIMITS.files
      ? `A proposal holds from 1 to ${PROPOSAL_LIMITS.files} files; this one has ${files.length}`
      : undefined);
  if (problem) {
    throw new InputError(problem);
  }
  const seen = new Set<string>();
  let bytes = 0;
  return {
    ...proposal,
    address,
    files: files.map(file => {
      const wrong = writablePathProblem(file.path);
      if (wrong) {
        throw new InputError(`'${file.path}': ${wrong}`);
      }
      if (seen.has(file.path)) {
        throw new InputError(`The file '${file.path}' is named twice`);
      }
      seen.add(file.path);
      if ('delete' in file) {
        return { path: file.path, delete: true };
      }
      const content = Buffer.from(file.content);
      bytes += content.length;
      if (bytes > PROPOSAL_LIMITS.bytes) {
        throw new InputError(
          `A proposal holds at most ${PROPOSAL_LIMITS.bytes} bytes; push larger ones with git`,
        );
      }
      return {
        path: file.path,
        content,
        ...(file.executable === undefined
          ? {}
          : { executable: file.executable }),
      };
    }),
  };
}

/** @throws InputError when the branch is one that only merging may change. */
export function refuseProtected(branch: string, base: string, main: string) {
  if (branch === base || branch === main) {
    throw new InputError(
      `'${branch}' is changed by merging only; propose on a branch of its own`,
    );
  }
}

/** The sentences hosts have in common. */
export const refusals = {
  repository: (slug: string) =>
    `There is no repository ${slug} that the portal can see`,
  base: (branch: string) => `There is no branch '${branch}' to merge into`,
  nothing: (branch: string) =>
    `Nothing changes: '${branch}' already is as the proposal would make it`,
  taken: (branch: string) =>
    `The branch '${branch}' exists with other content. Nothing was written; merge or delete it first, or propose on another branch`,
  file: (path: string) => `There is no file '${path}'`,
  noFile: 'The address names no file',
  tooLarge: (path: string) => `The file '${path}' is too large to be read here`,
};

/** Largest file that is read, in bytes. */
export const MAX_READ_BYTES = 1024 * 1024;
