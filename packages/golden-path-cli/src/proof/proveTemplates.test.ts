import { listTemplates, loadTemplate } from '../template/loadTemplate';
import { inOrder } from './proveTemplates';

describe('inOrder', () => {
  const ordered = async (names: string[], sampled: string[] = []) =>
    inOrder(
      await Promise.all(
        names.map(async name => ({
          template: await loadTemplate(name),
          options: { sample: sampled.includes(name) },
        })),
      ),
    ).map(({ template }) => template.name);

  it('begins with what builds and runs something, and keeps the order otherwise', async () => {
    expect(
      await ordered([
        'add-slo',
        'event-worker',
        'change-owner',
        'typescript-service',
      ]),
    ).toEqual([
      'event-worker',
      'typescript-service',
      'add-slo',
      'change-owner',
    ]);
  });

  it('takes what is only sampled for what is only read', async () => {
    expect(
      await ordered(
        ['event-worker', 'typescript-service', 'add-slo'],
        ['event-worker'],
      ),
    ).toEqual(['typescript-service', 'event-worker', 'add-slo']);
  });

  it('leaves nothing out', async () => {
    const names = await listTemplates();
    expect((await ordered(names)).sort()).toEqual([...names].sort());
  });
});
