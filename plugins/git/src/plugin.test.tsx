import { Entity } from '@backstage/catalog-model';
import { renderInTestApp, renderTestApp } from '@backstage/frontend-test-utils';
import type {
  CreatedAccessToken,
  PullRequestDetail,
  RepositoryDetail,
} from '@pavedroad/plugin-git-common';
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { mutate } from 'swr';
import { GitHostApi, gitHostApiRef } from './api';
import gitPlugin from './index';
import { EntityRepositoryCard } from './components/EntityRepositoryCard';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import { rootRouteRef } from './routes';

const SHA = 'a'.repeat(40);

const viewer = {
  canPush: true,
  canOpenPull: true,
  canMerge: true,
  canDelete: false,
};

const repository: RepositoryDetail = {
  id: '1',
  owner: 'payments',
  name: 'ledger',
  slug: 'payments/ledger',
  description: 'Books every payment',
  defaultBranch: 'main',
  cloneUrl: 'http://portal.example/api/git/payments/ledger.git',
  webUrl: 'http://portal.example/git/payments/ledger',
  createdBy: 'user:default/ines.duarte',
  createdAt: '2026-11-01T10:00:00.000Z',
  updatedAt: '2026-11-20T10:00:00.000Z',
  empty: false,
  headCommit: SHA,
  openPulls: 1,
  viewer,
};

const commit = {
  id: SHA,
  parents: [],
  authorName: 'Ines Duarte',
  authorEmail: 'ines@fernhill.example',
  authoredAt: '2026-11-20T10:00:00+00:00',
  committerName: 'Ines Duarte',
  committerEmail: 'ines@fernhill.example',
  committedAt: '2026-11-20T10:00:00+00:00',
  subject: 'Add the ledger',
  body: '',
};

const pull: PullRequestDetail = {
  number: 7,
  repository: 'payments/ledger',
  title: 'Upgrade the template',
  body: 'See [the notes](docs/notes.md).',
  state: 'open',
  draft: false,
  source: 'upgrade/1.4.0',
  target: 'main',
  headCommit: SHA,
  createdBy: 'user:default/priya.raman',
  createdAt: '2026-11-19T10:00:00.000Z',
  updatedAt: '2026-11-19T10:00:00.000Z',
  webUrl: '',
  mergeability: { status: 'mergeable', conflicts: [] },
  viewer,
};

const files = [
  {
    path: 'src/main.ts',
    status: 'modified' as const,
    additions: 1,
    deletions: 1,
  },
];
const diff =
  'diff --git a/src/main.ts b/src/main.ts\n--- a/src/main.ts\n+++ b/src/main.ts\n@@ -1 +1 @@\n-old line\n+new line\n';

const text = (content: string) => ({
  content: new TextEncoder().encode(content),
  etag: 'x',
  contentType: 'text/plain',
});

