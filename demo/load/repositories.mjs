import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from './portalClient.mjs';

const execute = promisify(execFile);
const CATALOG_INFO = 'catalog-info.yaml';

/** Everything about the commits is fixed, so the same files give the same commit on every machine. */
const WRITER = {
  GIT_AUTHOR_NAME: 'Fernhill',
  GIT_AUTHOR_EMAIL: 'sample@fernhill.example',
  GIT_AUTHOR_DATE: '2024-11-20T09:00:00Z',
  GIT_COMMITTER_NAME: 'Fernhill',
  GIT_COMMITTER_EMAIL: 'sample@fernhill.example',
  GIT_COMMITTER_DATE: '2024-11-20T09:00:00Z',
};

/**
 * Creates the sample repositories on the git host, pushes their content and registers the components of those that have one. A repository that has
 * content is left alone: somebody may have worked on it.
 *
 * @param {object} options
 * @param {ReturnType<import('./portalClient.mjs').createPortalClient>} options.portal
 * @param {string} options.folder holds <owner>/<repository>/…
 * @param {(line: string) => void} options.say
 */
export async function publishRepositories({ portal, folder, say }) {
  for (const owner of fs.readdirSync(folder).sort()) {
    for (const name of fs.readdirSync(path.join(folder, owner)).sort()) {
      const slug = `${owner}/${name}`;
      say(`Repository ${slug}`);
      await publish({
        portal,
        owner,
        name,
        files: path.join(folder, owner, name),
      });
      // Schedules are not registered by hand: the configuration names where they may come from.
      if (fs.existsSync(path.join(folder, owner, name, CATALOG_INFO))) {
        await register(portal, slug);
      }
    }
  }
}

/** What a repository is for: what its component says, or for one without a component the first paragraph of its README. */
function descriptionOf(files) {
  const catalogInfo = path.join(files, CATALOG_INFO);
  const [, description] = fs.existsSync(catalogInfo)
    ? /^ {2}description: '?(.+?)'?$/m.exec(
        fs.readFileSync(catalogInfo, 'utf8'),
      ) ?? []
    : /^# .+\n\n(.+)$/m.exec(
        fs.readFileSync(path.join(files, 'README.md'), 'utf8'),
      ) ?? [];
  return description;
}

async function publish({ portal, owner, name, files }) {
  const description = descriptionOf(files);
  const created = await portal.json('POST', '/api/git/v1/repositories', {
    owner,
    name,
    description,
  });
  if (!created.ok && created.status !== 409) {
    throw new Error(
      `The git host refused to create ${owner}/${name}: ${await messageOf(
        created,
      )}`,
    );
  }
  await created.arrayBuffer().catch(() => undefined);
  const branches = await portal.json(
    'GET',
    `/api/git/v1/repositories/${owner}/${name}/branches`,
  );
  if (!branches.ok) {
    throw new Error(
      `The git host did not list the branches of ${owner}/${name}: ${await messageOf(
        branches,
      )}`,
    );
  }
  if ((await branches.json()).items.length > 0) {
    return;
  }
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'sample-repository-'));
  try {
    fs.cpSync(files, work, { recursive: true });
    const git = (...args) =>
      execute('git', ['-C', work, ...args], {
        env: {
          ...withoutGit(process.env),
          ...WRITER,
          GIT_TERMINAL_PROMPT: '0',
          // The token goes through the environment: arguments can be seen by other users.
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_CONFIG_GLOBAL: os.devNull,
          GIT_CONFIG_COUNT: '1',
          GIT_CONFIG_KEY_0: 'http.extraHeader',
          GIT_CONFIG_VALUE_0: `Authorization: Bearer ${portal.token}`,
        },
      });
    await git('init', '--quiet', '--initial-branch=main');
    await git('add', '--all');
    await git('commit', '--quiet', '--message', `Add ${name}`);
    await git(
      'push',
      '--quiet',
      `${portal.baseUrl}/api/git/${owner}/${name}.git`,
      'main:main',
    );
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

async function register(portal, slug) {
  const response = await portal.json('POST', '/api/catalog/locations', {
    type: 'url',
    target: `${portal.baseUrl}/api/git/${slug}/blob/main/catalog-info.yaml`,
  });
  if (!response.ok && response.status !== 409) {
    throw new Error(
      `The catalog refused ${slug}: ${response.status} ${await messageOf(
        response,
      )}`,
    );
  }
  await response.arrayBuffer().catch(() => undefined);
}

function withoutGit(environment) {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('GIT_')),
  );
}
