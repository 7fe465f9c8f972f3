import { posix } from 'node:path';
import type { Template } from '../template/loadTemplate';

/**
 * The folders a template is made of, from the folder of all templates, sorted: its own, and those of the platform layer that its steps take
 * files from.
 */
export function partsOf(template: Pick<Template, 'name' | 'steps'>): string[] {
  const composed = template.steps
    .map(step => step.input?.url)
    .filter((url): url is string => typeof url === 'string')
    .map(url => posix.join(template.name, url))
    .filter(part => !part.startsWith(`${template.name}/`));
  return Array.from(new Set([template.name, ...composed])).sort();
}
