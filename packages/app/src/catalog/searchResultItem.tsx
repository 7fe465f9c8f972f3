import { SearchResultListItemBlueprint } from '@backstage/plugin-search-react/alpha';

/** What the catalog finds, in place of the stock entry, which names owners by their refs. */
export const catalogSearchResultItem = SearchResultListItemBlueprint.make({
  params: {
    predicate: result => result.type === 'software-catalog',
    component: () =>
      import('./CatalogSearchResult').then(m => m.CatalogSearchResult),
  },
});