function fakeApi(overrides: Partial<GitHostApi> = {}): GitHostApi {
  const missing = async () => {
    throw new Error('not expected');
  };
  return {
    listRepositories: async () => ({ items: [repository] }),
    createRepository: missing,
    getRepository: async () => repository,
    deleteRepository: missing,
    listBranches: async () => [
      {
        name: 'main',
        commit: SHA,
        committedAt: commit.committedAt,
        subject: commit.subject,
        authorName: commit.authorName,
        isDefault: true,
      },
      {
        name: 'upgrade/1.4.0',
        commit: SHA,
        committedAt: commit.committedAt,
        subject: 'Upgrade',
        authorName: commit.authorName,
        isDefault: false,
      },
    ],
    createBranch: missing,
    deleteBranch: async () => undefined,
    listTags: async () => [],
    listCommits: async () => ({ items: [commit] }),
    getCommit: async () => ({ ...commit, files, diff, diffTruncated: false }),
    commitFiles: missing,
    getTree: async (_slug, filter = {}) => ({
      commit: SHA,
      path: filter.path ?? '',
      truncated: false,
      entries:
        filter.path === 'src'
          ? [
              {
                name: 'main.ts',
                path: 'src/main.ts',
                type: 'file',
                mode: '100644',
                id: '3',
                size: 12,
              },
            ]
          : [
              {
                name: 'src',
                path: 'src',
                type: 'directory',
                mode: '040000',
                id: '1',
              },
              {
                name: 'README.md',
                path: 'README.md',
                type: 'file',
                mode: '100644',
                id: '2',
                size: 2100,
              },
            ],
    }),
    resolve: async (_slug, refAndPath) => {
      const [ref, ...path] = refAndPath.split('/');
      return { ref, commit: SHA, path: path.join('/') };
    },
    getFile: async (_slug, { path }) =>
      text(
        path === 'README.md'
          ? '# Ledger\n\n[main](src/main.ts)\n\n![Flow](docs/flow.png)\n\n<img src=x onerror="alert(1)">\n'
          : 'const a = 1;\n',
      ),
    compare: missing,
    listPulls: async () => ({ items: [pull] }),
    createPull: missing,
    getPull: async () => pull,
    updatePull: missing,
    getPullComparison: async () => ({
      base: SHA,
      head: SHA,
      aheadBy: 1,
      behindBy: 0,
      commits: [commit],
      files,
      diff,
      diffTruncated: false,
    }),
    mergePull: async () => pull,
    closePull: missing,
    reopenPull: missing,
    listTokens: async () => [],
    createToken: missing,
    revokeToken: missing,
    ...overrides,
  };
}

function open(route: string, overrides: Partial<GitHostApi> = {}) {
  return renderTestApp({
    features: [gitPlugin],
    initialRouteEntries: [route],
    apis: [[gitHostApiRef, fakeApi(overrides)]],
  });
}

// Answers are shared between screens; tests must not share them.
afterEach(async () => {
  cleanup();
  await mutate(() => true, undefined, { revalidate: true });
});

describe('the plugin', () => {
  it('holds the page, the card and the interface', () => {
    for (const id of [
      'page:git',
      'entity-card:git/repository',
      'api:git',
    ] as const) {
      expect(gitPlugin.getExtension(id)).toBeDefined();
    }
  });
});

describe('repositories', () => {
  it('are listed and searched', async () => {
    const listRepositories = jest.fn(async () => ({ items: [repository] }));
    open('/git', { listRepositories });
    expect(
      await screen.findByRole('link', { name: 'payments/ledger' }),
    ).toHaveAttribute('href', '/git/payments/ledger');
    await userEvent.type(screen.getByRole('searchbox'), 'led');
    await waitFor(() =>
      expect(listRepositories).toHaveBeenCalledWith(
        expect.objectContaining({ query: 'led' }),
      ),
    );
  });

  it('say what to do when there are none', async () => {
    open('/git', { listRepositories: async () => ({ items: [] }) });
    expect(await screen.findByText('No repositories yet')).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Start from a template' }),
    ).toBeInTheDocument();
  });

  it('say why they could not be loaded', async () => {
    open('/git', {
      listRepositories: async () => {
        throw new Error('You may not read repositories');
      },
    });
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'You may not read repositories',
    );
  });
});

