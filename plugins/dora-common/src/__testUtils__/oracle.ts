/*
 * The definitions, calculated a second time: slowly, straightforwardly and without a line of the
 * implementation. For release-tag histories, which have one environment and no failures.
 */
import { readFileSync } from 'fs';
import { DateTime } from 'luxon';

interface OracleDeployment {
  tag: string;
  revision: string;
  at: number;
  kind: 'change' | 'redeploy' | 'rollback';
  /** Lead times in seconds of the changes it delivered; none for the first. */
  leadTimes: number[];
  /** Changes of the first deployment. */
  left: number;
}

export interface OracleFigures {
  deployments: number;
  redeploys: number;
  rollbacks: number;
  changes: number;
  p50: number | undefined;
  p75: number | undefined;
  p90: number | undefined;
  perDay: number;
  medianDays: number | undefined;
  firstDeploymentChanges: number;
}

export function oracleDeployments(file: string): OracleDeployment[] {
  const parents = new Map<string, string[]>();
  const committed = new Map<string, number>();
  const tags: { tag: string; revision: string; at: number }[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (!line) {
      continue;
    }
    const row = JSON.parse(line);
    if (row.type === 'commit') {
      parents.set(row.sha, row.parents ? row.parents.split(' ') : []);
      committed.set(row.sha, DateTime.fromISO(row.committedAt).toMillis());
    } else {
      tags.push({
        tag: row.name,
        revision: row.sha,
        at: DateTime.fromISO(row.releasedAt).toMillis(),
      });
    }
  }
  const cache = new Map<string, Set<string>>();
  const reachable = (revision: string) => {
    const cached = cache.get(revision);
    if (cached) {
      return cached;
    }
    const set = new Set<string>();
    let frontier = [revision];
    while (frontier.length > 0) {
      const next: string[] = [];
      for (const commit of frontier) {
        if (!set.has(commit)) {
          set.add(commit);
          next.push(...parents.get(commit)!);
        }
      }
      frontier = next;
    }
    if (cache.size > 40) {
      cache.clear();
    }
    cache.set(revision, set);
    return set;
  };
  tags.sort((a, b) => {
    if (a.at !== b.at) {
      return a.at - b.at;
    }
    const [x, y] = [reachable(a.revision).size, reachable(b.revision).size];
    if (x !== y) {
      return x - y;
    }
    return a.tag < b.tag ? -1 : 1;
  });

  const deliveredEver = new Set<string>();
  const result: OracleDeployment[] = [];
  tags.forEach((tag, i) => {
    const own = reachable(tag.revision);
    const brought = [...own].filter(commit => !deliveredEver.has(commit));
    brought.forEach(commit => deliveredEver.add(commit));
    const changes = brought.filter(commit => parents.get(commit)!.length < 2);
    let kind: OracleDeployment['kind'] = 'change';
    let attributed = true;
    if (i > 0) {
      const before = tags[i - 1].revision;
      const beforeSet = reachable(before);
      if (before === tag.revision) {
        kind = 'redeploy';
      } else if (beforeSet.has(tag.revision)) {
        kind = 'rollback';
      } else if (![...own].some(commit => beforeSet.has(commit))) {
        attributed = false;
        const firstOf = (revision: string) =>
          tags.findIndex(t => t.revision === revision);
        kind = firstOf(tag.revision) < firstOf(before) ? 'rollback' : 'change';
      }
    }
    const counted = i > 0 && attributed ? changes : [];
    result.push({
      ...tag,
      kind,
      leadTimes: counted.map(c => (tag.at - committed.get(c)!) / 1000),
      left: i === 0 ? changes.length : 0,
    });
  });
  return result;
}

function percentile(sorted: number[], p: number): number | undefined {
  if (sorted.length === 0) {
    return undefined;
  }
  const rank = 1 + p * (sorted.length - 1);
  const floor = Math.floor(rank);
  const ceiling = Math.ceil(rank);
  return floor === ceiling
    ? sorted[floor - 1]
    : sorted[floor - 1] * (ceiling - rank) +
        sorted[ceiling - 1] * (rank - floor);
}

export function oracleFigures(
  all: OracleDeployment[],
  from: DateTime,
  to: DateTime,
): OracleFigures {
  const within = all.filter(d => d.at >= +from && d.at < +to);
  const changes = within.filter(d => d.kind === 'change');
  const leadTimes = within
    .flatMap(d => d.leadTimes)
    .filter(seconds => seconds >= 0)
    .sort((a, b) => a - b);

  const perWeek: number[] = [];
  let monday = from.startOf('week');
  if (+monday < +from) {
    monday = monday.plus({ weeks: 1 });
  }
  for (
    ;
    +monday.plus({ weeks: 1 }) <= +to;
    monday = monday.plus({ weeks: 1 })
  ) {
    const start = monday;
    const days = new Set(
      changes
        .filter(d => d.at >= +start && d.at < +start.plus({ weeks: 1 }))
        .map(d => DateTime.fromMillis(d.at, { zone: from.zone }).toISODate()),
    );
    perWeek.push(days.size);
  }
  perWeek.sort((a, b) => a - b);
  return {
    deployments: changes.length,
    redeploys: within.filter(d => d.kind === 'redeploy').length,
    rollbacks: within.filter(d => d.kind === 'rollback').length,
    changes: leadTimes.length,
    p50: percentile(leadTimes, 0.5),
    p75: percentile(leadTimes, 0.75),
    p90: percentile(leadTimes, 0.9),
    perDay: changes.length / ((+to - +from) / 86_400_000),
    medianDays: percentile(perWeek, 0.5),
    firstDeploymentChanges: within.reduce((sum, d) => sum + d.left, 0),
  };
}
