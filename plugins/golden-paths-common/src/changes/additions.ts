/** A file as far as comparing goes. */
export type ComparedFile = { path: string; sha256: string };

/** How the files a template would add meet those a repository has. */
export type Additions = {
  /** Not there yet. */
  created: string[];
  /** There, byte for byte. */
  same: string[];
  /** Something else is there, which stays. */
  kept: string[];
};

/**
 * Compares rendered files with a repository's. A path the repository has as a folder, or below one of its files, is taken too; on
 * systems that do not tell case apart so is a path that differs in case only. `needs` names the file another is of no use without, by
 * path: where something else is in the place of that one, the other is not added, even though its own place is free.
 */
export function compareAdditions(
  rendered: readonly ComparedFile[],
  repository: readonly ComparedFile[],
  needs: Readonly<Record<string, string>> = {},
): Additions {
  const there = new Map(repository.map(file => [file.path, file.sha256]));
  const folded = new Set(repository.map(file => file.path.toLowerCase()));
  const folders = new Set(
    repository.flatMap(({ path }) => {
      const parts = path.toLowerCase().split('/');
      return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
    }),
  );
  const result: Additions = { created: [], same: [], kept: [] };
  for (const { path, sha256 } of rendered) {
    const lower = path.toLowerCase();
    const parts = lower.split('/');
    const belowFile = parts
      .slice(1)
      .some((_, i) => folded.has(parts.slice(0, i + 1).join('/')));
    if (there.get(path) === sha256) {
      result.same.push(path);
    } else if (folded.has(lower) || folders.has(lower) || belowFile) {
      result.kept.push(path);
    } else {
      result.created.push(path);
    }
  }
  const kept = new Set(result.kept);
  const free = (path: string) =>
    !Object.hasOwn(needs, path) || !kept.has(needs[path]);
  return {
    ...result,
    created: result.created.filter(free),
    kept: [...result.kept, ...result.created.filter(path => !free(path))],
  };
}

/** A path as Markdown code that no name can leave. */
function code(path: string): string {
  const fence = '`'.repeat(
    Math.max(0, ...(path.match(/`+/g) ?? []).map(run => run.length)) + 1,
  );
  const pad = path.startsWith('`') || path.endsWith('`') ? ' ' : '';
  return fence + pad + path + pad + fence;
}

/**
 * The pull request's text about the files, in Markdown: what is new, what was changed and how, what was left alone and what to do about
 * it. `notes` says for a path what to merge by hand.
 */
export function describeAdditions(
  additions: Additions,
  options: {
    /** What was done to files that are there, by path. */
    edited?: Readonly<Record<string, readonly string[]>>;
    notes?: Readonly<Record<string, string>>;
  } = {},
): string {
  const { edited = {}, notes = {} } = options;
  const kept = additions.kept.filter(path => !Object.hasOwn(edited, path));
  const sections: [string, string[]][] = [
    ['New', additions.created.map(path => `- ${code(path)}`)],
    [
      'Completed',
      Object.entries(edited).map(
        ([path, done]) => `- ${code(path)}: ${done.join('; ')}`,
      ),
    ],
    [
      'Left alone',
      kept.map(
        path =>
          `- ${code(path)}: ${
            Object.hasOwn(notes, path)
              ? notes[path]
              : 'it is there already and stays as it is.'
          }`,
      ),
    ],
    ['As it should be already', additions.same.map(p => `- ${code(p)}`)],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `### ${title}\n\n${lines.join('\n')}`)
    .join('\n\n');
}
