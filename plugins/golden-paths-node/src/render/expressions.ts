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
const renderer = createTemplateRenderer({
  allowRegexExecution: true,
  filters,
  globals: { always: () => true, failure: () => false },
});

/** What step inputs and conditions may speak of. */
export type StepContext = {
  parameters: Record<string, unknown>;
  steps: Record<string, { output: Record<string, unknown> }>;
};

/** Renders every text of a step's input; a text that is one expression keeps the value's type. */
export function renderInput(value: unknown, context: StepContext): unknown {
  if (typeof value === 'string') {
    return renderer.renderValue(
      value,
      context as unknown as Record<string, TemplateValue>,
    );
  }
  if (Array.isArray(value)) {
    return value.map(item => renderInput(item, context));
  }
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        renderInput(item, context),
      ]),
    );
  }
  return value;
}

/** Whether a step's `if` lets it run. */
export function isTruthy(
  condition: string | boolean | undefined,
  context: StepContext,
): boolean {
  if (condition === undefined || typeof condition === 'boolean') {
    return condition ?? true;
  }
  const value = renderInput(condition, context);
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
