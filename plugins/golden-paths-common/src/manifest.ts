import { parse, stringify } from 'yaml';
import { z } from 'zod';
import {
  OWNERSHIP_CLASSES,
  type OwnershipRule,
  resolveOwnership,
} from './ownership';

/** Where a repository keeps the record of what it was made from. */
export const MANIFEST_PATH = '.golden-path.yaml';

/** `apiVersion` of the manifest. */
export const MANIFEST_API_VERSION = 'pavedroad.dev/v1alpha1';

/** `kind` of the manifest. */
export const MANIFEST_KIND = 'GoldenPath';

/**
 * Version of the renderer (Backstage's `fetch:template` plus the platform layer's composition). It rises whenever the same template,
 * version and answers may give different bytes, so that an upgrade can render the old version with the renderer that made it.
 */
export const RENDERER_VERSION = '1';

/** The longest manifest that is read, in characters. */
export const MAX_MANIFEST_LENGTH = 1_000_000;

const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
const ENTITY_REF =
  /^[a-z]+:[a-z0-9A-Z]([a-z0-9A-Z_.-]*[a-z0-9A-Z])?\/[a-z0-9A-Z]([a-z0-9A-Z_.-]*[a-z0-9A-Z])?$/;

/** Control characters make a listing lie. */
function hasControlCharacter(text: string): boolean {
  return Array.from(text).some(c => c < ' ' || c === '\u007f');
}

/** Whether a path stays inside the repository and means the same on every system. */
export function isRepositoryPath(path: string): boolean {
  return (
    path.length > 0 &&
    path.length <= 1000 &&
    !path.includes('\\') &&
    !hasControlCharacter(path) &&
    path
      .split('/')
      .every(
        s => s !== '' && s !== '.' && s !== '..' && s.toLowerCase() !== '.git',
      )
  );
}

/** A semantic version as semver.org writes it. */
export function isSemanticVersion(version: string): boolean {
  return SEMVER.test(version);
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const jsonSchema: z.ZodType<Json> = z.lazy(() =>
  z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.array(jsonSchema),
    z.record(z.string(), jsonSchema),
  ]),
);

/** Schema of one file's entry. */
export const manifestFileSchema = z.strictObject({
  sha256: z
    .string()
    .regex(
      /^[0-9a-f]{64}$/,
      'must be the 64 lower-case hex digits of a SHA-256',
    ),
  class: z.enum(OWNERSHIP_CLASSES),
  executable: z.literal(true).optional(),
});

/** Schema of `.golden-path.yaml`. */
export const manifestSchema = z.strictObject({
  apiVersion: z.literal(MANIFEST_API_VERSION),
  kind: z.literal(MANIFEST_KIND),
  template: z.strictObject({
    ref: z
      .string()
      .max(300)
      .regex(
        ENTITY_REF,
        'must be an entity ref such as template:default/typescript-service',
      ),
    version: z
      .string()
      .max(100)
      .regex(SEMVER, 'must be a semantic version such as 1.4.0'),
    source: z.string().max(2000).optional(),
    commit: z
      .string()
      .regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'must be a full commit id')
      .optional(),
  }),
  renderer: z.string().min(1).max(50),
  answers: z.record(z.string(), jsonSchema),
  files: z.record(
    z.string().refine(isRepositoryPath, 'must be a path inside the repository'),
    manifestFileSchema,
  ),
});

/**
 * What a scaffolded repository records of its making. File hashes are SHA-256 of the bytes rendered, not of what the repository holds
 * later.
 */
export type GoldenPathManifest = z.infer<typeof manifestSchema>;

/** One file as rendered. */
export type RenderedFile = {
  /** Path from the repository's root, separated by `/`. */
  path: string;
  /** SHA-256 of the bytes, 64 lower-case hex digits. */
  sha256: string;
  executable?: boolean;
};

/** What {@link buildManifest} needs. */
export type BuildManifestOptions = {
  template: { ref: string; version: string; source?: string; commit?: string };
  /** Defaults to {@link RENDERER_VERSION}. */
  renderer?: string;
  /** Every answer, the defaulted ones included. */
  answers: Record<string, unknown>;
  /** Names of answers that are secret: left out. */
  secretAnswers?: readonly string[];
  files: readonly RenderedFile[];
  ownership: readonly OwnershipRule[];
  /** Files that are the team's whatever the rules say: their places were taken when the path was taken up. */
  seedPaths?: readonly string[];
};

function compareCodePoints(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}

/** A masked secret as the scaffolder's forms put it among the answers: asterisks only. */
function isMaskedSecret(value: unknown): boolean {
  return typeof value === 'string' && /^\*+$/.test(value);
}

/** The sentence for a manifest that is not as it should be. */
function manifestProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  // A bad key is wrapped: the reason is inside.
  const reason =
    issue.code === 'invalid_key'
      ? issue.issues[0]?.message ?? issue.message
      : issue.message;
  const where = issue.path.length ? ` at "${issue.path.join('.')}"` : '';
  const more =
    error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : '';
  return `${MANIFEST_PATH} is not valid${where}: ${reason}${more}.`;
}

