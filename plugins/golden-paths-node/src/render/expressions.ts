import {
  createTemplateRenderer,
  type TemplateFilter,
  type TemplateValue,
} from 'nunjitsu';
import { parseEntityRef } from '@backstage/catalog-model';

/** What the scaffolder adds to the engine's own filters, as far as it means something without a source-code host. */
const filters: Record<string, TemplateFilter> = {
  parseEntityRef: (ref, context) =>
    ({
      ...parseEntityRef(
        String(ref),
        (context ?? {}) as { defaultKind?: string; defaultNamespace?: string },
      ),
    } as TemplateValue),
  pick: (value, key) => (value as Record<string, TemplateValue>)?.[String(key)],
};

/** The same engine and settings as the scaffolder's task runner. */
const rendererWith = (more: Record<string, TemplateFilter>) =>
  createTemplateRenderer({
    allowRegexExecution: true,
    filters: { ...filters, ...more },
    globals: { always: () => true, failure: () => false },
  });

const plain = rendererWith({});

/** What step inputs and conditions may speak of. */
export type StepContext = {
  parameters: Record<string, unknown>;
  steps: Record<string, { output: Record<string, unknown> }>;
  /** Of a step that runs for each of several. */
  each?: { key: unknown; value: unknown };
};

/** Notes answers that are missing where an expression of a step needs them. */
export type ExpressionGuard = {
  /** The same text with its places guarded. */
  guarded(text: string): string;
  /** Filters by which guarded texts tell what they were given. */
  filters: Record<string, TemplateFilter>;
};

/** Renders every text of a step's input; a text that is one expression keeps the value's type. */
export function renderInput(
  value: unknown,
  context: StepContext,
  guard?: ExpressionGuard,
): unknown {
  const renderer = guard ? rendererWith(guard.filters) : plain;
  const rendered = (part: unknown): unknown => {
    if (typeof part === 'string') {
      return renderer.renderValue(
        guard ? guard.guarded(part) : part,
        context as unknown as Record<string, TemplateValue>,
      );
    }
    if (Array.isArray(part)) {
      return part.map(rendered);
    }
    if (part !== null && typeof part === 'object') {
      return Object.fromEntries(
        Object.entries(part).map(([key, item]) => [key, rendered(item)]),
      );
    }
    return part;
  };
  return rendered(value);
}

/** Whether a step's `if` lets it run. */
export function isTruthy(
  condition: string | boolean | undefined,
  context: StepContext,
  guard?: ExpressionGuard,
): boolean {
  if (condition === undefined || typeof condition === 'boolean') {
    return condition ?? true;
  }
  const value = renderInput(condition, context, guard);
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** What a step runs for, each in turn: the items of a list, or the members of a map. */
export function eachOf(value: unknown): NonNullable<StepContext['each']>[] {
  if (value === null || typeof value !== 'object') {
    return [];
  }
  return Object.entries(value).map(([key, item]) => ({ key, value: item }));
}
