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

/** The pairwise matrix of a template's answers. Questions without a known set of values keep their default. */
export function matrixOf(template: Pick<Template, 'pages'>): Case[] {
  const dimensions = Object.fromEntries(
    Object.entries(questionsOf(template)).flatMap(([name, question]) => {
      const values =
        question.enum ??
        (question.type === 'boolean' ? [true, false] : undefined) ??
        FREE_ANSWERS[name];
      return values ? [[name, values]] : [];
    }),
  );
  const varied = Object.keys(dimensions).filter(n => dimensions[n].length > 1);
  return pairwise(dimensions).map(row => ({
    id:
      varied
        .map(name => `${name}=${String(row[name]).split('/').pop() || 'none'}`)
        .join(' ') || 'only',
    answers: withDefaults(template, row),
  }));
}
