import { listTemplates, loadTemplate } from '../template/loadTemplate';
import { publicationFindings } from './releases';

it('offers templates only as they were proved and published', async () => {
  const templates = await Promise.all(
    (await listTemplates()).map(name => loadTemplate(name)),
  );
  const findings = await Promise.all(
    templates.map(async template =>
      (
        await publicationFindings(template)
      ).map(({ message }) => `${template.name}: ${message}`),
    ),
  );
  expect(findings.flat()).toEqual([]);
});
