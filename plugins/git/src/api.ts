import { createApiRef } from '@backstage/frontend-plugin-api';
import type { GitHostClient } from '@pavedroad/plugin-git-common';

/** What the screens ask the git host. */
export type GitHostApi = Pick<GitHostClient, keyof GitHostClient>;

/** See {@link GitHostApi}. */
export const gitHostApiRef = createApiRef<GitHostApi>({ id: 'plugin.git.api' });
