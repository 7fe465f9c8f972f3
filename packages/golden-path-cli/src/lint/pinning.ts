import type { Finding } from '../verify/types';

const DIGEST = /@sha256:[0-9a-f]{64}$/;
const COMMIT = /@[0-9a-f]{40}$/;

/** What a line of a pipeline or image brings from elsewhere, and what says that it is always the same; `undefined` for other lines. */
function broughtBy(
  file: string,
  line: string,
): { reference: string; pinned: RegExp; as: string } | undefined {
  const [, action] = /^\s*(?:- )?uses:\s+["']?([^\s"'#]+)/.exec(line) ?? [];
  if (action && /(^|\/)\.github\//.test(file)) {
    return { reference: action, pinned: COMMIT, as: 'a full commit id' };
  }
  const [, base] = /^FROM\s+(?:--\S+\s+)*(\S+)/.exec(line) ?? [];
  if (base && /Dockerfile(\.njk)?$/.test(file)) {
    return { reference: base, pinned: DIGEST, as: 'a digest' };
  }
  const [, image] = /^\s*image:\s+["']?([^\s"'#]+)/.exec(line) ?? [];
  if (image && /(^|\/)\.gitlab(-ci)?[./]/.test(file)) {
    return { reference: image, pinned: DIGEST, as: 'a digest' };
  }
  return undefined;
}

/**
 * Actions of others that are not pinned to a commit, and images that are not pinned to a digest: whoever moves the tag decides what runs. Asked of
 * the files of a template, so that it is known before anything is rendered. `file` is the path in the template.
 */
export function pinningFindings(file: string, text: string): Finding[] {
  const stages = new Set(
    Array.from(text.matchAll(/^FROM\s.*\sAS\s+(\S+)/gim), match => match[1]),
  );
  return text.split('\n').flatMap((line, index) => {
    const brought = broughtBy(file, line);
    return !brought ||
      brought.pinned.test(brought.reference) ||
      // What is here already, is decided when rendering, or is nothing.
      /^\.\/|\$/.test(brought.reference) ||
      brought.reference === 'scratch' ||
      stages.has(brought.reference)
      ? []
      : [
          {
            where: `${file}:${index + 1}`,
            message: `${brought.reference} is not pinned to ${brought.as}`,
          },
        ];
  });
}
