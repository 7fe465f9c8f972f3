// @ts-check
import fs from 'node:fs';
import path from 'node:path';
import { webhookToken } from './data-folder.mjs';
import { DATABASE_USER } from './postgres.mjs';

/** Plugins a script with the machine token may call. */
export const MACHINE_TOKEN_PLUGINS = [
  'app',
  'auth',
  'catalog',
  'dora',
  'events',
  'git',
  'golden-paths',
  'mcp-actions',
  'notifications',
  'oncall',
  'permission',
  'scaffolder',
  'search',
  'signals',
  'techdocs',
  'user-settings',
];

/** The portal's own repository on its git host. */
export const PORTAL_REPOSITORY = { owner: 'platform', name: 'portal' };

/**
 * @param {number} port
 * @returns {string} the address in a browser, without a slash at the end
 */
export function baseUrlOf(port) {
  return `http://localhost:${port}`;
}

/**
 * What the catalog reads from the portal's own repository.
 *
 * @param {string} baseUrl
 * @returns {{ catalogInfo: string, templates: string, schedules: string }} addresses of catalog locations
 */
export function portalLocations(baseUrl) {
  const files = `${baseUrl}/api/git/${PORTAL_REPOSITORY.owner}/${PORTAL_REPOSITORY.name}/blob/main`;
  return {
    catalogInfo: `${files}/catalog-info.yaml`,
    templates: `${files}/templates/*/template.yaml`,
    // Schedules that are made on the on-call page; there are none at first.
    schedules: `${files}/on-call/*.yaml`,
  };
}

/**
 * Where each team of the sample organisation keeps its schedules: a repository of its own.
 *
 * @param {string} root the checkout
 * @param {string} baseUrl
 * @returns {string[]} addresses of catalog locations
 */
export function sampleSchedules(root, baseUrl) {
  const folder = path.join(root, 'demo/repositories');
  return fs.existsSync(folder)
    ? fs
        .readdirSync(folder)
        .filter(team => fs.existsSync(path.join(folder, team, 'on-call')))
        .sort()
        .map(team => `${baseUrl}/api/git/${team}/on-call/blob/main/*.yaml`)
    : [];
}

/**
 * What only this start and this data folder know, on top of app-config.yaml and app-config.evaluation.yaml. Later files
 * replace lists, so each list here is whole.
 *
 * @param {object} facts
 * @param {string} facts.root the checkout
 * @param {string} facts.folder the data folder
 * @param {import('./data-folder.mjs').DataStamp} facts.stamp
 * @param {number} facts.databasePort
 * @param {boolean} facts.demo
 */
export function generatedConfig({ root, folder, stamp, databasePort, demo }) {
  const baseUrl = baseUrlOf(stamp.port);
  const host = `localhost:${stamp.port}`;
  const portal = portalLocations(baseUrl);
  return {
    app: { baseUrl },
    organization: { name: demo ? 'Fernhill' : 'Paved Road' },
    // Lets the catalog, the scaffolder and TechDocs resolve relative addresses on the git host; see docs/git-host.md.
    integrations: {
      gitlab: [{ host, baseUrl, apiBaseUrl: `${baseUrl}/api/git` }],
    },
    backend: {
      baseUrl,
      listen: { host: '127.0.0.1', port: stamp.port },
      cors: { origin: baseUrl },
      reading: { allow: [{ host, paths: ['/api/git/'] }] },
      database: {
        client: 'pg',
        connection: {
          host: '127.0.0.1',
          port: databasePort,
          user: DATABASE_USER,
          password: stamp.databasePassword,
        },
      },
      auth: {
        externalAccess: [
          {
            type: 'static',
            options: { token: stamp.machineToken, subject: 'portal-machine' },
            accessRestrictions: MACHINE_TOKEN_PLUGINS.map(plugin => ({
              plugin,
            })),
          },
          // Repositories report with credentials of their own, which open nothing else.
          {
            type: 'reporting',
            options: {},
            accessRestrictions: [
              { plugin: 'dora', permission: ['dora.events.ingest'] },
            ],
          },
        ],
      },
      workingDirectory: path.join(folder, 'tmp'),
    },
    auth: {
      session: { secret: stamp.sessionSecret },
      ...(demo ? {} : { providers: { personas: starterPersonas() } }),
    },
    // Alerts can be sent in with it at once: the file of that name in the data folder holds it.
    dora: { alertmanager: { bearerTokens: [webhookToken(stamp)] } },
    git: { root: path.join(folder, 'git') },
    oncall: {
      proposals: {
        repository: path.posix
          .dirname(portal.schedules)
          .replace('/blob/', '/tree/'),
      },
    },
    techdocs: {
      publisher: {
        type: 'local',
        local: { publishDirectory: path.join(folder, 'techdocs') },
      },
    },
    catalog: {
      locations: [
        ...(demo
          ? [
              {
                type: 'file',
                target: path.join(root, 'demo/catalog/all.yaml'),
                rules: [
                  {
                    allow: [
                      'Group',
                      'User',
                      'Domain',
                      'System',
                      'Component',
                      'API',
                      'Resource',
                      'Location',
                    ],
                  },
                ],
              },
            ]
          : [
              {
                type: 'file',
                target: path.join(
                  root,
                  'packages/launcher/starter/organisation.yaml',
                ),
                rules: [{ allow: ['Group', 'User'] }],
              },
            ]),
        {
          type: 'url',
          target: portal.catalogInfo,
          rules: [
            { allow: ['Component', 'System', 'API', 'Resource', 'Location'] },
          ],
        },
        {
          type: 'url',
          target: portal.templates,
          rules: [{ allow: ['Template'] }],
        },
        ...[
          portal.schedules,
          ...(demo ? sampleSchedules(root, baseUrl) : []),
        ].map(target => ({
          type: 'url',
          target,
          rules: [{ allow: ['OnCallSchedule'] }],
        })),
      ],
    },
  };
}

/** Who can be chosen on the sign-in page of a portal without the sample organisation. */
function starterPersonas() {
  return {
    development: {
      dangerouslyAllowSignInWithoutCredentials: true,
      people: [
        {
          userEntityRef: 'user:default/platform.engineer',
          name: 'Platform Engineer',
          role: 'Administrator, team Platform',
          description:
            'Register your teams and services, and publish golden paths.',
        },
      ],
    },
  };
}
