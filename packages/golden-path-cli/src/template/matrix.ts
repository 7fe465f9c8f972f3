import { type Answers, questionsOf, withDefaults } from './answers';
import type { Template } from './loadTemplate';
import { pairwise } from './pairwise';

/** Answers to free questions that a proof uses. Both are what the sample organisation would say. */
const FREE_ANSWERS: Record<string, readonly unknown[]> = {
  name: ['ledger'],
  owner: ['group:default/payments'],
  description: [
    `Keeps every customer's balance, "to the cent" (& explains it): Zürich, 東京`,
  ],
  system: ['', 'system:default/payments'],
};

/** One row of the matrix: all answers, and a short name that tells the rows apart. */
export type Case = { id: string; answers: Answers };

/** Stands for the answer to a question that the form does not ask. */
const NOT_ASKED = Symbol('not asked');

/** When a question is asked: with which answers to which other one. */
type Condition = { on: string; values: unknown[] };

/** The questions that the form asks with certain answers only. */
function conditionsOf(
  template: Pick<Template, 'pages'>,
): Map<string, Condition> {
  const conditions = new Map<string, Condition>();
  for (const page of template.pages) {
    for (const [on, { oneOf }] of Object.entries(page.dependencies ?? {})) {
      for (const { properties } of oneOf) {
        for (const name of Object.keys(properties).filter(n => n !== on)) {
          const condition = conditions.get(name) ?? { on, values: [] };
          condition.values.push(...(properties[on]?.enum ?? []));
          conditions.set(name, condition);
        }
      }
    }
  }
  return conditions;
}

/**
 * The pairwise matrix of a template's answers. Questions without a known set of values keep their default; what the form does not ask with a
 * row's other answers is not in the row.
 */
export function matrixOf(template: Pick<Template, 'pages'>): Case[] {
  const conditions = conditionsOf(template);
  const dimensions = Object.fromEntries(
    Object.entries(questionsOf(template)).flatMap(([name, question]) => {
      const values =
        question.enum ??
        (question.type === 'boolean' ? [true, false] : undefined) ??
        FREE_ANSWERS[name];
      return values
        ? [[name, conditions.has(name) ? [...values, NOT_ASKED] : values]]
        : [];
    }),
  );
  const asksFor = (name: string, value: unknown, on: string, answer: unknown) =>
    conditions.get(name)?.on !== on ||
    conditions.get(name)?.values.includes(answer) === (value !== NOT_ASKED);
  const varied = Object.keys(dimensions).filter(n => dimensions[n].length > 1);
  return pairwise(
    dimensions,
    (one, value, other, otherValue) =>
      asksFor(one, value, other, otherValue) &&
      asksFor(other, otherValue, one, value),
  ).map(row => {
    const asked = (name: string) => {
      const condition = conditions.get(name);
      return !condition || condition.values.includes(row[condition.on]);
    };
    const onlyAsked = (answers: Answers): Answers =>
      Object.fromEntries(Object.entries(answers).filter(([n]) => asked(n)));
    return {
      id:
        varied
          .filter(asked)
          .map(
            name => `${name}=${String(row[name]).split('/').pop() || 'none'}`,
          )
          .join(' ') || 'only',
      answers: onlyAsked(withDefaults(template, onlyAsked(row))),
    };
  });
}
