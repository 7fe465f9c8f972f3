import { createHash } from 'node:crypto';
import type { Outcome, Project, Verifier } from '../verify/types';

/** Hash of every file of a project by its path. */
export type Digests = ReadonlyMap<string, string>;

const sha256 = (text: string) =>
  createHash('sha256').update(text).digest('hex');

export async function digestsOf(project: Project): Promise<Digests> {
  return new Map(
    await Promise.all(
      project.files.map(
        async file => [file, sha256(await project.read(file))] as const,
      ),
    ),
  );
}

/** The digests of a project in which one file says something else. */
export function withChanged(
  digests: Digests,
  file: string,
  content: string,
): Digests {
  return new Map([...digests, [file, sha256(content)]]);
}

/** What a verifier's answer depends on: what it reads, which files there are where it asks, and which part of it is asked. */
export function fingerprint(
  { id, reads, asksFor }: Pick<Verifier, 'id' | 'reads' | 'asksFor'>,
  digests: Digests,
  stage = '',
): string {
  const lines = Array.from(digests)
    .flatMap(([file, digest]) => {
      if (reads?.(file) ?? true) {
        return [`${file} ${digest}`];
      }
      return asksFor?.(file) ? [file] : [];
    })
    .sort();
  return sha256([id, stage, ...lines].join('\n'));
}

/**
 * What verifiers said in this run, by what their answer depends on: rows and templates that agree in every file a verifier reads are verified
 * once. It lives as long as the run; nothing is taken over from another one.
 */
export class KnownOutcomes {
  private readonly known = new Map<
    string,
    { template: string; outcome: Promise<Outcome> }
  >();

  /** The outcome, worked out now or before; `from` is the template it was worked out for, if that is another one. */
  async once(
    template: string,
    key: string,
    work: () => Promise<Outcome>,
  ): Promise<{ outcome: Outcome; from?: string }> {
    const known = this.known.get(key);
    if (known) {
      const outcome = await known.outcome;
      return known.template === template
        ? { outcome }
        : { outcome, from: known.template };
    }
    const outcome = work();
    this.known.set(key, { template, outcome });
    return { outcome: await outcome };
  }
}