describe('a repository', () => {
  it('shows files, readme and how to clone, and runs no markup of the readme', async () => {
    const { container } = open('/git/payments/ledger');
    expect(
      await screen.findByRole('link', { name: 'README.md' }),
    ).toHaveAttribute('href', '/git/payments/ledger/blob/main/README.md');
    expect(screen.getByText('2.1 KB')).toBeInTheDocument();
    expect(
      await screen.findByRole('heading', { name: 'Ledger' }),
    ).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'main' })).toHaveAttribute(
      'href',
      '/git/payments/ledger/blob/main/src/main.ts',
    );
    expect(container.querySelector('img[onerror]')).not.toBeInTheDocument();
    await waitFor(() =>
      expect(screen.getByRole('img', { name: 'Flow' })).toHaveAttribute(
        'src',
        expect.stringMatching(/^data:image\/png;base64,./),
      ),
    );
    expect(screen.getByText(repository.cloneUrl)).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Copy the clone address' }),
    ).toBeInTheDocument();
  });

  it('shows a file with line numbers', async () => {
    open('/git/payments/ledger/blob/main/src/main.ts');
    const code = await screen.findByRole('region', {
      name: 'Content of src/main.ts',
    });
    expect(code).toHaveTextContent('const a = 1;');
    expect(code.querySelector('#L1')).toHaveAttribute('data-line', '1');
    expect(
      screen.getByRole('button', { name: 'Download' }),
    ).toBeInTheDocument();
  });

  it('tells how to make the first push while it is empty', async () => {
    open('/git/payments/ledger', {
      getRepository: async () => ({
        ...repository,
        empty: true,
        headCommit: undefined,
      }),
    });
    expect(
      await screen.findByText(/git push -u origin main/),
    ).toBeInTheDocument();
  });

  it('lists commits and shows one with its changes', async () => {
    open('/git/payments/ledger/commits');
    await userEvent.click(
      await screen.findByRole('link', { name: 'Add the ledger' }),
    );
    const changes = await screen.findByRole('region', {
      name: 'Changes of src/main.ts',
    });
    // Told by words as well as by colour.
    expect(within(changes).getByText('removed')).toBeInTheDocument();
    expect(within(changes).getByText('old line')).toBeInTheDocument();
    expect(within(changes).getByText('new line')).toBeInTheDocument();
  });

  it('deletes a branch after asking', async () => {
    const deleteBranch = jest.fn(async () => undefined);
    open('/git/payments/ledger/branches', { deleteBranch });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Delete upgrade/1.4.0' }),
    );
    expect(
      screen.queryByRole('button', { name: 'Delete main' }),
    ).not.toBeInTheDocument();
    expect(deleteBranch).not.toHaveBeenCalled();
    await userEvent.click(
      await screen.findByRole('button', { name: 'Delete branch' }),
    );
    await waitFor(() =>
      expect(deleteBranch).toHaveBeenCalledWith(
        'payments/ledger',
        'upgrade/1.4.0',
      ),
    );
  });
});

describe('pull requests', () => {
  it('are listed', async () => {
    open('/git/payments/ledger/pulls');
    expect(
      await screen.findByRole('link', { name: 'Upgrade the template' }),
    ).toHaveAttribute('href', '/git/payments/ledger/pulls/7');
  });

  it('are merged after asking, at the commit that was looked at', async () => {
    const mergePull = jest.fn(async () => pull);
    open('/git/payments/ledger/pulls/7', { mergePull });
    await userEvent.click(await screen.findByRole('button', { name: 'Merge' }));
    const dialog = await screen.findByRole('dialog');
    expect(mergePull).not.toHaveBeenCalled();
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Merge' }),
    );
    await waitFor(() =>
      expect(mergePull).toHaveBeenCalledWith('payments/ledger', 7, {
        headCommit: SHA,
        deleteSource: true,
      }),
    );
  });

  it('call the check boxes of their description what the items say', async () => {
    open('/git/payments/ledger/pulls/7', {
      getPull: async () => ({
        ...pull,
        body: '- [ ] Who **still** calls it?\n  - [x] the `ledger`\n\n- [ ] <b></b>',
      }),
    });
    const boxes = [];
    for (const name of ['Who still calls it?', 'the ledger', 'Task']) {
      boxes.push(await screen.findByRole('checkbox', { name }));
    }
    expect(new Set(boxes).size).toBe(3);
    boxes.forEach(box => expect(box).toBeDisabled());
    expect(boxes[1]).toBeChecked();
    expect(boxes[0]).not.toBeChecked();
  });

  it('stay open and say why when merging fails', async () => {
    open('/git/payments/ledger/pulls/7', {
      mergePull: async () => {
        throw new Error('The branch has moved since you looked');
      },
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Merge' }));
    const dialog = await screen.findByRole('dialog');
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Merge' }),
    );
    expect(await within(dialog).findByRole('alert')).toHaveTextContent(
      'has moved',
    );
  });

  it('name the files in conflict and cannot be merged', async () => {
    open('/git/payments/ledger/pulls/7', {
      getPull: async () => ({
        ...pull,
        mergeability: { status: 'conflicts', conflicts: ['ci/build.yml'] },
      }),
    });
    expect(await screen.findByText('ci/build.yml')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Merge' })).toBeDisabled();
  });

  it('offer nothing to those who may do nothing', async () => {
    open('/git/payments/ledger/pulls/7', {
      getPull: async () => ({
        ...pull,
        viewer: {
          canPush: false,
          canOpenPull: false,
          canMerge: false,
          canDelete: false,
        },
      }),
    });
    expect(
      await screen.findByText(/Only members of payments/),
    ).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Merge' }),
    ).not.toBeInTheDocument();
  });
});

