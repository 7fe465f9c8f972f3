import { JsonObject, JsonValue } from '@backstage/types';

/*
 * Webhook payloads in the full shape that GitHub documents, with values of an
 * organisation that does not exist.
 */

const API = 'https://api.github.com';
const WEB = 'https://github.com';
const SLUG = 'Juniper-Pantry/till';

/** A commit id that can be told apart at a glance. */
export const sha = (text: string) =>
  text.replace(/[^0-9a-f]/g, 'e').padEnd(40, '0');

export function user(login: string, type = 'User'): JsonObject {
  const url = `${API}/users/${login}`;
  return {
    login,
    id: 40_000 + login.length,
    node_id: `U_${login}`,
    avatar_url: `https://avatars.githubusercontent.com/u/${login.length}?v=4`,
    gravatar_id: '',
    url,
    html_url: `${WEB}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    user_view_type: 'public',
    site_admin: false,
  };
}

export function repository(slug = SLUG): JsonObject {
  const url = `${API}/repos/${slug}`;
  const [owner, name] = slug.split('/');
  const links = Object.fromEntries(
    [
      'archive:{archive_format}{/ref}',
      'assignees:assignees{/user}',
      'blobs:git/blobs{/sha}',
      'branches:branches{/branch}',
      'collaborators:collaborators{/collaborator}',
      'comments:comments{/number}',
      'commits:commits{/sha}',
      'compare:compare/{base}...{head}',
      'contents:contents/{+path}',
      'contributors:contributors',
      'deployments:deployments',
      'downloads:downloads',
      'events:events',
      'forks:forks',
      'git_commits:git/commits{/sha}',
      'git_refs:git/refs{/sha}',
      'git_tags:git/tags{/sha}',
      'hooks:hooks',
      'issue_comment:issues/comments{/number}',
      'issue_events:issues/events{/number}',
      'issues:issues{/number}',
      'keys:keys{/key_id}',
      'labels:labels{/name}',
      'languages:languages',
      'merges:merges',
      'milestones:milestones{/number}',
      'notifications:notifications{?since,all,participating}',
      'pulls:pulls{/number}',
      'releases:releases{/id}',
      'stargazers:stargazers',
      'statuses:statuses/{sha}',
      'subscribers:subscribers',
      'subscription:subscription',
      'tags:tags',
      'teams:teams',
      'trees:git/trees{/sha}',
    ].map(text => {
      const [key, ...path] = text.split(':');
      return [`${key}_url`, `${url}/${path.join(':')}`];
    }),
  );
  return {
    id: 771_204_118,
    node_id: 'R_kgDOLfe-Vg',
    name,
    full_name: slug,
    private: true,
    owner: user(owner, 'Organization'),
    html_url: `${WEB}/${slug}`,
    description: 'Takes payments at the counter',
    fork: false,
    url,
    ...links,
    created_at: '2024-03-02T09:11:47Z',
    updated_at: '2026-04-30T16:02:11Z',
    pushed_at: '2026-05-04T08:59:58Z',
    git_url: `git://github.com/${slug}.git`,
    ssh_url: `git@github.com:${slug}.git`,
    clone_url: `${WEB}/${slug}.git`,
    svn_url: `${WEB}/${slug}`,
    homepage: null,
    size: 8_211,
    stargazers_count: 3,
    watchers_count: 3,
    language: 'TypeScript',
    has_issues: true,
    has_projects: false,
    has_downloads: true,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    mirror_url: null,
    archived: false,
    disabled: false,
    open_issues_count: 4,
    license: null,
    allow_forking: false,
    is_template: false,
    web_commit_signoff_required: false,
    topics: ['payments'],
    visibility: 'internal',
    forks: 0,
    open_issues: 4,
    watchers: 3,
    default_branch: 'main',
    custom_properties: { tier: 'one' },
  };
}

