import { questionsOf } from '@pavedroad/plugin-golden-paths-node';
import { Problem } from '../lib/problem';
import type { Template, TemplateProperty } from './loadTemplate';

export {
  answerProblems,
  type Answers,
  questionsOf,
  secretQuestions,
  withDefaults,
} from '@pavedroad/plugin-golden-paths-node';

/** Reads `key=value` pairs of a command line, each value as its question's type. Throws a {@link Problem}. */
export function parseAnswers(
  template: Pick<Template, 'pages'>,
  pairs: readonly string[],
): Record<string, unknown> {
  const questions = questionsOf(template);
  return Object.fromEntries(
    pairs.map(pair => {
      const at = pair.indexOf('=');
      if (at < 1) {
        throw new Problem(`'${pair}' is not of the form key=value.`);
      }
      const name = pair.slice(0, at);
      const text = pair.slice(at + 1);
      return [name, coerce(text, questions[name]?.type)];
    }),
  );
}

function coerce(text: string, type: TemplateProperty['type']): unknown {
  if (type === 'integer' || type === 'number') {
    return text.trim() !== '' && Number.isFinite(Number(text))
      ? Number(text)
      : text;
  }
  if (type === 'boolean' && (text === 'true' || text === 'false')) {
    return text === 'true';
  }
  if (type === 'array' || type === 'object') {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text;
}
