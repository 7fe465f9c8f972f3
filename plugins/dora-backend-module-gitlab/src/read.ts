import { CommitRecord } from '@pavedroad/plugin-dora-common';
import {
  EventIgnored,
  EventProblem,
  isCommitId,
  link,
  looksLikeMerge,
  looseText,
  looseTexts,
  matchesAny,
  objectAt,
  optionalMoment,
  prose,
  PushedCommit,
  requiredText,
  revertedCommits,
  subjectOf,
  withoutUndefined,
} from '@pavedroad/plugin-dora-node';
import { GitlabReading } from './options';

/** A JSON object nobody vouches for. */
export type Fields = { [key: string]: unknown };

/** Commits of one delivery that are read; GitLab sends at most 20. */
const MAX_COMMITS = 5_000;

/** The project a payload is about. */
export interface Project {
  /** Path with its groups, in lower case. */
  slug: string;
  defaultBranch?: string;
  webUrl?: string;
  /** Begins ids of things on this host: those of another host may be the same. */
  prefix: string;
}

/** @throws EventIgnored for events of a group, which have no project */
export function projectOf(data: Fields): Project {
  const project = objectAt(data.project);
  const repository = objectAt(data.repository);
  // Older job events have no project, but the address of its page.
  const homepage = link(project.web_url) ?? link(repository.homepage);
  const path =
    looseText(project.path_with_namespace) ??
    (homepage && URL.canParse(homepage)
      ? new URL(homepage).pathname.replace(/^\/+|\/+$/g, '')
      : undefined);
  if (path === undefined && data.project === undefined) {
    throw new EventIgnored('it is about no project');
  }
  const slug = requiredText('project.path_with_namespace', path);
  if (!/^[^\s/]+(\/[^\s/]+)+$/.test(slug)) {
    throw new EventProblem('project.path_with_namespace is no path');
  }
  const host =
    homepage && URL.canParse(homepage) ? new URL(homepage).host : 'gitlab.com';
  return {
    slug: slug.toLowerCase(),
    defaultBranch: looseText(project.default_branch),
    webUrl: homepage,
    prefix: host === 'gitlab.com' ? 'gitlab:' : `gitlab:${host}:`,
  };
}

/** A whole number that identifies something, as text. @throws EventProblem */
export function idText(name: string, value: unknown): string {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new EventProblem(`${name} is not a number`);
  }
  return String(value);
}

/** @throws EventProblem */
export function numberOf(name: string, value: unknown): number {
  return Number(idText(name, value));
}

/** A full commit id in lower case. @throws EventProblem */
export function shaOf(name: string, value: unknown): string {
  const text = requiredText(name, value).toLowerCase();
  if (!isCommitId(text)) {
    throw new EventProblem(`${name} is not a full commit id`);
  }
  return text;
}

/**
 * A moment. Webhooks write some as `2026-05-04 09:14:31 UTC` or `… +0200`.
 *
 * @throws EventProblem
 */
export function momentOf(name: string, value: unknown): string | undefined {
  return optionalMoment(
    name,
    typeof value === 'string' && value.length <= 64
      ? value.replace(/ UTC$/, 'Z').replace(/ ([+-]\d{2}:?\d{2})$/, '$1')
      : value,
  );
}

/** @throws EventProblem */
export function requiredMomentOf(name: string, value: unknown): string {
  const moment = momentOf(name, value);
  if (moment === undefined) {
    throw new EventProblem(`${name} is missing`);
  }
  return moment;
}

/** Names of labels, which are objects in webhooks and texts in the API. */
export function labelNames(value: unknown): string[] {
  return Array.isArray(value)
    ? value
        .slice(0, 200)
        .flatMap(label => looseText(objectAt(label).title ?? label) ?? [])
    : [];
}

/** What the labels of a merge request say in the words of the definitions, and the labels themselves. */
export function mergeRequestLabels(
  value: unknown,
  reading: GitlabReading,
): string[] {
  const names = labelNames(value);
  const said = (patterns: string[]) =>
    names.some(name => matchesAny(name, patterns));
  return [
    ...new Set([
      ...names.map(name => name.toLowerCase()),
      ...(said(reading.hotfixLabels) ? ['hotfix'] : []),
      ...(said(reading.revertLabels) ? ['revert'] : []),
    ]),
  ].sort();
}

/** Commits of a push, oldest first. @throws EventProblem */
export function pushedCommits(value: unknown): PushedCommit[] {
  if (!Array.isArray(value) || value.length > MAX_COMMITS) {
    throw new EventProblem('commits must be a list');
  }
  return value.map((item, index): PushedCommit => {
    const name = `commits[${index}]`;
    const commit = objectAt(item);
    const author = objectAt(commit.author);
    return withoutUndefined({
      id: shaOf(`${name}.id`, commit.id),
      committedAt: requiredMomentOf(`${name}.timestamp`, commit.timestamp),
      authorName: prose(author.name),
      authorEmail: emailOf(author.email),
      subject: subjectOf(commit.message),
      reverts: revertedCommits(commit.message),
      paths: touchedPaths(commit),
      doubtful:
        looksLikeMerge(commit.message) ||
        /\bSee merge request \S+!\d+/.test(
          String(commit.message).slice(-2_000),
        ),
    });
  });
}

/** An address; webhooks have `[REDACTED]` in the place of private ones. */
function emailOf(value: unknown): string | undefined {
  const text = prose(value);
  return text?.includes('@') ? text : undefined;
}

function touchedPaths(commit: Fields): string[] | undefined {
  const lists = [commit.added, commit.removed, commit.modified];
  if (
    !lists.every(Array.isArray) ||
    lists.some(list => (list as unknown[]).length >= 1_000)
  ) {
    return undefined;
  }
  return [...new Set(lists.flatMap(list => looseTexts(list)))].sort();
}

/** A commit as the API tells it, `paths` added by what asked for it. @throws EventProblem */
export function apiCommit(
  name: string,
  value: unknown,
): CommitRecord & { message?: string } {
  const commit = objectAt(value);
  if (!Array.isArray(commit.parent_ids) || commit.parent_ids.length > 100) {
    throw new EventProblem(`${name}.parent_ids must be a list`);
  }
  return withoutUndefined({
    id: shaOf(`${name}.id`, commit.id),
    parents: commit.parent_ids.map((parent, index) =>
      shaOf(`${name}.parent_ids[${index}]`, parent),
    ),
    authoredAt: momentOf(`${name}.authored_date`, commit.authored_date),
    committedAt: requiredMomentOf(
      `${name}.committed_date`,
      commit.committed_date ?? commit.created_at,
    ),
    authorName: prose(commit.author_name),
    authorEmail: emailOf(commit.author_email),
    subject: subjectOf(commit.message ?? commit.title),
    reverts: revertedCommits(commit.message),
    paths: Array.isArray(commit.paths)
      ? [...new Set(looseTexts(commit.paths))].sort()
      : undefined,
    message: typeof commit.message === 'string' ? commit.message : undefined,
  });
}

/** A commit without the message, which the facts do not keep. */
export function commitRecord(name: string, value: unknown): CommitRecord {
  const { message: _, ...record } = apiCommit(name, value);
  return record;
}
