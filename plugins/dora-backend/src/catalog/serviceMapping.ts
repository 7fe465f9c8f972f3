import {
  DEFAULT_NAMESPACE,
  Entity,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { ServiceHint } from '@pavedroad/plugin-dora-common';
import { minimatch } from 'minimatch';

/** Marks entities of the sample organisation. */
export const SAMPLE_DATA_ANNOTATION = 'pavedroad.dev/sample-data';
/** Directory of a component inside its repository. */
export const SOURCE_PATH_ANNOTATION = 'pavedroad.dev/source-path';
/** Repository slugs, in the order in which they are believed. */
export const REPOSITORY_ANNOTATIONS = [
  'pavedroad.dev/repository',
  'github.com/project-slug',
  'gitlab.com/project-slug',
];

/** Longest list of aliases read from one annotation. */
const MAX_ALIASES = 50;

/**
 * Annotations that say what other tools call a service, and how their values are
 * read. Events name these as `<annotation>:<value>`.
 */
const ALIAS_ANNOTATIONS: Record<string, (value: string) => string[]> = {
  'argocd/app-name': listedValues,
  'backstage.io/kubernetes-id': listedValues,
  'opsgenie.com/component-selector': opsgenieTags,
  'opsgenie.com/team': value => [value.trim()],
  'pagerduty.com/service-id': listedValues,
};

/** Values separated by commas: some tools know a component under several names. */
function listedValues(value: string): string[] {
  return value.split(',').map(item => item.trim());
}

/**
 * The tags of an Opsgenie search such as `tag:"service:checkout" OR tag: till`. A
 * search that asks for more than one of several tags is no name and gives none.
 */
function opsgenieTags(value: string): string[] {
  const alternatives = value.split(/\s+OR\s+/i).map(alternative => {
    const [, quoted, bare] =
      /^\s*\(?\s*tags?\s*:\s*(?:"([^"]+)"|([^\s"()]+))\s*\)?\s*$/i.exec(
        alternative,
      ) ?? [];
    return quoted ?? bare;
  });
  return alternatives.every(tag => tag !== undefined) ? alternatives : [];
}

function aliasesOf(annotations: Record<string, string>): string[] {
  return Object.entries(ALIAS_ANNOTATIONS).flatMap(([annotation, read]) =>
    annotations[annotation]
      ? read(annotations[annotation])
          .filter(value => value !== '')
          .slice(0, MAX_ALIASES)
          .map(value => `${annotation}:${value}`)
      : [],
  );
}

/** What the catalog says about one service, as far as delivery metrics need it. */
export interface CatalogServiceEntry {
  entityRef: string;
  repository?: string;
  /** Directory of a service that shares its repository, without slashes at its ends. */
  sourcePath?: string;
  sample: boolean;
  /** What other tools call it, as `<annotation>:<value>`. */
  aliases?: string[];
}

/** A configured rule of last resort: `dora.serviceRules`. */
export interface ServiceRule {
  /** Glob over the service name or id the event carries. */
  name?: string;
  /** Glob over the repository slug the event carries. */
  repository?: string;
  /** The component the rule leads to. */
  entityRef: string;
}

/** The answer of {@link ServiceMapping.resolve}. */
export type Resolution =
  | { entityRef: string }
  | {
      unresolved:
        | 'unknown_service'
        | 'ambiguous_repository'
        | 'ambiguous_alias';
    };

/**
 * Repository slugs compare without case, host, leading slash or `.git`, because
 * providers write the same repository in all these ways.
 */
export function normaliseRepository(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/^[a-z+]+:\/\/[^/]+\//, '')
    .replace(/^[^/@]+@[^:/]+:/, '')
    .replace(/^api\/git\//, '')
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '');
}

function normalisePath(text: string | undefined): string | undefined {
  const path = text?.replace(/^\.?\/+|\/+$/g, '');
  return path ? path : undefined;
}

/** Reads one catalog entity; `undefined` when it is no Component. */
export function serviceEntryOf(
  entity: Entity,
): CatalogServiceEntry | undefined {
  if (entity.kind.toLocaleLowerCase('en-US') !== 'component') {
    return undefined;
  }
  const annotations = entity.metadata.annotations ?? {};
  const repository = REPOSITORY_ANNOTATIONS.map(name => annotations[name]).find(
    value => value,
  );
  const aliases = aliasesOf(annotations);
  return {
    entityRef: stringifyEntityRef(entity),
    repository: repository ? normaliseRepository(repository) : undefined,
    sourcePath: normalisePath(annotations[SOURCE_PATH_ANNOTATION]),
    sample: annotations[SAMPLE_DATA_ANNOTATION] === 'true',
    ...(aliases.length > 0 && { aliases }),
  };
}

/**
 * Which service an event is about, by the definition: an explicit component
 * reference, else what the catalog says another tool calls it, else the repository slug (plus source path in a monorepo), else a
 * configured rule. Pure and immutable: a new catalog state is a new mapping.
 */
export class ServiceMapping {
  private readonly byRef: Map<string, CatalogServiceEntry>;
  private readonly byRepository: Map<string, CatalogServiceEntry[]>;
  private readonly byAlias: Map<string, string[]>;
  private readonly rules: ServiceRule[];

  static create(
    entries: CatalogServiceEntry[],
    rules: ServiceRule[],
  ): ServiceMapping {
    return new ServiceMapping(entries, rules);
  }