const common = (slug?: string): JsonObject => ({
  repository: repository(slug),
  organization: {
    login: 'Juniper-Pantry',
    id: 91_223,
    node_id: 'O_kgDOAAFkVw',
    url: `${API}/orgs/Juniper-Pantry`,
    repos_url: `${API}/orgs/Juniper-Pantry/repos`,
    events_url: `${API}/orgs/Juniper-Pantry/events`,
    hooks_url: `${API}/orgs/Juniper-Pantry/hooks`,
    issues_url: `${API}/orgs/Juniper-Pantry/issues`,
    members_url: `${API}/orgs/Juniper-Pantry/members{/member}`,
    public_members_url: `${API}/orgs/Juniper-Pantry/public_members{/member}`,
    avatar_url: 'https://avatars.githubusercontent.com/u/91223?v=4',
    description: 'Grocers',
  },
  sender: user('odile-brandt'),
  installation: { id: 55_021_009, node_id: 'MDIzOkludGVncmF0aW9u' },
});

export function deploymentObject(more: JsonObject = {}): JsonObject {
  const url = `${API}/repos/${SLUG}/deployments/2480113377`;
  return {
    url,
    id: 2_480_113_377,
    node_id: 'DE_kwDOLfe-Vs6T08Nx',
    task: 'deploy',
    original_environment: 'counter-eu',
    environment: 'counter-eu',
    description: null,
    created_at: '2026-05-04T09:10:00Z',
    updated_at: '2026-05-04T09:14:31Z',
    statuses_url: `${url}/statuses`,
    repository_url: `${API}/repos/${SLUG}`,
    creator: user('github-actions[bot]', 'Bot'),
    sha: sha('c3'),
    ref: 'main',
    payload: {},
    transient_environment: false,
    production_environment: true,
    performed_via_github_app: null,
    ...more,
  };
}

export const deployment = (more: JsonObject = {}): JsonObject => ({
  action: 'created',
  deployment: deploymentObject(more),
  workflow: null,
  workflow_run: null,
  ...common(),
});

export const deploymentStatus = (
  state: string,
  status: JsonObject = {},
  about: JsonObject = {},
): JsonObject => {
  const url = `${API}/repos/${SLUG}/deployments/2480113377`;
  return {
    action: 'created',
    deployment_status: {
      url: `${url}/statuses/5520981`,
      id: 5_520_981,
      node_id: 'DES_kwDOLfe-Vs5sWQm4',
      state,
      creator: user('github-actions[bot]', 'Bot'),
      description: '',
      environment: 'counter-eu',
      target_url: `${WEB}/${SLUG}/actions/runs/9001/job/77`,
      created_at: '2026-05-04T09:14:31Z',
      updated_at: '2026-05-04T09:14:31Z',
      deployment_url: url,
      repository_url: `${API}/repos/${SLUG}`,
      environment_url: 'https://till.juniper-pantry.example',
      log_url: `${WEB}/${SLUG}/actions/runs/9001/job/77`,
      performed_via_github_app: null,
      ...status,
    },
    deployment: deploymentObject(about),
    check_run: null,
    workflow: null,
    workflow_run: null,
    ...common(),
  };
};

export function pushedCommit(
  id: string,
  timestamp: string,
  more: JsonObject = {},
): JsonObject {
  return {
    id: sha(id),
    tree_id: sha(`a${id}`),
    distinct: true,
    message: `Round ${id} to the cent\n\nThe total is what the customer reads.`,
    timestamp,
    url: `${WEB}/${SLUG}/commit/${sha(id)}`,
    author: {
      name: 'Odile Brandt',
      email: 'odile@juniper-pantry.example',
      username: 'odile-brandt',
    },
    committer: {
      name: 'Odile Brandt',
      email: 'odile@juniper-pantry.example',
      username: 'odile-brandt',
    },
    added: [],
    removed: ['src/old.ts'],
    modified: ['src/total.ts'],
    ...more,
  };
}

