import type { Visit } from '@backstage/plugin-home';

const PAGES: Record<string, string> = {
  'api-docs': 'APIs',
  catalog: 'Catalog',
  create: 'Create',
  'create/actions': 'Create: installed actions',
  'create/edit': 'Create: template editor',
  'create/tasks': 'Create: tasks',
  delivery: 'Delivery',
  docs: 'Docs',
  git: 'Repositories',
  'git/tokens': 'Access tokens',
  notifications: 'Notifications',
  'on-call': 'On call',
  'on-call/load': 'On call: load',
  'on-call/my-shifts': 'On call: my shifts',
  'on-call/ownership': 'On call: ownership',
  'on-call/schedules': 'On call: schedules',
  'on-call/schedules/new': 'On call: new schedule',
  'on-call/timeline': 'On call: timeline',
  search: 'Search',
  settings: 'Settings',
};

/**
 * What to call a page that was visited. The recorded name is the document's title at the moment the address changed, which is
 * mostly that of the page before, so what the address says goes first.
 */
export function visitName(visit: Pick<Visit, 'name' | 'pathname'>): string {
  const path = visit.pathname.replace(/^\/+|\/+$/g, '');
  if (Object.hasOwn(PAGES, path)) {
    return PAGES[path];
  }
  const [, repository] = /^git\/([^/]+\/[^/]+)/.exec(path) ?? [];
  const [, schedule] = /^on-call\/schedules\/[^/]+\/([^/]+)/.exec(path) ?? [];
  const [, docs] = /^docs\/[^/]+\/[^/]+\/([^/]+)/.exec(path) ?? [];
  const [, template] = /^create\/templates\/[^/]+\/([^/]+)/.exec(path) ?? [];
  const [, entity, tab] =
    /^catalog\/[^/]+\/[^/]+\/([^/]+)(?:\/([^/]+))?/.exec(path) ?? [];
  if (repository) {
    return repository;
  }
  if (entity) {
    return tab ? `${entity}: ${tab.replaceAll('-', ' ')}` : entity;
  }
  if (docs) {
    return `Docs of ${docs}`;
  }
  if (schedule) {
    return `On call: schedule ${schedule}`;
  }
  if (template) {
    return `Create: ${template}`;
  }
  // The last part of a title is the portal's name, which says nothing about a page of it.
  return path.startsWith('create/tasks/')
    ? 'Task'
    : visit.name.replace(/ \| [^|]*$/, '');
}
