import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { OUTPUT_TEMPLATES } from './outputTemplates';

/** A draft is merged without further ado: nobody but its authors sees it. */
const isPublished = (file: string) =>
  !/^ *pavedroad\.dev\/channel: *draft$/m.test(readFileSync(file, 'utf8'));

it('knows every template that is published', () => {
  const folder = resolve(__dirname, '../../../../templates');
  const file = (name: string) => resolve(folder, name, 'template.yaml');
  expect(OUTPUT_TEMPLATES).toEqual(
    readdirSync(folder)
      .filter(name => existsSync(file(name)) && isPublished(file(name)))
      .sort(),
  );
});
