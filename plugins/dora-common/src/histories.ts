import { InputError } from '@backstage/errors';
import { CommitRecord } from './events';

/** A release tag of a repository's history. */
export interface HistoryRelease {
  name: string;
  revision: string;
  releasedAt: string;
}

/** The delivery history of one repository: its commits and its release tags. */
export interface GitHistory {
  commits: CommitRecord[];
  releases: HistoryRelease[];
}

/**
 * Reads a history of one JSON object per line: commits
 * (`{"type":"commit","sha","parents","authoredAt","committedAt"}`, parents separated by spaces) and release tags
 * (`{"type":"release","name","sha","releasedAt"}`). Empty lines are skipped.
 *
 * @throws InputError naming the line
 */
export function parseGitHistory(text: string): GitHistory {
  const history: GitHistory = { commits: [], releases: [] };
  text.split('\n').forEach((line, i) => {
    if (line.trim() !== '') {
      readLine(line, i + 1, history);
    }
  });
  return history;
}

function readLine(line: string, number: number, history: GitHistory): void {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(line);
  } catch {
    throw new InputError(`Line ${number} is not JSON.`);
  }
  const text = (key: string) => {
    const member = value?.[key];
    if (typeof member !== 'string') {
      throw new InputError(`Line ${number} has no text '${key}'.`);
    }
    return member;
  };
  const moment = (key: string) => {
    const at = text(key);
    if (Number.isNaN(Date.parse(at))) {
      throw new InputError(`Line ${number}: '${key}' is not a moment.`);
    }
    return at;
  };
  const sha = () => {
    const id = text('sha').toLowerCase();
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id)) {
      throw new InputError(`Line ${number}: 'sha' is not a full commit id.`);
    }
    return id;
  };
  if (value?.type === 'commit') {
    history.commits.push({
      id: sha(),
      parents: text('parents').split(' ').filter(Boolean),
      authoredAt: moment('authoredAt'),
      committedAt: moment('committedAt'),
    });
  } else if (value?.type === 'release') {
    history.releases.push({
      name: text('name'),
      revision: sha(),
      releasedAt: moment('releasedAt'),
    });
  } else {
    throw new InputError(
      `Line ${number} is neither of type 'commit' nor 'release'.`,
    );
  }
}
