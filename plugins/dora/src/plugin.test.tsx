import { createExtensionTester } from '@backstage/frontend-test-utils';
import { coreExtensionData } from '@backstage/frontend-plugin-api';
import {
  EntityCardBlueprint,
  EntityContentBlueprint,
} from '@backstage/plugin-catalog-react/alpha';
import doraPlugin from '.';

const mockLoaded: string[] = [];
jest.mock('./components/screens', () => {
  mockLoaded.push('screens');
  return {};
});
jest.mock('./components/DeliveryCard', () => {
  mockLoaded.push('card');
  return {};
});
jest.mock('./components/DeliveryWidget', () => {
  mockLoaded.push('widget');
  return {};
});

describe('the delivery plugin', () => {
  it('loads no screen before it is opened', () => {
    expect(mockLoaded).toEqual([]);
  });

  it('brings its page, its tab, its widget and its API', () => {
    expect(doraPlugin.pluginId).toBe('dora');
    for (const id of [
      'page:dora',
      'page:dora/import',
      'entity-content:dora/delivery',
      'entity-card:dora/delivery',
      'home-page-widget:dora/delivery',
      'api:dora',
    ] as const) {
      expect(doraPlugin.getExtension(id)).toBeDefined();
    }
  });

  it('has its page at /delivery, with a title and an icon for the sidebar', () => {
    const page = createExtensionTester(doraPlugin.getExtension('page:dora'));
    expect(page.get(coreExtensionData.routePath)).toBe('/delivery');
    expect(page.get(coreExtensionData.title)).toBe('Delivery');
    expect(page.get(coreExtensionData.icon)).toBeDefined();
  });

  it('has the import of files on a page of its own, without a place in the sidebar', () => {
    const page = createExtensionTester(
      doraPlugin.getExtension('page:dora/import'),
    );
    expect(page.get(coreExtensionData.routePath)).toBe('/delivery/import');
    expect(page.get(coreExtensionData.icon)).toBeUndefined();
  });

  it.each([
    'entity-content:dora/delivery',
    'entity-card:dora/delivery',
  ] as const)('shows %s on everything delivery can be told of', id => {
    const extension = createExtensionTester(doraPlugin.getExtension(id));
    const filter =
      id === 'entity-card:dora/delivery'
        ? extension.get(EntityCardBlueprint.dataRefs.filterFunction)
        : extension.get(EntityContentBlueprint.dataRefs.filterFunction);
    const shown = [
      'Component',
      'System',
      'Domain',
      'Group',
      'Template',
      'User',
      'API',
      'Resource',
    ].filter(kind =>
      filter?.({ apiVersion: 'v1', kind, metadata: { name: 'x' } }),
    );
    expect(shown).toEqual([
      'Component',
      'System',
      'Domain',
      'Group',
      'Template',
    ]);
  });

  it('has its tab at /delivery of an entity', () => {
    const tab = createExtensionTester(
      doraPlugin.getExtension('entity-content:dora/delivery'),
    );
    expect(tab.get(coreExtensionData.routePath)).toBe('/delivery');
    expect(tab.get(EntityContentBlueprint.dataRefs.title)).toBe('Delivery');
  });
});
