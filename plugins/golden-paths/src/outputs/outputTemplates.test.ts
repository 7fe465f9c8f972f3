import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { OUTPUT_TEMPLATES } from './outputTemplates';

it('knows every template', () => {
  const folder = resolve(__dirname, '../../../../templates');
  expect(OUTPUT_TEMPLATES).toEqual(
    readdirSync(folder)
      .filter(name => existsSync(resolve(folder, name, 'template.yaml')))
      .sort(),
  );
});