export function push(commits: JsonObject[], more: JsonObject = {}): JsonObject {
  return {
    ref: 'refs/heads/main',
    before: sha('c1'),
    after: (commits.at(-1)?.id ?? sha('c1')) as string,
    ...common(),
    repository: {
      ...repository(),
      // In pushes these are seconds.
      created_at: 1_709_370_707,
      pushed_at: 1_777_885_198,
      master_branch: 'main',
      organization: 'Juniper-Pantry',
    },
    pusher: { name: 'odile-brandt', email: 'odile@juniper-pantry.example' },
    created: false,
    deleted: false,
    forced: false,
    base_ref: null,
    compare: `${WEB}/${SLUG}/compare/${sha('c1').slice(0, 12)}...main`,
    commits,
    head_commit: commits.at(-1) ?? null,
    ...more,
  };
}

export const label = (name: string): JsonObject => ({
  id: 6_100 + name.length,
  node_id: `LA_${name}`,
  url: `${API}/repos/${SLUG}/labels/${name}`,
  name,
  color: 'd73a4a',
  default: false,
  description: null,
});

export function pullObject(more: JsonObject = {}): JsonObject {
  const url = `${API}/repos/${SLUG}/pulls/41`;
  const side = (ref: string, id: string) => ({
    label: `Juniper-Pantry:${ref}`,
    ref,
    sha: sha(id),
    user: user('Juniper-Pantry', 'Organization'),
    repo: repository(),
  });
  return {
    url,
    id: 1_903_441_207,
    node_id: 'PR_kwDOLfe-Vs5xc_r3',
    html_url: `${WEB}/${SLUG}/pull/41`,
    diff_url: `${WEB}/${SLUG}/pull/41.diff`,
    patch_url: `${WEB}/${SLUG}/pull/41.patch`,
    issue_url: `${API}/repos/${SLUG}/issues/41`,
    number: 41,
    state: 'closed',
    locked: false,
    title: 'Round to the cent',
    user: user('odile-brandt'),
    body: 'What the customer reads is what is booked.\n\nFixes #12',
    created_at: '2026-05-02T13:00:00Z',
    updated_at: '2026-05-04T09:00:02Z',
    closed_at: '2026-05-04T09:00:01Z',
    merged_at: '2026-05-04T09:00:01Z',
    merge_commit_sha: sha('c3'),
    assignee: null,
    assignees: [],
    requested_reviewers: [user('tomasz-w')],
    requested_teams: [],
    labels: [],
    milestone: null,
    draft: false,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${API}/repos/${SLUG}/pulls/comments{/number}`,
    comments_url: `${API}/repos/${SLUG}/issues/41/comments`,
    statuses_url: `${API}/repos/${SLUG}/statuses/${sha('b2')}`,
    head: side('round', 'b2'),
    base: side('main', 'c1'),
    _links: { self: { href: url }, html: { href: `${WEB}/${SLUG}/pull/41` } },
    author_association: 'MEMBER',
    auto_merge: null,
    active_lock_reason: null,
    merged: true,
    mergeable: null,
    rebaseable: null,
    mergeable_state: 'unknown',
    merged_by: user('tomasz-w'),
    comments: 1,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: 2,
    additions: 14,
    deletions: 9,
    changed_files: 2,
    ...more,
  };
}

export const OPEN: JsonObject = {
  state: 'open',
  merged: false,
  closed_at: null,
  merged_at: null,
  merged_by: null,
  updated_at: '2026-05-02T13:00:00Z',
};

export const pullRequest = (
  action: string,
  more: JsonObject = {},
): JsonObject => ({
  action,
  number: 41,
  pull_request: pullObject(more),
  ...common(),
});

export const review = (
  state: string,
  at: string,
  action = 'submitted',
): JsonObject => ({
  action,
  review: {
    id: 2_011_877_003,
    node_id: 'PRR_kwDOLfe-Vs53',
    user: user('tomasz-w'),
    body: null,
    commit_id: sha('b2'),
    submitted_at: at,
    updated_at: at,
    state,
    html_url: `${WEB}/${SLUG}/pull/41#pullrequestreview-2011877003`,
    pull_request_url: `${API}/repos/${SLUG}/pulls/41`,
    author_association: 'MEMBER',
    _links: {},
  },
  pull_request: pullObject(OPEN),
  ...common(),
});

