import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@backstage/errors';

/** Shorter secrets would be found in any text. */
const SHORTEST = 6;

/**
 * Refuses when a file holds a secret of the task, as it is or in base64.
 *
 * @throws InputError that names the file and the secret's name, never its value.
 */
export async function refuseSecretsInFiles(
  folder: string,
  paths: readonly string[],
  secrets: Record<string, string | undefined> | undefined,
): Promise<void> {
  const wanted = Object.entries(secrets ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' && value.length >= SHORTEST
      ? [
          { name, bytes: Buffer.from(value) },
          { name, bytes: Buffer.from(Buffer.from(value).toString('base64')) },
        ]
      : [],
  );
  if (wanted.length === 0) {
    return;
  }
  for (const path of paths) {
    // A link's target was checked to be one of the files.
    const content = await readFile(join(folder, path));
    const found = wanted.find(secret => content.includes(secret.bytes));
    if (found) {
      throw new InputError(
        `The template wrote the secret "${found.name}" into ${path}. Secrets never go into a repository.`,
      );
    }
  }
}
