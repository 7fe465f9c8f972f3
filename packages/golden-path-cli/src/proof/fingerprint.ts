import { createHash } from 'node:crypto';
import type { Outcome, Project, Verifier } from '../verify/types';

/** Every file of a project by its path: its text, and a hash of that. */
export type Contents = ReadonlyMap<string, { text: string; digest: string }>;

const sha256 = (text: string) =>
  createHash('sha256').update(text).digest('hex');

const contentOf = (text: string) => ({ text, digest: sha256(text) });

export async function contentsOf(project: Project): Promise<Contents> {
  return new Map(
    await Promise.all(
      project.files.map(
        async file => [file, contentOf(await project.read(file))] as const,
      ),
    ),
  );
}

/** The contents of a project in which one file says something else. */
export function withChanged(
  contents: Contents,
  file: string,
  text: string,
): Contents {
  return new Map([...contents, [file, contentOf(text)]]);
}

/** What a verifier's answer depends on: what it reads, which files there are where it asks, and which part of it is asked. */
export function fingerprint(
  {
    id,
    reads,
    essence,
    asksFor,
  }: Pick<Verifier, 'id' | 'reads' | 'essence' | 'asksFor'>,
  contents: Contents,
  stage = '',
): string {
  const lines = Array.from(contents)
    .flatMap(([file, { text, digest }]) => {
      if (reads?.(file) ?? true) {
        const left = essence?.(file, text) ?? text;
        return [`${file} ${left === text ? digest : sha256(left)}`];
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
    // A verifier that could not be run said nothing: whoever asks next may fare better.
    outcome.catch(() => this.known.delete(key));
    return { outcome: await outcome };
  }
}
