import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  stringify,
  visit,
} from 'yaml';
import { nameProblem } from '../names';

/** The annotation that holds a template's semantic version. */
export const TEMPLATE_VERSION_ANNOTATION = 'pavedroad.dev/template-version';

/** The annotation that says who a template is for: `draft` (its authors), `beta`, `stable` or `deprecated`. */
export const TEMPLATE_CHANNEL_ANNOTATION = 'pavedroad.dev/channel';

/** The version a new template begins with. */
export const DRAFT_VERSION = '0.1.0';

/** What a tag of the catalog looks like. */
export const TAG_PATTERN = '^[a-z0-9+#]+(-[a-z0-9+#]+)*$';

/** What is said of a template that is begun. */
export type DraftTemplate = {
  name: string;
  /** Shown in the list; the name in words by default. */
  title?: string;
  /** One sentence; that of the template it starts from by default. */
  description?: string;
  /** Entity ref of the group that writes it; the owner of the other one by default. */
  owner?: string;
  /** Those of the other one, but for `recommended`, when there are none. */
  tags?: readonly string[];
};

/** The files in which a draft differs from what it starts from, by their path in its folder. */
export type DraftedFiles = {
  'template.yaml': string;
  'CHANGELOG.md': string;
};

/** Thrown for what cannot be a draft; the message is a sentence for a person. */
export class DraftTemplateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DraftTemplateError';
  }
}

type Splice = { from: number; to: number; text: string };

function inline(value: unknown): string {
  return Array.isArray(value)
    ? `[${value.map(inline).join(', ')}]`
    : stringify(value, {
        lineWidth: 0,
        defaultStringType: 'PLAIN',
        blockQuote: false,
      }).trimEnd();
}

/** A name as words: `payment-adapter` is a Payment adapter. */
export function titleOf(name: string): string {
  const words = name.replaceAll('-', ' ');
  return words.charAt(0).toLocaleUpperCase('en-US') + words.slice(1);
}

function parsed(text: string): Document {
  const document = parseDocument(text, { uniqueKeys: true });
  const [error] = document.errors;
  if (error || !isMap(document.contents)) {
    throw new DraftTemplateError(
      `template.yaml of the template to start from cannot be read: ${
        error?.message.split('\n')[0] ?? 'it is no map'
      }.`,
    );
  }
  return document;
}

function nodeAt(document: Document, path: readonly string[]): Node | undefined {
  const node = document.getIn(path, true);
  return isNode(node) ? node : undefined;
}

const textAt = (document: Document, path: readonly string[]) => {
  const node = nodeAt(document, path);
  return isScalar(node) && typeof node.value === 'string'
    ? node.value
    : undefined;
};

/** The text of a value in the place of another, on the same line. */
function spliceFor(text: string, node: Node, value: unknown): Splice {
  const [from, to] = node.range ?? [0, 0];
  if (isSeq(node) && !node.flow) {
    throw new DraftTemplateError(
      'The tags of the template to start from are not written as [a, b].',
    );
  }
  // A text of several lines counts the end of its last one.
  const end = text.slice(from, to).endsWith('\n') ? '\n' : '';
  return { from, to, text: inline(value) + end };
}

/**
 * Begins a template as a copy of one that is proved: the same form, steps and files under another name, version 0.1.0, for its authors only
 * (channel `draft`), with a changelog of its own. This is the one place that says what that means; the command and the portal both ask it.
 * Comments, order and line breaks of template.yaml stay. Pure.
 *
 * `text` is template.yaml of the template to start from; everything else in its folder is taken over as it is.
 *
 * @throws {@link DraftTemplateError} for a name or tag that cannot be one, and for a template that cannot be started from
 */
export function draftTemplate(
  text: string,
  draft: DraftTemplate,
): DraftedFiles {
  const problem = nameProblem(draft.name);
  if (problem) {
    throw new DraftTemplateError(problem);
  }
  const document = parsed(text);
  const version = textAt(document, [
    'metadata',
    'annotations',
    TEMPLATE_VERSION_ANNOTATION,
  ]);
  const base = textAt(document, ['metadata', 'name']);
  if (base === undefined || version === undefined) {
    throw new DraftTemplateError(
      `template.yaml of the template to start from has no name or no annotation ${TEMPLATE_VERSION_ANNOTATION}.`,
    );
  }
  const channel = textAt(document, [
    'metadata',
    'annotations',
    TEMPLATE_CHANNEL_ANNOTATION,
  ]);
  if (channel === 'deprecated') {
    throw new DraftTemplateError(
      `${base} is deprecated; start from what takes its place.`,
    );
  }
  const tagsNode = nodeAt(document, ['metadata', 'tags']);
  const inherited = (isSeq(tagsNode) ? tagsNode.toJSON() : []) as string[];
  const tags = draft.tags?.length
    ? [...new Set(draft.tags)]
    : inherited.filter(tag => tag !== 'recommended');
  for (const tag of tags) {
    if (!new RegExp(TAG_PATTERN).test(tag) || tag.length > 63) {
      throw new DraftTemplateError(
        `"${tag}" is no tag: use lower-case letters, digits and single dashes, 63 at most.`,
      );
    }
  }

  const wanted: [string[], unknown][] = [
    [['metadata', 'name'], draft.name],
    [['metadata', 'title'], draft.title || titleOf(draft.name)],
    [['metadata', 'description'], draft.description || undefined],
    [['metadata', 'annotations', TEMPLATE_VERSION_ANNOTATION], DRAFT_VERSION],
    [['metadata', 'annotations', TEMPLATE_CHANNEL_ANNOTATION], 'draft'],
    [['metadata', 'tags'], tags],
    [['spec', 'owner'], draft.owner || undefined],
  ];
  const splices: Splice[] = [];
  for (const [path, value] of wanted) {
    const node = nodeAt(document, path);
    if (value !== undefined && !node) {
      throw new DraftTemplateError(
        `template.yaml of ${base} says nothing as ${path.join('.')}.`,
      );
    }
    if (value !== undefined && node) {
      splices.push(spliceFor(text, node, value));
    }
  }
  // What steps are told of the template itself.
  const own: Record<string, [string, string]> = {
    template: [base, draft.name],
    templateVersion: [version, DRAFT_VERSION],
    version: [version, DRAFT_VERSION],
  };
  const steps = nodeAt(document, ['spec', 'steps']);
  visit(steps ?? null, {
    Pair(_, { key, value }) {
      const name = isScalar(key) ? String(key.value) : '';
      if (Object.hasOwn(own, name) && isScalar(value)) {
        const [from, to] = own[name];
        if (value.value === from) {
          splices.push(spliceFor(text, value, to));
        }
      }
    },
  });
  const result = splices
    .sort((a, b) => b.from - a.from)
    .reduce(
      (all, { from, to, text: value }) =>
        all.slice(0, from) + value + all.slice(to),
      text,
    );
  // The text was changed in few places; that each of them says what it should is read back.
  const outcome = parsed(result);
  for (const [path, value] of wanted) {
    const node = nodeAt(outcome, path);
    if (
      value !== undefined &&
      JSON.stringify(node?.toJS(outcome)) !== JSON.stringify(value)
    ) {
      throw new DraftTemplateError(
        `${path.join(
          '.',
        )} of ${base} is written in a way that cannot be changed.`,
      );
    }
  }
  return {
    'template.yaml': result,
    'CHANGELOG.md': `# Changelog\n\n## ${DRAFT_VERSION}\n\n- A first draft: what \`${base}\` ${version} makes, under a name of its own.\n`,
  };
}
