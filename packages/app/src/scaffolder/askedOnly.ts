import type { JsonObject, JsonValue } from '@backstage/types';
import { deepEquals, retrieveSchema, type RJSFSchema } from '@rjsf/utils';
import validator from '@rjsf/validator-ajv8';

/** What a page, or an answer that is made of answers, asks in the light of what is answered. */
type Asked = {
  questions: Record<string, RJSFSchema>;
  /** Answers under any other name are good, too. */
  others: boolean;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function askedBy(
  schema: RJSFSchema,
  page: RJSFSchema,
  answers: JsonObject,
): Asked {
  const resolved = retrieveSchema(validator, schema, page, answers);
  // Which of them somebody chose is known to the form alone: what any asks is asked.
  const options = [...(resolved.oneOf ?? []), ...(resolved.anyOf ?? [])]
    .filter(isObject)
    .map(option => askedBy(option, page, answers));
  return {
    // Its own first, and as they are where an option asks the same.
    questions: Object.assign(
      {},
      resolved.properties,
      ...options.map(({ questions }) => questions),
      resolved.properties,
    ),
    others:
      (resolved.additionalProperties ?? false) !== false ||
      options.some(({ others }) => others),
  };
}

/** An answer without what is not asked inside of it. */
function inside(
  schema: RJSFSchema,
  page: RJSFSchema,
  value: JsonValue,
): JsonValue {
  if (Array.isArray(value)) {
    const { items } = retrieveSchema(validator, schema, page, value);
    return value.map((item, index) => {
      const asked = Array.isArray(items) ? items[index] : items;
      return isObject(asked) ? inside(asked, page, item) : item;
    });
  }
  if (!isObject(value)) {
    return value;
  }
  const asked = (answers: JsonObject) => [
    { page, ...askedBy(schema, page, answers) },
  ];
  // What says nothing of its parts is the business of its field.
  return Object.keys(asked(value)[0].questions).length > 0
    ? settled(asked, value)
    : value;
}

/**
 * The answers that are asked by what is kept of them. Whether a question is asked may depend on another one that depends on a third: begun
 * with what is always asked, each round adds what the one before it leads to. Questions that take turns at hiding each other never come to
 * rest; the form cannot show them either.
 */
function settled(
  ask: (answers: JsonObject) => Array<Asked & { page: RJSFSchema }>,
  answers: JsonObject,
): JsonObject {
  let kept: JsonObject = {};
  for (let round = 0; round <= Object.keys(answers).length; round += 1) {
    const asked = ask(kept);
    const questions = asked.flatMap(({ page, questions: byName }) =>
      Object.entries(byName).map(([name, question]) => ({
        name,
        answer: (value: JsonValue) =>
          isObject(question) ? inside(question, page, value) : value,
      })),
    );
    const others = asked.some(by => by.others)
      ? Object.keys(answers).map(name => ({ name, answer: undefined }))
      : [];
    const next: JsonObject = {};
    for (const { name, answer } of [...questions, ...others]) {
      const value = Object.hasOwn(answers, name) ? answers[name] : undefined;
      if (value !== undefined && !Object.hasOwn(next, name)) {
        next[name] = answer?.(value) ?? value;
      }
    }
    if (deepEquals(next, kept)) {
      return kept;
    }
    kept = next;
  }
  return kept;
}

/**
 * The answers to questions that are asked with these answers, in the order of the form.
 *
 * A form keeps what was answered when its question is not asked any more: it lets one go back and choose again. What was answered then is
 * no answer to anything, and neither is what an address brought along.
 *
 * @param pages - the JSON schemas of all pages, which are resolved as the form resolves them
 */
export function askedOnly(
  pages: readonly JsonObject[],
  answers: JsonObject,
): JsonObject {
  return settled(
    kept =>
      pages.map(page => ({
        page: page as RJSFSchema,
        ...askedBy(page as RJSFSchema, page as RJSFSchema, kept),
      })),
    answers,
  );
}
