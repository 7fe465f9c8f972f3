/**
 * The portal's back end. This file composes features and holds no logic of its own: what each feature does is decided in
 * its package, and how it behaves in this installation is decided in the app-config files.
 */
import { createBackend } from '@backstage/backend-defaults';
import { reportingTokenHandler } from '@pavedroad/plugin-dora-backend';

const backend = createBackend();

// The built front end, served from the same origin.
backend.add(import('@backstage/plugin-app-backend'));

// Who is calling, and what they may do.
backend.add(import('@backstage/plugin-auth-backend'));
backend.add(import('@backstage/plugin-auth-backend-module-github-provider'));
backend.add(import('@backstage/plugin-auth-backend-module-gitlab-provider'));
backend.add(import('@pavedroad/plugin-auth-backend-module-personas'));
backend.add(import('@backstage/plugin-permission-backend'));
backend.add(
  import('@pavedroad/plugin-permission-backend-module-portal-policy'),
);
backend.add(import('@backstage/plugin-user-settings-backend'));

// The catalog of everything the organisation runs.
backend.add(import('@backstage/plugin-catalog-backend'));
backend.add(
  import('@backstage/plugin-catalog-backend-module-scaffolder-entity-model'),
);
backend.add(import('@backstage/plugin-catalog-backend-module-logs'));
backend.add(import('@pavedroad/plugin-catalog-backend-module-oncall'));

// Templates.
backend.add(import('@backstage/plugin-scaffolder-backend'));
backend.add(import('@backstage/plugin-scaffolder-backend-module-github'));
backend.add(import('@backstage/plugin-scaffolder-backend-module-gitlab'));
backend.add(import('@pavedroad/plugin-scaffolder-backend-module-golden-paths'));
backend.add(import('@pavedroad/plugin-golden-paths-backend'));

// The git host and what reads from it.
backend.add(import('@pavedroad/plugin-git-backend'));
backend.add(import('@pavedroad/plugin-git-node'));

// Delivery metrics and their sources.
backend.add(import('@pavedroad/plugin-dora-backend'));
backend.add(reportingTokenHandler);
backend.add(import('@pavedroad/plugin-dora-backend-module-alertmanager'));
backend.add(import('@pavedroad/plugin-dora-backend-module-argocd'));
backend.add(import('@pavedroad/plugin-dora-backend-module-cdevents'));
backend.add(import('@pavedroad/plugin-dora-backend-module-git'));
backend.add(import('@pavedroad/plugin-dora-backend-module-github'));
backend.add(import('@pavedroad/plugin-dora-backend-module-gitlab'));
backend.add(import('@pavedroad/plugin-dora-backend-module-jenkins'));
backend.add(import('@pavedroad/plugin-dora-backend-module-opsgenie'));
backend.add(import('@pavedroad/plugin-dora-backend-module-pagerduty'));

// Who is on call.
backend.add(import('@pavedroad/plugin-oncall-backend'));
backend.add(import('@pavedroad/plugin-oncall-backend-module-pagerduty'));
backend.add(import('@pavedroad/plugin-oncall-backend-module-opsgenie'));
backend.add(import('@pavedroad/plugin-oncall-backend-module-goalert'));
backend.add(import('@pavedroad/plugin-oncall-backend-module-grafana'));
backend.add(import('@pavedroad/plugin-oncall-backend-module-splunk'));

// Documentation and search.
backend.add(import('@backstage/plugin-techdocs-backend'));
backend.add(import('@pavedroad/plugin-techdocs-backend-module-markdown'));
backend.add(import('@backstage/plugin-search-backend'));
backend.add(import('@backstage/plugin-search-backend-module-pg'));
backend.add(import('@backstage/plugin-search-backend-module-catalog'));
backend.add(import('@backstage/plugin-search-backend-module-techdocs'));

// What has just happened, told to people and to programs.
backend.add(import('@backstage/plugin-events-backend'));
backend.add(import('@backstage/plugin-notifications-backend'));
backend.add(import('@backstage/plugin-signals-backend'));
backend.add(import('@backstage/plugin-mcp-actions-backend'));

backend.start();
