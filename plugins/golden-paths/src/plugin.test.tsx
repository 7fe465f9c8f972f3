import {
  createExtensionTester,
  mockApis,
  renderTestApp,
} from '@backstage/frontend-test-utils';
import { EntityCardBlueprint } from '@backstage/plugin-catalog-react/alpha';
import {
  catalogApiMock,
  createTestEntityPage,
} from '@backstage/plugin-catalog-react/testUtils';
import { FormFieldBlueprint } from '@backstage/plugin-scaffolder-react/alpha';
import { screen, waitFor, within } from '@testing-library/react';
import plugin from './index';

const component = (annotations: Record<string, string>) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'ledger', namespace: 'default', annotations },
  spec: { type: 'service', owner: 'payments', lifecycle: 'production' },
});

const template = {
  apiVersion: 'scaffolder.backstage.io/v1beta3',
  kind: 'Template',
  metadata: {
    name: 'typescript-service',
    namespace: 'default',
    annotations: { 'pavedroad.dev/template-version': '1.2.0' },
  },
  spec: { type: 'service' },
};

jest.setTimeout(60_000);

describe('the plugin', () => {
  it.each([
    ['scaffolder-form-field:golden-paths/name', 'PavedRoadName'],
    ['scaffolder-form-field:golden-paths/owner', 'PavedRoadOwner'],
    ['scaffolder-form-field:golden-paths/text', 'PavedRoadText'],
  ])('%s is attached and gives %s', async (id, name) => {
    const extension = plugin.getExtension(
      id as 'scaffolder-form-field:golden-paths/name',
    );
    const tester = createExtensionTester(extension);
    const load = tester.get(FormFieldBlueprint.dataRefs.formFieldLoader);
    await expect(load()).resolves.toMatchObject({
      $$type: '@backstage/scaffolder/FormField',
      name,
    });
    expect(tester.query(extension).node.spec.attachTo).toMatchObject({
      id: 'api:scaffolder/form-fields',
      input: 'formFields',
    });
  });

  it.each([
    [{ 'backstage.io/source-template': 'template:default/x' }, true],
    [{}, false],
  ])(
    'the card is for components made from a template: %j %s',
    (annotations, shown) => {
      const tester = createExtensionTester(
        plugin.getExtension('entity-card:golden-paths/golden-path'),
      );
      const filter = tester.get(EntityCardBlueprint.dataRefs.filterFunction);
      expect(filter?.(component(annotations as Record<string, string>))).toBe(
        shown,
      );
    },
  );

  it.each([
    ['1.0.0', 'Version 1.2.0 is out'],
    ['1.2.0', 'Newest version'],
  ])('the card shows template and version %s: %s', async (version, words) => {
    const entity = component({
      'backstage.io/source-template': 'template:default/typescript-service',
      'pavedroad.dev/template-version': version,
    });
    renderTestApp({
      extensions: [
        createTestEntityPage({ entity }),
        plugin.getExtension('entity-card:golden-paths/golden-path'),
      ],
      apis: [catalogApiMock({ entities: [entity, template] })],
    });
    expect(
      // The card is loaded on demand, which takes a while on a busy machine.
      await screen.findByRole(
        'region',
        { name: 'Golden path' },
        { timeout: 20_000 },
      ),
    ).toHaveTextContent(`typescript-service, version ${version}`);
    expect(await screen.findByText(words)).toBeInTheDocument();
  });

  it('a component that is being taken out of service leads to what is left to do', async () => {
    const entity = component({
      'backstage.io/source-template': 'template:default/typescript-service',
      'backstage.io/techdocs-ref': 'dir:.',
      'pavedroad.dev/out-of-service': 'docs/decommission.md',
    });
    renderTestApp({
      extensions: [
        createTestEntityPage({ entity }),
        plugin.getExtension('entity-card:golden-paths/golden-path'),
      ],
      apis: [catalogApiMock({ entities: [entity, template] })],
    });
    expect(
      await screen.findByText('Being taken out of service', undefined, {
        timeout: 20_000,
      }),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'What is left to do' }),
    ).toHaveAttribute('href', '/docs/default/component/ledger/decommission');
  });

  it('objectives are listed, an added one with its runbook', async () => {
    const entity = component({
      'backstage.io/techdocs-ref': 'dir:.',
      'pavedroad.dev/slo':
        '99.5% of requests succeed; 98% of those within 0.5s',
      'pavedroad.dev/slo.checkout': '99.9% of requests of /checkout succeed',
    });
    renderTestApp({
      extensions: [
        createTestEntityPage({ entity }),
        plugin.getExtension('entity-card:golden-paths/objectives'),
      ],
      apis: [catalogApiMock({ entities: [entity] })],
    });
    const card = await screen.findByRole(
      'region',
      { name: 'Objectives' },
      { timeout: 20_000 },
    );
    expect(
      within(card)
        .getAllByRole('listitem')
        .map(item => item.textContent),
    ).toEqual([
      '99.5% of requests succeed',
      '98% of those within 0.5s',
      '99.9% of requests of /checkout succeedcheckout · runbook',
    ]);
    expect(
      within(card).getByRole('link', { name: 'Runbook of checkout' }),
    ).toHaveAttribute(
      'href',
      '/docs/default/component/ledger/runbooks/slo-checkout',
    );
  });

  it.each([
    ['group:default/payments', true],
    ['group:default/routing', false],
  ])('changes are offered to members of %s: %s', async (member, offered) => {
    const ledger = component({
      'backstage.io/source-location': 'url:https://host/payments/ledger/',
      'backstage.io/source-template': 'template:default/typescript-service',
    });
    const entity = {
      ...ledger,
      // A service of its own, so that nothing is remembered from another test.
      metadata: { ...ledger.metadata, name: `ledger-${offered}` },
      relations: [{ type: 'ownedBy', targetRef: 'group:default/payments' }],
    };
    const change = {
      ...template,
      metadata: {
        name: 'add-slo',
        namespace: 'default',
        title: 'Add an objective',
        annotations: { 'pavedroad.dev/changes': 'service' },
      },
      spec: { type: 'change' },
    };
    renderTestApp({
      extensions: [
        createTestEntityPage({ entity }),
        plugin.getExtension('entity-card:golden-paths/golden-path'),
        plugin.getExtension('entity-card:golden-paths/changes'),
      ],
      apis: [
        catalogApiMock({ entities: [entity, template, change] }),
        mockApis.identity({
          userEntityRef: 'user:default/ines.duarte',
          ownershipEntityRefs: [member],
        }),
      ],
    });
    await screen.findByRole(
      'region',
      { name: 'Golden path' },
      { timeout: 20_000 },
    );
    const links = () =>
      screen
        .queryAllByRole('link', { name: 'Add an objective' })
        .map(link => link.getAttribute('href')?.split('?')[0]);
    await waitFor(
      () =>
        expect(links()).toEqual(
          offered ? ['/create/templates/default/add-slo'] : [],
        ),
      { timeout: 20_000 },
    );
  });
});
