import { type Mutation, replace } from '../mutations';
import { TYPESCRIPT_MUTATIONS } from './serviceMutations';
import type { Mutations } from './types';
import { webTests } from './unitTests';

const rules = /^observability\/prometheus\/page-load\/rules\.yaml$/;
const headers = /^dist\/src\/securityHeaders\.js$/;
const pages = /^dist\/src\/routes\/pages\.js$/;
const page = /^dist\/web\/index\.html$/;

const prometheus = (
  id: string,
  description: string,
  change: Mutation['change'],
  file = rules,
): Mutation => ({
  id: `website-${id}`,
  description,
  verifier: 'prometheus',
  file,
  change,
});

/** Mutations of web applications. Their server is a service in TypeScript and is broken like one. */
export const WEBSITE_MUTATIONS: Mutations = {
  files: [
    {
      id: 'website-yaml-bad-indentation',
      description: 'an indentation that changes the meaning',
      verifier: 'yaml',
      file: /^catalog-info\.yaml$/,
      change: replace('  type: website', '   type: website'),
    },
    prometheus(
      'page-load-upside-down',
      'a ratio that counts good loads as slow',
      replace(/1 - \(\n/g, '0 + (\n'),
    ),
    prometheus(
      'page-load-patient',
      'an objective at four seconds instead of two and a half',
      replace(/le="2\.5"/g, 'le="4"'),
    ),
    prometheus(
      'of-every-environment',
      'rules that take staging for production',
      replace(/, environment!="staging"/g, ''),
    ),
    prometheus(
      'page-load-of-three',
      'a single slow phone that is an outage',
      replace(/\) >= 20/g, ') >= 0'),
    ),
    prometheus(
      'reports-page',
      'people woken for reports that anybody can send',
      replace(/(BrowserErrors\n[\s\S]*?severity: )ticket/, '$1page'),
    ),
    prometheus(
      'burn-wrong-factor',
      'a burn-rate factor off by ten',
      replace(/\(14\.4 \*/g, '(1.44 *'),
    ),
    prometheus(
      'burn-missing',
      'one of the four burn rates left out',
      replace(
        /( {6}- alert: PageLoadBudgetBurnSteady)[\s\S]*?(?= {6}- alert)/,
        '',
      ),
    ),
    prometheus(
      'errors-deaf',
      'errors in browsers nobody hears of',
      replace('> 0.05 *', '> 5 *'),
    ),
    prometheus(
      'violations-nervous',
      'an alert at the first violation',
      replace('[15m])) > 0.1', '[15m])) > 0.001'),
    ),
    prometheus(
      'vitals-missing-deaf',
      'an objective that ends unnoticed when vitals do',
      replace('[30m])) > 0.2', '[30m])) > 200'),
    ),
    prometheus(
      'no-runbook',
      'a runbook link that leads nowhere',
      replace('runbooks/slow-pages.md', 'runbooks/slow.md'),
    ),
    prometheus(
      'dashboard-blind',
      'a panel that shows what nothing records',
      replace(
        'service:web_vitals_lcp_seconds:p75_1h',
        'service:web_vitals_lcp_seconds:p75_2h',
      ),
      /grafana\/users\.json$/,
    ),
  ],
  scripts: [
    {
      id: 'website-wrong-answer',
      description: 'an example that greets wrongly',
      file: /^web\/src\/Greeting\.tsx$/,
      change: replace('Hello, ', 'Goodbye, '),
      command: ['ci/unit-test.sh'],
    },
    {
      id: 'website-mouse-only',
      description: 'something only a mouse can press',
      expects: /jsx-a11y/,
      file: /^web\/src\/Greeting\.tsx$/,
      change: replace(
        '<output>',
        '<div onClick={() => setName("")}>Clear</div><output>',
      ),
      command: ['ci/lint.sh'],
    },
    {
      id: 'website-nameless-link',
      description: 'a link that says nothing to who cannot see it',
      file: /^web\/src\/App\.tsx$/,
      change: replace('            About\n', "            {''}\n"),
      ...webTests('App'),
    },
    ...TYPESCRIPT_MUTATIONS.scripts.filter(({ id }) =>
      /^(code-secret-in-answer|code-type-error|dependency-unpinned)$/.test(id),
    ),
    {
      id: 'website-budget-exceeded',
      description: 'a bundle over its budget, which stops the build',
      expects: /over the budget/,
      file: /^budget\.json$/,
      change: replace('81920', '8192'),
      command: ['ci/build.sh'],
    },
  ],
  artifact: [
    {
      id: 'website-unsafe-inline',
      description: 'a policy that allows inline scripts',
      file: headers,
      change: replace("'strict-dynamic'", "'unsafe-inline'"),
    },
    {
      id: 'website-any-script',
      description: 'a policy that allows scripts of any host',
      file: headers,
      change: replace(
        /`script-src 'nonce-\$\{nonce\}' 'strict-dynamic'`/,
        '"script-src https:"',
      ),
    },
    {
      id: 'website-same-nonce',
      description: 'a nonce that is used twice',
      file: headers,
      change: replace(
        "randomBytes(16).toString('base64')",
        "'c2FtZXNhbWVzYW1lc2FtZQ=='",
      ),
    },
    {
      id: 'website-no-sniffing-guard',
      description: 'a missing header',
      file: headers,
      change: replace("'x-content-type-options'", "'x-options'"),
    },
    {
      id: 'website-no-policy',
      description: 'pages without a policy',
      file: pages,
      change: replace(/\.\.\.pageHeaders\(nonce\)/, ''),
    },
    {
      id: 'website-draws-nothing',
      description: 'a page in which nothing is drawn',
      trial: 'browser',
      expects: /Your name/,
      file: page,
      change: replace('id="root"', 'id="elsewhere"'),
    },
    {
      id: 'website-inline-script',
      description: 'an inline script in the page',
      file: page,
      change: replace('</body>', '<script>alert(1)</script></body>'),
    },
    {
      id: 'website-inline-handler',
      description: 'an inline event handler in the page',
      file: page,
      change: replace('<body>', '<body onload="x()">'),
    },
    {
      id: 'website-page-kept',
      description: 'a page that browsers keep',
      file: pages,
      change: replace(
        "'cache-control': 'no-cache', ...",
        "'cache-control': 'max-age=3600', ...",
      ),
    },
    {
      id: 'website-files-asked-again',
      description: 'files with a hash in their name that are asked for again',
      file: pages,
      change: replace('public, max-age=31536000, immutable', 'no-cache'),
    },
    {
      id: 'website-no-fallback',
      description: 'a page that is only there for who begins at the start',
      file: pages,
      change: replace('NO_PAGE.test(path)', "path !== '/'"),
    },
    {
      id: 'website-config-unescaped',
      description: 'configuration that can leave its attribute',
      file: /^dist\/src\/site\.js$/,
      change: replace(
        'escapeAttribute(JSON.stringify(runtimeConfig))',
        'JSON.stringify(runtimeConfig)',
      ),
    },
    {
      id: 'website-unbounded-label',
      description: 'a label that holds whatever browsers send',
      file: /^dist\/src\/browserMetrics\.js$/,
      change: replace(/pageOf\(report\.page\)/g, 'report.page'),
    },
    {
      id: 'website-vitals-unchecked',
      description: 'reports that are taken whatever they say',
      file: /^dist\/src\/routes\/reports\.js$/,
      change: replace('schema: { body: vitalsSchema }', 'schema: {}'),
    },
    {
      id: 'website-vitals-shifted',
      description: 'an objective that no bucket counts exactly',
      file: /^dist\/src\/browserMetrics\.js$/,
      change: replace('2, 2.5, 3', '2, 3'),
    },
    {
      id: 'website-reports-unlimited',
      description: 'as many reports as are sent',
      file: /^dist\/src\/limits\.js$/,
      change: replace('tokens < 1', 'tokens < -1e9'),
    },
    {
      id: 'website-violations-uncounted',
      description: 'violations of the policy nobody counts',
      file: /^dist\/src\/browserMetrics\.js$/,
      change: replace("'csp_violations_total'", "'csp_total'"),
    },
  ],
};
