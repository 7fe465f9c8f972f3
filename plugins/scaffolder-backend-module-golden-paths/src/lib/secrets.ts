import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@backstage/errors';

/** Shorter secrets are parts of many words, so that they are looked for as words of their own. */
const SHORTEST_PART = 6;

/**
 * What base64 makes of bytes wherever they are in what is encoded (`user:password`): three bytes become four characters, so that there are
 * three ways, without the characters at both ends that depend on the neighbours.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].map(before => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const known = Math.floor(((before + bytes.length) * 8) / 6);
    return encoded.slice(Math.ceil((before * 8) / 6), known);
  });
}

/** The ways in which files write a text: as it is, in JSON, in an address or a form, and in both alphabets of base64. */
function formsOf(secret: string): string[] {
  // Half of a pair of characters cannot be in an address.
  const address = encodeURIComponent(
    secret.replace(/\p{Surrogate}/gu, '\uFFFD'),
  );
  const lowerCase = address.replace(/%[0-9A-F]{2}/g, hex => hex.toLowerCase());
  const base64 = base64Forms(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    ...[address, lowerCase].flatMap(form => [form, form.replace(/%20/g, '+')]),
    ...base64,
    ...base64.map(form => form.replace(/\+/g, '-').replace(/\//g, '_')),
  ];
}

/** Whether a text holds a short secret as a word. */
function holdsWord(content: string, secret: string): boolean {
  const isPart = (character: string | undefined) =>
    character !== undefined && /[\p{L}\p{N}_]/u.test(character);
  for (
    let at = content.indexOf(secret);
    at >= 0;
    at = content.indexOf(secret, at + 1)
  ) {
    if (!isPart(content[at - 1]) && !isPart(content[at + secret.length])) {
      return true;
    }
  }
  return false;
}

/** What tells whether a content holds a secret. */
function finderOf(secret: string): (content: Buffer) => boolean {
  if (secret.length < SHORTEST_PART) {
    const words = new Set([
      ...formsOf(secret).slice(0, 2),
      Buffer.from(secret).toString('base64'),
    ]);
    return content => {
      const text = content.toString('utf8');
      return Array.from(words).some(word => holdsWord(text, word));
    };
  }
  const forms = Array.from(new Set(formsOf(secret)), form => Buffer.from(form));
  return content => forms.some(form => content.includes(form));
}

/**
 * Refuses when a file, or its name, holds a secret of the task: as it is, in JSON, in an address or in base64.
 *
 * @throws InputError that names the file and the secret's name, never its value.
 */
export async function refuseSecretsInFiles(
  folder: string,
  paths: readonly string[],
  secrets: Record<string, string | undefined> | undefined,
): Promise<void> {
  const wanted = Object.entries(secrets ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' && value !== ''
      ? [{ name, isIn: finderOf(value) }]
      : [],
  );
  if (wanted.length === 0) {
    return;
  }
  for (const path of paths) {
    // A link's target was checked to be one of the files.
    const content = await readFile(join(folder, path));
    const inContent = wanted.find(({ isIn }) => isIn(content));
    if (inContent) {
      throw new InputError(
        `The template wrote the secret "${inContent.name}" into ${path}. Secrets never go into a repository.`,
      );
    }
    const inName = wanted.find(({ isIn }) => isIn(Buffer.from(path)));
    if (inName) {
      throw new InputError(
        `The template named a file after the secret "${inName.name}". Secrets never go into a repository.`,
      );
    }
  }
}