export function runObject(more: JsonObject = {}): JsonObject {
  const url = `${API}/repos/${SLUG}/actions/runs/9001`;
  return {
    id: 9_001,
    name: 'Build',
    node_id: 'WFR_kwLOLfe-Vs8AAAAC',
    head_branch: 'main',
    head_sha: sha('c3'),
    path: '.github/workflows/build.yml',
    display_title: 'Round to the cent (#41)',
    run_number: 512,
    event: 'push',
    status: 'completed',
    conclusion: 'success',
    workflow_id: 8_113_422,
    check_suite_id: 23_880_112_004,
    check_suite_node_id: 'CS_kwDOLfe-Vs8AAAAF',
    url,
    html_url: `${WEB}/${SLUG}/actions/runs/9001`,
    pull_requests: [],
    created_at: '2026-05-04T09:00:05Z',
    updated_at: '2026-05-04T09:06:40Z',
    actor: user('tomasz-w'),
    run_attempt: 1,
    referenced_workflows: [],
    run_started_at: '2026-05-04T09:00:05Z',
    triggering_actor: user('tomasz-w'),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${API}/repos/${SLUG}/check-suites/23880112004`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${API}/repos/${SLUG}/actions/workflows/8113422`,
    head_commit: {
      id: sha('c3'),
      tree_id: sha('ac3'),
      message: 'Round to the cent (#41)',
      timestamp: '2026-05-04T09:00:01Z',
      author: { name: 'Odile Brandt', email: 'odile@juniper-pantry.example' },
      committer: { name: 'GitHub', email: 'noreply@github.com' },
    },
    repository: repository(),
    head_repository: repository(),
    ...more,
  };
}

export const workflowRun = (
  action: string,
  more: JsonObject = {},
): JsonObject => ({
  action,
  workflow_run: runObject(more),
  workflow: {
    id: 8_113_422,
    node_id: 'W_kwDOLfe-Vs4Ae82u',
    name: 'Build',
    path: '.github/workflows/build.yml',
    state: 'active',
    created_at: '2024-03-02T10:00:00Z',
    updated_at: '2025-01-15T10:00:00Z',
    url: `${API}/repos/${SLUG}/actions/workflows/8113422`,
    html_url: `${WEB}/${SLUG}/blob/main/.github/workflows/build.yml`,
    badge_url: `${WEB}/${SLUG}/workflows/Build/badge.svg`,
  },
  ...common(),
});

export const release = (action: string, more: JsonObject = {}): JsonObject => ({
  action,
  release: {
    url: `${API}/repos/${SLUG}/releases/219004511`,
    assets_url: `${API}/repos/${SLUG}/releases/219004511/assets`,
    upload_url: `https://uploads.github.com/repos/${SLUG}/releases/219004511/assets{?name,label}`,
    html_url: `${WEB}/${SLUG}/releases/tag/v3.4.0`,
    id: 219_004_511,
    author: user('tomasz-w'),
    node_id: 'RE_kwDOLfe-Vs4NDc5f',
    tag_name: 'v3.4.0',
    target_commitish: 'main',
    name: '3.4.0',
    draft: false,
    immutable: false,
    prerelease: false,
    created_at: '2026-05-04T09:00:01Z',
    updated_at: '2026-05-04T09:30:00Z',
    published_at: '2026-05-04T09:30:00Z',
    assets: [],
    tarball_url: `${API}/repos/${SLUG}/tarball/v3.4.0`,
    zipball_url: `${API}/repos/${SLUG}/zipball/v3.4.0`,
    body: '- Round to the cent',
    ...more,
  },
  ...common(),
});

