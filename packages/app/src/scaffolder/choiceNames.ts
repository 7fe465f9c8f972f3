import type { TemplateParameterSchema } from '@backstage/plugin-scaffolder-common';

type JsonObject = TemplateParameterSchema['steps'][number]['schema'];
type JsonValue = Exclude<JsonObject[string], undefined>;

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A question whose answers are called the same on the page Review as in the form. Backstage's form takes their names from `ui:enumNames`, its
 * page Review only from `enumNames`; a question with yes or no has a symbol there, which not every system can draw.
 */
function withNames(question: JsonObject): JsonObject {
  if (question.type === 'boolean' && question.enum === undefined) {
    return { ...question, enum: [true, false], enumNames: ['Yes', 'No'] };
  }
  const names = question['ui:enumNames'];
  return Array.isArray(question.enum) &&
    Array.isArray(names) &&
    question.enumNames === undefined
    ? { ...question, enumNames: names }
    : question;
}

/** A schema with names for the answers of all questions, also of those that come up by what is answered. */
function named(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    return value.map(named);
  }
  if (!isObject(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      if (part === undefined) {
        return [key, part];
      }
      const inside = named(part);
      return [
        key,
        key === 'properties' && isObject(inside)
          ? Object.fromEntries(
              Object.entries(inside).map(([name, question]) => [
                name,
                isObject(question) ? withNames(question) : question,
              ]),
            )
          : inside,
      ];
    }),
  );
}

/** The pages of a form with names for the answers. */
export function withChoiceNames(
  form: TemplateParameterSchema,
): TemplateParameterSchema {
  return {
    ...form,
    steps: form.steps.map(step => ({
      ...step,
      schema: named(step.schema) as JsonObject,
    })),
  };
}