/** Thrown for a manifest that cannot be built or read; the message is a sentence for a person. */
export class ManifestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ManifestError';
  }
}

/** Copies plain JSON with its keys sorted, dropping what JSON cannot hold, so that equal answers give equal bytes. */
function canonical(value: unknown): Json | undefined {
  if (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean'
  ) {
    return value;
  }
  if (typeof value === 'number') {
    return Number.isFinite(value) ? value : undefined;
  }
  if (Array.isArray(value)) {
    return value.map(item => canonical(item) ?? null);
  }
  if (typeof value === 'object') {
    const entries = Object.entries(value)
      .map(([key, item]) => [key, canonical(item)] as const)
      .filter(
        (entry): entry is readonly [string, Json] => entry[1] !== undefined,
      )
      .sort(([a], [b]) => compareCodePoints(a, b));
    return Object.fromEntries(entries);
  }
  return undefined;
}

/**
 * Builds the manifest of a render. Files and answers are sorted, so the same render gives the same bytes. The manifest itself is never
 * among its files.
 *
 * @throws {@link ManifestError} when a path leaves the repository, a version is not semantic or the like.
 */
export function buildManifest(
  options: BuildManifestOptions,
): GoldenPathManifest {
  const secret = new Set(options.secretAnswers ?? []);
  const answers = Object.fromEntries(
    Object.entries(options.answers).filter(
      ([key, value]) => !secret.has(key) && !isMaskedSecret(value),
    ),
  );
  const taken = new Set(options.seedPaths ?? []);
  const files = options.files
    .filter(file => file.path !== MANIFEST_PATH)
    .sort((a, b) => compareCodePoints(a.path, b.path))
    .map(
      file =>
        [
          file.path,
          {
            sha256: file.sha256,
            class: taken.has(file.path)
              ? ('seed' as const)
              : resolveOwnership(file.path, options.ownership),
            ...(file.executable ? { executable: true as const } : {}),
          },
        ] as const,
    );
  const { ref, version, source, commit } = options.template;
  const parsed = manifestSchema.safeParse({
    apiVersion: MANIFEST_API_VERSION,
    kind: MANIFEST_KIND,
    template: {
      ref,
      version,
      ...(source ? { source } : {}),
      ...(commit ? { commit } : {}),
    },
    renderer: options.renderer ?? RENDERER_VERSION,
    answers: canonical(answers),
    files: Object.fromEntries(files),
  });
  if (!parsed.success) {
    throw new ManifestError(manifestProblem(parsed.error));
  }
  return parsed.data;
}

/** Writes a manifest as YAML: the same manifest always gives the same text. */
export function serializeManifest(manifest: GoldenPathManifest): string {
  const header = [
    '# What this repository was made from. Upgrades read it; do not edit it by hand.',
    '# managed: kept by the platform. merged: shared, upgrades merge. seed: yours since the first commit.',
  ].join('\n');
  return `${header}\n${stringify(manifest, {
    lineWidth: 0,
    aliasDuplicateObjects: false,
  })}`;
}

/**
 * Reads a manifest. Aliases, tags and duplicate keys are refused, since the file comes from a repository others write to.
 *
 * @throws {@link ManifestError} with a sentence that says what is wrong.
 */
export function parseManifest(text: string): GoldenPathManifest {
  if (text.length > MAX_MANIFEST_LENGTH) {
    throw new ManifestError(
      `${MANIFEST_PATH} has ${text.length} characters, ${MAX_MANIFEST_LENGTH} is the most.`,
    );
  }
  let value: unknown;
  try {
    value = parse(text, {
      schema: 'core',
      maxAliasCount: 0,
      uniqueKeys: true,
      customTags: [],
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : '';
    throw new ManifestError(`${MANIFEST_PATH} is not valid YAML: ${reason}`);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    throw new ManifestError(manifestProblem(parsed.error));
  }
  return parsed.data;
}

/** How a repository's files compare with the render its manifest records. */
export type ManifestComparison = {
  /** As rendered. */
  unchanged: string[];
  /** There, but other bytes. */
  changed: string[];
  /** Rendered, no longer there. */
  missing: string[];
};

/** Compares hashes of a repository's files (path to SHA-256) with the recorded render. */
export function compareWithManifest(
  manifest: GoldenPathManifest,
  hashes: ReadonlyMap<string, string>,
): ManifestComparison {
  const result: ManifestComparison = {
    unchanged: [],
    changed: [],
    missing: [],
  };
  for (const [path, file] of Object.entries(manifest.files)) {
    const hash = hashes.get(path);
    if (hash === undefined) {
      result.missing.push(path);
    } else if (hash === file.sha256) {
      result.unchanged.push(path);
    } else {
      result.changed.push(path);
    }
  }
  return result;
}
