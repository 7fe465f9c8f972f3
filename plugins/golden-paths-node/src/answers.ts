import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import {
  nameProblem,
  PREVIEW_FIELD,
} from '@pavedroad/plugin-golden-paths-common';
import type { Template, TemplatePage, TemplateProperty } from './template';

export type Answers = Record<string, unknown>;

/** What a page asks only where another question is answered in a certain way; the answer it looks at is no question of its own. */
function conditionalQuestions(
  page: TemplatePage,
): [string, TemplateProperty][] {
  return Object.entries(page.dependencies ?? {}).flatMap(([asked, { oneOf }]) =>
    oneOf
      .flatMap(({ properties }) => Object.entries(properties))
      .filter(([name]) => name !== asked),
  );
}

/**
 * All questions of a template by name, whatever page they are on, and also those that are asked with certain answers only. The preview of its
 * files is on the form, and no question.
 */
export function questionsOf(
  template: Pick<Template, 'pages'>,
): Record<string, TemplateProperty> {
  return Object.fromEntries(
    template.pages
      .flatMap(page => [
        ...Object.entries(page.properties ?? {}),
        ...conditionalQuestions(page),
      ])
      .filter(([, question]) => question['ui:field'] !== PREVIEW_FIELD),
  );
}

/** Names of the questions whose answers are secret: they may reach no file. */
export function secretQuestions(template: Pick<Template, 'pages'>): string[] {
  return Object.entries(questionsOf(template))
    .filter(([, question]) => question['ui:field'] === 'Secret')
    .map(([name]) => name);
}

/** The answers with every default filled in. */
export function withDefaults(
  template: Pick<Template, 'pages'>,
  answers: Answers,
): Answers {
  const defaults = Object.entries(questionsOf(template))
    .filter(([, question]) => question.default !== undefined)
    .map(([name, question]) => [name, question.default]);
  return { ...Object.fromEntries(defaults), ...answers };
}

/**
 * What tells whether answers fit a page, by the page: making it takes a hundred times as long as asking it. A page belongs to a template that
 * was read, and nobody changes one; a template that is read again has pages of its own.
 */
const validators = new WeakMap<TemplatePage, ValidateFunction>();

function validatorOf(page: TemplatePage): ValidateFunction {
  const known = validators.get(page);
  if (known) {
    return known;
  }
  const ajv = new Ajv({ allErrors: true, strict: false });
  addFormats(ajv);
  const validate = ajv.compile({ type: 'object', ...page });
  validators.set(page, validate);
  return validate;
}

/** What the form would refuse, one sentence each; empty when the answers pass. */
export function answerProblems(
  template: Pick<Template, 'pages'>,
  answers: Answers,
): string[] {
  const problems = template.pages.flatMap(page => {
    const validate = validatorOf(page);
    validate(answers);
    return (validate.errors ?? []).map(error => {
      const name = error.instancePath.slice(1);
      return name ? `"${name}" ${error.message}` : `${error.message}`;
    });
  });
  const known = questionsOf(template);
  for (const name of Object.keys(answers)) {
    if (!Object.hasOwn(known, name)) {
      problems.push(
        `"${name}" is not a question of this template; it asks for ${Object.keys(
          known,
        ).join(', ')}`,
      );
    }
  }
  // The name's field checks more than a pattern can say; so does the preflight.
  if (known.name?.['ui:field'] === 'PavedRoadName') {
    const problem = nameProblem(answers.name);
    if (problem && problems.length === 0) {
      problems.push(`"name": ${problem}`);
    }
  }
  return problems;
}
