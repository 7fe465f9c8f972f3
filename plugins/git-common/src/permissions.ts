import { createPermission } from '@backstage/plugin-permission-common';

/** See repositories, their files, commits and pull requests. */
export const gitRepositoryReadPermission = createPermission({
  name: 'git.repository.read',
  attributes: { action: 'read' },
});

/** Create a repository; the owning group is checked besides. */
export const gitRepositoryCreatePermission = createPermission({
  name: 'git.repository.create',
  attributes: { action: 'create' },
});

/** Push, commit, create and delete branches; the owning group is checked besides. */
export const gitRepositoryPushPermission = createPermission({
  name: 'git.repository.push',
  attributes: { action: 'update' },
});

/** Delete a repository; administrators and its recent creator only. */
export const gitRepositoryDeletePermission = createPermission({
  name: 'git.repository.delete',
  attributes: { action: 'delete' },
});

/** Open, edit, close and reopen a pull request; the owning group is checked besides. */
export const gitPullCreatePermission = createPermission({
  name: 'git.pull.create',
  attributes: { action: 'create' },
});

/** Merge a pull request; the owning group is checked besides. */
export const gitPullMergePermission = createPermission({
  name: 'git.pull.merge',
  attributes: { action: 'update' },
});

/** Create an access token for oneself. */
export const gitTokenCreatePermission = createPermission({
  name: 'git.token.create',
  attributes: { action: 'create' },
});

/** Every permission of the git host. */
export const gitPermissions = [
  gitRepositoryReadPermission,
  gitRepositoryCreatePermission,
  gitRepositoryPushPermission,
  gitRepositoryDeletePermission,
  gitPullCreatePermission,
  gitPullMergePermission,
  gitTokenCreatePermission,
];