  private constructor(entries: CatalogServiceEntry[], rules: ServiceRule[]) {
    this.byRef = new Map(entries.map(entry => [entry.entityRef, entry]));
    this.byRepository = new Map();
    this.byAlias = new Map();
    this.rules = rules;
    for (const entry of entries) {
      for (const alias of new Set(entry.aliases)) {
        this.byAlias.set(alias, [
          ...(this.byAlias.get(alias) ?? []),
          entry.entityRef,
        ]);
      }
      if (entry.repository) {
        const siblings = this.byRepository.get(entry.repository) ?? [];
        siblings.push(entry);
        this.byRepository.set(entry.repository, siblings);
      }
    }
  }

  /** What the catalog says about a service, or `undefined` when it does not know it. */
  get(entityRef: string): CatalogServiceEntry | undefined {
    return this.byRef.get(entityRef);
  }

  /** Every service whose source is in a repository. */
  servicesOf(repository: string): CatalogServiceEntry[] {
    return this.byRepository.get(normaliseRepository(repository)) ?? [];
  }

  /** Every service the catalog knows. */
  entries(): CatalogServiceEntry[] {
    return [...this.byRef.values()];
  }

  /**
   * Repositories that several services claim without source paths that tell them
   * apart: what names only the repository belongs to none of them.
   */
  contestedRepositories(): { repository: string; entityRefs: string[] }[] {
    return [...this.byRepository].flatMap(([repository, siblings]) => {
      const places = siblings.map(({ sourcePath }) => sourcePath ?? '');
      const contested = siblings.filter(
        ({ sourcePath }) =>
          places.filter(place => place === (sourcePath ?? '')).length > 1,
      );
      return contested.length > 0
        ? [
            {
              repository,
              entityRefs: contested.map(({ entityRef }) => entityRef),
            },
          ]
        : [];
    });
  }

  resolve(hint: ServiceHint): Resolution {
    const explicit = this.resolveReference(hint.entityRef);
    if (explicit) {
      return { entityRef: explicit };
    }
    if (hint.entityRef) {
      // Named outright and unknown: its repository may belong to somebody else.
      return this.resolveByRule(hint) ?? { unresolved: 'unknown_service' };
    }
    const claimants = (hint.aliases ?? []).map(
      alias => this.byAlias.get(alias) ?? [],
    );
    const named =
      claimants.find(refs => refs.length === 1)?.[0] ??
      this.resolveReference(hint.name);
    if (named) {
      return { entityRef: named };
    }
    let ambiguous = false;
    const slugs = [hint.repository, slugLike(hint.name)];
    for (const slug of slugs) {
      const found = slug ? this.resolveRepository(slug, hint.path) : [];
      if (found.length === 1) {
        return { entityRef: found[0].entityRef };
      }
      ambiguous = ambiguous || found.length > 1;
    }
    return (
      this.resolveByRule(hint) ?? {
        unresolved: unresolvedBecause(
          ambiguous,
          claimants.some(refs => refs.length > 1),
        ),
      }
    );
  }

  private resolveByRule(hint: ServiceHint): Resolution | undefined {
    const rule = this.rules.find(candidate => matchesRule(candidate, hint));
    const ruled = rule && this.resolveReference(rule.entityRef);
    return ruled ? { entityRef: ruled } : undefined;
  }

  private resolveReference(text: string | undefined): string | undefined {
    if (!text) {
      return undefined;
    }
    try {
      const ref = stringifyEntityRef(
        parseEntityRef(text.trim(), {
          defaultKind: 'component',
          defaultNamespace: DEFAULT_NAMESPACE,
        }),
      );
      return this.byRef.has(ref) ? ref : undefined;
    } catch {
      return undefined;
    }
  }

  private resolveRepository(
    slug: string,
    path: string | undefined,
  ): CatalogServiceEntry[] {
    const siblings = this.servicesOf(slug);
    const wanted = normalisePath(path);
    if (wanted === undefined) {
      const whole = siblings.filter(entry => entry.sourcePath === undefined);
      return whole.length === 1 ? whole : siblings;
    }
    // The deepest directory that holds the path is the service: a component for
    // the whole repository must not win over the one whose folder it is.
    const holding = siblings.filter(
      entry =>
        entry.sourcePath === undefined ||
        wanted === entry.sourcePath ||
        wanted.startsWith(`${entry.sourcePath}/`),
    );
    const deepest = Math.max(
      ...holding.map(entry => entry.sourcePath?.length ?? 0),
    );
    return holding.filter(entry => (entry.sourcePath?.length ?? 0) === deepest);
  }
}

function unresolvedBecause(
  ambiguousRepository: boolean,
  ambiguousAlias: boolean,
): 'ambiguous_repository' | 'ambiguous_alias' | 'unknown_service' {
  if (ambiguousRepository) {
    return 'ambiguous_repository';
  }
  return ambiguousAlias ? 'ambiguous_alias' : 'unknown_service';
}

function slugLike(text: string | undefined): string | undefined {
  return text && /^[^:]+\/[^:]+$/.test(text) ? text : undefined;
}

function matchesRule(rule: ServiceRule, hint: ServiceHint): boolean {
  const conditions: [string | undefined, string | undefined][] = [
    [rule.name, hint.name ?? hint.entityRef],
    [rule.repository, hint.repository && normaliseRepository(hint.repository)],
  ];
  const given = conditions.filter(([pattern]) => pattern !== undefined);
  return (
    given.length > 0 &&
    given.every(
      ([pattern, value]) =>
        value !== undefined &&
        minimatch(value, pattern!, { nocase: true, dot: true }),
    )
  );
}
