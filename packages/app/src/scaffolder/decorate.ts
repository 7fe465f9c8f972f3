import type { AnyApiRef, ApiHolder } from '@backstage/core-plugin-api';
import type {
  ScaffolderFormDecorator,
  ScaffolderFormDecoratorContext,
} from '@backstage/plugin-scaffolder-react/alpha';
import type { JsonObject, JsonValue } from '@backstage/types';
import { z } from 'zod/v3';

/** What a form decorator is made of, which Backstage keeps to itself. */
type Decorator = ScaffolderFormDecorator & {
  version: 'v1';
  schema?: { input?: Record<string, (zod: typeof z) => z.ZodType> };
  deps?: Record<string, AnyApiRef>;
  decorator(
    context: ScaffolderFormDecoratorContext,
    deps: Record<string, unknown>,
  ): Promise<void>;
};

/** What is about to be sent. */
export type Sent = {
  answers: Record<string, JsonValue>;
  secrets: Record<string, string>;
};

/**
 * Lets the decorators that a template asks for see to what is sent, one after the other. Unlike Backstage's own page it sends nothing where
 * one of them is missing or cannot work: what it should have put in would be missing.
 *
 * @throws Error that says which decorator it is
 */
export async function decorate(
  sent: Sent,
  options: {
    asked: ReadonlyArray<{ id: string; input?: JsonObject }>;
    decorators: readonly ScaffolderFormDecorator[];
    apiHolder: ApiHolder;
  },
): Promise<Sent> {
  const seen = { ...sent };
  for (const { id, input = {} } of options.asked) {
    const found = options.decorators.find(decorator => decorator.id === id) as
      | Decorator
      | undefined;
    if (found?.version !== 'v1') {
      throw new Error(
        `The template asks for the form decorator ${id}, which this portal does not have.`,
      );
    }
    const schema = Object.entries(found.schema?.input ?? {});
    const parsed =
      schema.length > 0
        ? z
            .object(
              Object.fromEntries(schema.map(([key, make]) => [key, make(z)])),
            )
            .safeParse(input)
        : undefined;
    if (parsed?.success === false) {
      throw new Error(
        `The template gives the form decorator ${id} what it does not take: ${parsed.error.message}`,
      );
    }
    const deps = Object.entries(found.deps ?? {}).map(([key, ref]) => {
      const api = options.apiHolder.get(ref);
      if (!api) {
        throw new Error(
          `The form decorator ${id} needs ${ref.id}, which this portal does not have.`,
        );
      }
      return [key, api];
    });
    await found.decorator(
      {
        input: parsed ? (parsed.data as JsonObject) : input,
        formState: seen.answers,
        setFormState: change => {
          seen.answers = { ...change(seen.answers) };
        },
        setSecrets: change => {
          seen.secrets = { ...change(seen.secrets) };
        },
      },
      Object.fromEntries(deps),
    );
  }
  return seen;
}
