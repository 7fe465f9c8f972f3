/**
 * How a permission is decided:
 *
 * - `signed-in`: every person who is signed in. Where a plugin narrows this down by the owner of the thing that changes,
 *   it does so itself, because only it knows the owner.
 * - `published`: the same, but templates that are drafts (`pavedroad.dev/channel: draft`), or of use to their owners alone
 *   (`pavedroad.dev/audience: owners`), are their owners' and administrators'.
 * - `owner`: the owners of the catalog entity in question, and administrators.
 * - `creator`: the person who started the scaffolder task in question, and administrators.
 * - `administrator`: administrators (`portal.administrators`) only.
 */
export type PortalRule =
  | 'signed-in'
  | 'published'
  | 'owner'
  | 'creator'
  | 'administrator';

/**
 * Every permission the portal knows, by name. What is not in this table is denied to everybody, administrators included:
 * a plugin that brings a new permission has to be read before anyone gets it.
 */
export const portalRules: Readonly<Record<string, PortalRule>> = {
  // Catalog. Registering is how templates and teams bring in their services; what may be registered from where is set by
  // catalog.rules. Removing a location removes everything it brought, whoever owns it, so that is for administrators.
  // What somebody does not see in the catalog they do not find, and cannot start.
  'catalog.entity.read': 'published',
  'catalog.entity.create': 'signed-in',
  'catalog.entity.refresh': 'signed-in',
  'catalog.entity.validate': 'signed-in',
  'catalog.entity.delete': 'owner',
  'catalog.location.read': 'signed-in',
  'catalog.location.create': 'signed-in',
  'catalog.location.analyze': 'signed-in',
  'catalog.location.delete': 'administrator',
  'catalog.ingestion.read': 'administrator',
  'catalog.ingestion.manage': 'administrator',

  // Templates. Everybody runs them; trying out unpublished ones runs code the portal has not accepted yet.
  'scaffolder.template.parameter.read': 'signed-in',
  'scaffolder.template.step.read': 'signed-in',
  'scaffolder.action.execute': 'signed-in',
  'scaffolder.task.create': 'signed-in',
  'scaffolder.task.read': 'creator',
  'scaffolder.task.cancel': 'creator',
  'scaffolder.template.dry-run': 'administrator',
  'scaffolder.template.management': 'administrator',

  // The git host: its back end narrows every change down to the owning group and administrators.
  'git.repository.read': 'signed-in',
  'git.repository.create': 'signed-in',
  'git.repository.push': 'signed-in',
  'git.repository.delete': 'signed-in',
  'git.pull.create': 'signed-in',
  'git.pull.merge': 'signed-in',
  'git.token.create': 'signed-in',

  // Delivery metrics: machines send events with tokens of their own, people only in exceptions. Who may blame which deployment,
  // and speak for which group, is narrowed down by its back end.
  'dora.metrics.read': 'signed-in',
  'dora.failures.attribute': 'signed-in',
  'dora.subscriptions.manage': 'signed-in',
  // Of one's own services: its back end narrows it down to their owners and administrators.
  'dora.credentials.manage': 'signed-in',
  'dora.events.ingest': 'administrator',
  'dora.outgoing.manage': 'administrator',

  // On-call: its back end narrows changes down to the schedule's owning group and administrators.
  'oncall.schedule.read': 'signed-in',
  'oncall.override.create': 'signed-in',
  'oncall.override.delete': 'signed-in',
  'oncall.handover.write': 'signed-in',
  // Everybody may call for help; who may act on a page is narrowed down to whom it concerns.
  'oncall.page.create': 'signed-in',
  'oncall.page.update': 'signed-in',
  'oncall.schedule.propose': 'signed-in',
};