export function issueObject(more: JsonObject = {}): JsonObject {
  const url = `${API}/repos/${SLUG}/issues/12`;
  return {
    url,
    repository_url: `${API}/repos/${SLUG}`,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: `${WEB}/${SLUG}/issues/12`,
    id: 2_277_400_918,
    node_id: 'I_kwDOLfe-Vs6HvwFW',
    number: 12,
    title: 'Receipts show one cent too much',
    user: user('odile-brandt'),
    labels: [label('incident'), label('payments')],
    state: 'open',
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: 0,
    created_at: '2026-05-04T10:00:00Z',
    updated_at: '2026-05-04T10:00:00Z',
    closed_at: null,
    author_association: 'MEMBER',
    active_lock_reason: null,
    body: 'Since this morning.\n\n**Caused by**: #2480113377\nEnvironment: counter-eu',
    closed_by: null,
    reactions: { url: `${url}/reactions`, total_count: 0, '+1': 0 },
    timeline_url: `${url}/timeline`,
    performed_via_github_app: null,
    state_reason: null,
    sub_issues_summary: { total: 0, completed: 0, percent_completed: 0 },
    ...more,
  };
}

export const issue = (
  action: string,
  more: JsonObject = {},
  about: JsonObject = {},
): JsonObject => ({
  action,
  issue: issueObject(about),
  ...common(),
  ...more,
});

export const ping = (events: string[]): JsonObject => ({
  zen: 'Measure twice.',
  hook_id: 481_220_117,
  hook: {
    type: 'Repository',
    id: 481_220_117,
    name: 'web',
    active: true,
    events,
    config: {
      content_type: 'json',
      insecure_ssl: '0',
      secret: '********',
      url: 'https://portal.juniper-pantry.example/api/dora/webhooks/github',
    },
    updated_at: '2026-05-01T08:00:00Z',
    created_at: '2026-05-01T08:00:00Z',
    url: `${API}/repos/${SLUG}/hooks/481220117`,
    test_url: `${API}/repos/${SLUG}/hooks/481220117/test`,
    ping_url: `${API}/repos/${SLUG}/hooks/481220117/pings`,
    deliveries_url: `${API}/repos/${SLUG}/hooks/481220117/deliveries`,
    last_response: { code: null, status: 'unused', message: null },
  },
  ...common(),
});

/** A commit as the API lists it. */
export function apiCommit(
  id: string,
  parents: string[],
  committedAt: string,
  more: { message?: string; authoredAt?: string; files?: JsonValue } = {},
): JsonObject {
  const url = `${API}/repos/${SLUG}/commits/${sha(id)}`;
  const person = (date: string) => ({
    name: 'Odile Brandt',
    email: 'odile@juniper-pantry.example',
    date,
  });
  return {
    sha: sha(id),
    node_id: `C_${id}`,
    commit: {
      author: person(more.authoredAt ?? committedAt),
      committer: person(committedAt),
      message: more.message ?? `Change ${id}`,
      tree: { sha: sha(`a${id}`), url: `${url}/tree` },
      url: `${API}/repos/${SLUG}/git/commits/${sha(id)}`,
      comment_count: 0,
      verification: {
        verified: false,
        reason: 'unsigned',
        signature: null,
        payload: null,
        verified_at: null,
      },
    },
    url,
    html_url: `${WEB}/${SLUG}/commit/${sha(id)}`,
    comments_url: `${url}/comments`,
    author: user('odile-brandt'),
    committer: user('odile-brandt'),
    parents: parents.map(parent => ({
      sha: sha(parent),
      url: `${API}/repos/${SLUG}/commits/${sha(parent)}`,
      html_url: `${WEB}/${SLUG}/commit/${sha(parent)}`,
    })),
    ...(more.files !== undefined && {
      stats: { total: 2, additions: 1, deletions: 1 },
      files: more.files,
    }),
  };
}
