import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * Where a task records what it has done outside its workspace. In the workspace, so that it travels with it when another replica
 * resumes the task; never published.
 */
export const EFFECTS_FILE = '.golden-path-effects.json';

const effectSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('repository'),
    task: z.string(),
    at: z.iso.datetime(),
    provider: z.enum(['git', 'github', 'gitlab']),
    slug: z.string(),
    branch: z.string(),
    url: z.string(),
  }),
  z.strictObject({
    kind: z.literal('location'),
    task: z.string(),
    at: z.iso.datetime(),
    target: z.string(),
  }),
  z.strictObject({
    kind: z.literal('credential'),
    task: z.string(),
    at: z.iso.datetime(),
    id: z.string(),
    entityRef: z.string(),
  }),
  z.strictObject({
    kind: z.literal('pull-request'),
    task: z.string(),
    at: z.iso.datetime(),
    url: z.string(),
  }),
]);

/** Something a task did that outlives it. `at` is the ISO instant just before it was done. */
export type Effect = z.infer<typeof effectSchema>;

/** What a person calls an effect. */
export function describeEffect(effect: Effect): string {
  switch (effect.kind) {
    case 'repository':
      return `repository ${effect.slug} (${effect.url})`;
    case 'location':
      return `catalog location ${effect.target}`;
    case 'pull-request':
      return `pull request ${effect.url}`;
    default:
      return `reporting credential of ${effect.entityRef}`;
  }
}

/** Whether two entries are of one thing. */
export function sameEffect(a: Effect, b: Effect): boolean {
  return keyOf(a) === keyOf(b);
}

function keyOf(effect: Effect): string {
  switch (effect.kind) {
    case 'repository':
      return `repository ${effect.provider} ${effect.slug}`;
    case 'location':
      return `location ${effect.target}`;
    case 'pull-request':
      return `pull-request ${effect.url}`;
    default:
      return `credential ${effect.id}`;
  }
}

/** The effects of a task, oldest first. Entries of other tasks, and what is not an entry at all, are passed over. */
export async function readEffects(
  workspacePath: string,
  task: string,
): Promise<Effect[]> {
  let value: unknown;
  try {
    value = JSON.parse(
      await readFile(join(workspacePath, EFFECTS_FILE), 'utf8'),
    );
  } catch {
    return [];
  }
  if (!Array.isArray(value)) {
    return [];
  }
  return value
    .map(item => effectSchema.safeParse(item))
    .flatMap(parsed => (parsed.success ? [parsed.data] : []))
    .filter(effect => effect.task === task);
}

async function writeEffects(
  workspacePath: string,
  effects: Effect[],
): Promise<void> {
  const file = join(workspacePath, EFFECTS_FILE);
  // Renamed into place: a crash leaves the old record or the new, never half of one.
  await writeFile(`${file}.new`, JSON.stringify(effects, undefined, 2));
  await rename(`${file}.new`, file);
}

/** Adds an effect; the same one is recorded once. */
export async function recordEffect(
  workspacePath: string,
  effect: Effect,
): Promise<void> {
  const effects = await readEffects(workspacePath, effect.task);
  if (!effects.some(known => sameEffect(known, effect))) {
    await writeEffects(workspacePath, [...effects, effect]);
  }
}

/** Takes an effect out of the record: it is undone. */
export async function forgetEffect(
  workspacePath: string,
  effect: Effect,
): Promise<void> {
  const effects = await readEffects(workspacePath, effect.task);
  await writeEffects(
    workspacePath,
    effects.filter(known => !sameEffect(known, effect)),
  );
}
