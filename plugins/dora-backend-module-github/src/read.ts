import {
  CommitRecord,
  DeploymentLabel,
  PullRequestCommit,
} from '@pavedroad/plugin-dora-common';
import {
  EventIgnored,
  EventProblem,
  isCommitId,
  isObject,
  link,
  looksLikeMerge,
  looseText,
  looseTexts,
  matchesAny,
  objectAt,
  optionalMoment,
  prose,
  PushedCommit,
  requiredMoment,
  requiredText,
  revertedCommits,
  subjectOf,
  withoutUndefined,
} from '@pavedroad/plugin-dora-node';
import { GithubReading } from './options';

/** A JSON object nobody vouches for. */
export type Fields = { [key: string]: unknown };

/** Commits of one delivery that are read; GitHub sends at most 2,048. */
const MAX_COMMITS = 5_000;

/** The repository a payload is about. */
export interface Repository {
  /** `owner/name` in lower case. */
  slug: string;
  defaultBranch?: string;
  /** Begins ids of things on this host: those of another host may be the same. */
  prefix: string;
}

/** @throws EventIgnored for events of an organisation, which have no repository */
export function repositoryOf(data: Fields): Repository {
  if (data.repository === undefined) {
    throw new EventIgnored('it is about no repository');
  }
  const repository = objectAt(data.repository);
  const slug = requiredText('repository.full_name', repository.full_name);
  if (!/^[^\s/]+\/[^\s/]+$/.test(slug)) {
    throw new EventProblem('repository.full_name is not owner/name');
  }
  const url = link(repository.html_url);
  const host = url && URL.canParse(url) ? new URL(url).host : 'github.com';
  return {
    slug: slug.toLowerCase(),
    defaultBranch: looseText(repository.default_branch),
    prefix: host === 'github.com' ? 'github:' : `github:${host}:`,
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

/** The action of a payload; empty where it has none. */
export function actionOf(data: Fields): string {
  return looseText(data.action) ?? '';
}

/** Names of labels, which are objects, or texts in some answers. */
export function labelNames(value: unknown): string[] {
  return Array.isArray(value)
    ? value
        .slice(0, 200)
        .flatMap(label => looseText(objectAt(label).name ?? label) ?? [])
    : [];
}

/** What the labels of a pull request say in the words of the definitions, and the labels themselves. */
export function pullRequestLabels(
  value: unknown,
  reading: GithubReading,
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

/** What a deployment's own payload, which is free in form, says for delivery metrics. */
export interface DeploymentSaid {
  entityRef?: string;
  name?: string;
  path?: string;
  labels?: DeploymentLabel[];
  rollback?: boolean;
  fixesIncidents?: string[];
  blames?: string;
}

const LABELS: DeploymentLabel[] = ['hotfix', 'revert', 'planned'];

/** Reads `deployment.payload`: an object, or its JSON as text. Anything else says nothing. */
export function deploymentSaid(value: unknown): DeploymentSaid {
  const payload = objectAt(
    typeof value === 'string' ? parsedOrNothing(value) : value,
  );
  const ref = looseText(payload.entityRef);
  const given = looseTexts(payload.labels).map(label => label.toLowerCase());
  const labels = LABELS.filter(label => given.includes(label));
  const fixes = looseTexts(payload.fixesIncidents);
  return withoutUndefined({
    entityRef:
      ref && /^[a-z][\w-]*:[^\s:/]+(\/[^\s:/]+)?$/i.test(ref) ? ref : undefined,
    name: looseText(payload.service),
    path: looseText(payload.path),
    labels: labels.length > 0 ? labels : undefined,
    rollback: payload.rollback === true ? true : undefined,
    fixesIncidents: fixes.length > 0 ? fixes : undefined,
    blames: looseText(payload.blames),
  });
}

function parsedOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
    const committer = objectAt(commit.committer);
    return withoutUndefined({
      id: shaOf(`${name}.id`, commit.id),
      committedAt: requiredMoment(`${name}.timestamp`, commit.timestamp),
      authorName: prose(author.name),
      authorEmail: prose(author.email),
      subject: subjectOf(commit.message),
      reverts: revertedCommits(commit.message),
      paths: touchedPaths(commit),
      doubtful:
        looksLikeMerge(commit.message) ||
        committer.username === 'web-flow' ||
        committer.email === 'noreply@github.com',
    });
  });
}

function touchedPaths(commit: Fields): string[] | undefined {
  const lists = [commit.added, commit.removed, commit.modified];
  // A list that is cut off does not say what else is touched.
  if (
    !lists.every(Array.isArray) ||
    lists.some(list => (list as unknown[]).length >= 1_000)
  ) {
    return undefined;
  }
  const paths = lists.flatMap(list => looseTexts(list));
  return [...new Set(paths)].sort();
}

/** A commit as the API tells it. @throws EventProblem */
export function apiCommit(
  name: string,
  value: unknown,
): CommitRecord & { message?: string } {
  const item = objectAt(value);
  const commit = objectAt(item.commit);
  const author = objectAt(commit.author);
  const committer = objectAt(commit.committer);
  if (!Array.isArray(item.parents) || item.parents.length > 100) {
    throw new EventProblem(`${name}.parents must be a list`);
  }
  return withoutUndefined({
    id: shaOf(`${name}.sha`, item.sha),
    parents: item.parents.map((parent, index) =>
      shaOf(`${name}.parents[${index}].sha`, objectAt(parent).sha),
    ),
    authoredAt: optionalMoment(`${name}.commit.author.date`, author.date),
    committedAt: requiredMoment(
      `${name}.commit.committer.date`,
      committer.date ?? author.date,
    ),
    authorName: prose(author.name),
    authorEmail: prose(author.email),
    subject: subjectOf(commit.message),
    reverts: revertedCommits(commit.message),
    paths: filePaths(item.files),
    message: typeof commit.message === 'string' ? commit.message : undefined,
  });
}

/** A commit without the message, which the facts do not keep. */
export function commitRecord(
  name: string,
  value: unknown,
): CommitRecord & PullRequestCommit {
  const { message: _, ...record } = apiCommit(name, value);
  return record;
}

/** Paths of the files of a commit, of both sides of a rename. */
function filePaths(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length >= 3_000) {
    return undefined;
  }
  const paths = value.flatMap(file =>
    isObject(file)
      ? [
          looseText(file.filename) ?? [],
          looseText(file.previous_filename) ?? [],
        ]
      : [],
  );
  return [...new Set(paths.flat())].sort();
}