describe('access tokens', () => {
  const created: CreatedAccessToken = {
    id: '5',
    name: 'work laptop',
    owner: 'user:default/ines.duarte',
    hint: 'pvr_abcd',
    scopes: ['read', 'write'],
    createdAt: '2026-11-20T10:00:00.000Z',
    expiresAt: '2099-02-18T10:00:00.000Z',
    token: 'pvr_abcdefgh',
  };

  it('are shown once when they are made', async () => {
    const createToken = jest.fn(async () => created);
    open('/git/tokens', { createToken });
    expect(await screen.findByText('No tokens yet')).toBeInTheDocument();
    await userEvent.type(
      screen.getByRole('textbox', { name: /Name/ }),
      'work laptop',
    );
    await userEvent.click(screen.getByRole('button', { name: 'Make token' }));
    expect(await screen.findByText('pvr_abcdefgh')).toBeInTheDocument();
    expect(createToken).toHaveBeenCalledWith({
      name: 'work laptop',
      expiresInDays: 90,
      scopes: ['read', 'write'],
    });
  });

  it('are revoked after asking', async () => {
    const revokeToken = jest.fn(async () => undefined);
    open('/git/tokens', { listTokens: async () => [created], revokeToken });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Revoke work laptop' }),
    );
    await userEvent.click(
      await screen.findByRole('button', { name: 'Revoke token' }),
    );
    await waitFor(() => expect(revokeToken).toHaveBeenCalledWith('5'));
  });
});

describe('the card on an entity', () => {
  const entity = (slug: string): Entity => ({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name: 'ledger',
      annotations: { 'pavedroad.dev/repository': slug },
    },
  });
  const render = (slug: string, overrides: Partial<GitHostApi> = {}) =>
    renderInTestApp(
      <EntityProvider entity={entity(slug)}>
        <EntityRepositoryCard />
      </EntityProvider>,
      {
        apis: [[gitHostApiRef, fakeApi(overrides)]],
        mountedRoutes: { '/git': rootRouteRef },
      },
    );

  it('shows the repository, the clone address, the last commits and open pull requests', async () => {
    render('payments/ledger');
    expect(
      await screen.findByRole('link', { name: 'payments/ledger' }),
    ).toHaveAttribute('href', '/git/payments/ledger');
    expect(screen.getByText('1 open pull request')).toBeInTheDocument();
    expect(screen.getByText('Add the ledger')).toBeInTheDocument();
    expect(screen.getByText(repository.cloneUrl)).toBeInTheDocument();
  });

  it('says what is wrong with an annotation that cannot be read', async () => {
    render('../../etc');
    expect(
      await screen.findByText("The repository's name cannot be read"),
    ).toBeInTheDocument();
  });
});
