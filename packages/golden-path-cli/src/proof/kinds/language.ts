import { Problem } from '../../lib/problem';
import type { Template } from '../../template/loadTemplate';

/** The language a template says it writes, in the values of its steps; `undefined` when it says none. */
export function languageOf(
  template: Pick<Template, 'steps'>,
): string | undefined {
  const [name] = template.steps.flatMap(step => {
    const { language } = (step.input?.values ?? {}) as { language?: string };
    return language ? [language] : [];
  });
  return name;
}

/** What a kind knows of the template's language. Throws a {@link Problem} when it knows nothing. */
export function byLanguage<T>(
  template: Pick<Template, 'name' | 'steps'>,
  known: Readonly<Record<string, T>>,
): T {
  const language = languageOf(template);
  if (language === undefined || !Object.hasOwn(known, language)) {
    throw new Problem(
      `${template.name} speaks ${
        language ?? 'no language'
      }; its kind knows ${Object.keys(known).join(', ')}.`,
    );
  }
  return known[language];
}
