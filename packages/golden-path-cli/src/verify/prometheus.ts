import { posix } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { run, which } from '../lib/run';
import { moduleFindings } from './settings';
import { type Finding, outcome, type Verifier } from './types';

const rulesSchema = z.object({
  groups: z.array(
    z.looseObject({
      name: z.string(),
      rules: z.array(
        z.looseObject({
          alert: z.string().optional(),
          record: z.string().optional(),
          expr: z.union([z.string(), z.number()]),
          labels: z.record(z.string(), z.string()).optional(),
          annotations: z.record(z.string(), z.string()).optional(),
        }),
      ),
    }),
  ),
});

const testsSchema = z.looseObject({
  tests: z
    .array(
      z.looseObject({
        alert_rule_test: z
          .array(
            z.looseObject({
              alertname: z.string(),
              exp_alerts: z.array(z.unknown()).optional(),
            }),
          )
          .optional(),
      }),
    )
    .default([]),
});

export type Rules = z.infer<typeof rulesSchema>;
export type RuleTests = z.infer<typeof testsSchema>;

/** The burn-rate alerts every service level has: factor, long window, short window. */
const BURN_RATES: readonly [string, string, string][] = [
  ['14.4', '1h', '5m'],
  ['6', '6h', '30m'],
  ['3', '1d', '2h'],
  ['1', '3d', '6h'],
];

/** Rules beside those of the service level. */
const BESIDE_SERVICE_LEVEL = /^observability\/prometheus\/[^/]+\/rules\.ya?ml$/;

/** Own rules: every alert has an owner, a severity, a runbook in the repository, and a test each way. */
export function alertFindings(
  file: string,
  rules: Rules,
  tests: RuleTests[],
  files: readonly string[],
): Finding[] {
  const findings: Finding[] = [];
  const alerts = rules.groups
    .flatMap(group => group.rules)
    .filter(rule => rule.alert !== undefined);
  for (const rule of alerts) {
    const where = `${file}: ${rule.alert}`;
    if (!rule.labels?.owner) {
      findings.push({ where, message: 'has no owner' });
    }
    if (!/^(page|ticket)$/.test(rule.labels?.severity ?? '')) {
      findings.push({ where, message: 'its severity is not page or ticket' });
    }
    if (
      rule.labels?.severity === 'page' &&
      /\b(browser_errors|csp_violations)_total\b/.test(String(rule.expr))
    ) {
      findings.push({
        where,
        message: 'wakes people for reports that anybody can send',
      });
    }
    if (!rule.annotations?.summary) {
      findings.push({ where, message: 'has no summary' });
    }
    const runbook = rule.annotations?.runbook_url ?? '';
    const path = files.find(
      f => f.startsWith('docs/') && runbook.endsWith(`/${f}`),
    );
    if (!URL.canParse(runbook) || !path) {
      findings.push({
        where,
        message: `its runbook_url "${runbook}" leads to no page of this repository`,
      });
    }
    const cases = tests
      .flatMap(test => test.tests)
      .flatMap(test => test.alert_rule_test ?? [])
      .filter(test => test.alertname === rule.alert);
    if (!cases.some(test => (test.exp_alerts?.length ?? 0) > 0)) {
      findings.push({ where, message: 'no test makes it fire' });
    }
    if (!cases.some(test => (test.exp_alerts?.length ?? 0) === 0)) {
      findings.push({ where, message: 'no test keeps it silent' });
    }
  }
  // Rules in a folder of their own may set no objective; then there is no budget to burn. Those that speak of one have to set it.
  const all = rules.groups.flatMap(group => group.rules);
  const objective =
    !BESIDE_SERVICE_LEVEL.test(file) ||
    all.some(rule => /\bslo\w*:/.test(`${rule.record ?? ''} ${rule.expr}`));
  const budget = all.find(rule =>
    /^slo(_added)?:error_budget:ratio$/.test(rule.record ?? ''),
  )?.record;
  if (objective && !budget) {
    findings.push({
      where: file,
      message: 'sets no error budget: records no slo:error_budget:ratio',
    });
  }
  for (const [factor, long, short] of objective ? BURN_RATES : []) {
    const burns = (window: string) =>
      `rate${window}\\{[^}]*\\} > on \\(service, slo\\) \\(${factor.replace(
        '.',
        '\\.',
      )} \\* ${budget ?? 'slo:error_budget:ratio'}\\)`;
    // Both at once: the long window alone goes on when it is over, the short one alone begins with any moment's trouble.
    const both = new RegExp(`${burns(long)}\\s+and\\s+[\\w:]*${burns(short)}`);
    if (!alerts.some(rule => both.test(String(rule.expr)))) {
      findings.push({
        where: file,
        message: `no alert for ${factor} times the budget over ${long} and ${short}`,
      });
    }
  }
  return findings;
}

/** Files that record the same series: each is right for itself, and where both are loaded nobody knows which value counts. */
export function sharedRecords(
  files: readonly { file: string; rules: Rules }[],
): Finding[] {
  const known = new Map<string, string>();
  const findings: Finding[] = [];
  for (const { file, rules } of files) {
    const own = new Set(
      rules.groups
        .flatMap(group => group.rules)
        .filter(rule => rule.record !== undefined)
        .map(
          ({ record, labels = {} }) =>
            `${record} ${JSON.stringify(Object.entries(labels).sort())}`,
        ),
    );
    for (const series of own) {
      const other = known.get(series);
      if (other === undefined) {
        known.set(series, file);
      } else {
        findings.push({
          where: file,
          message: `records ${series}, as ${other} does`,
        });
      }
    }
  }
  return findings;
}

/** Words of PromQL that are neither functions nor metrics. */
const PROMQL_WORDS: ReadonlySet<string> = new Set([
  'and',
  'bool',
  'inf',
  'nan',
  'offset',
  'or',
  'unless',
]);

/** Names of metrics a rule or panel speaks of. */
export function metricNames(expression: string): string[] {
  // What is quoted, selected, windowed or grouped names labels, not metrics.
  const bare = expression
    .replace(/"[^"]*"|'[^']*'/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(
      /\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/g,
      '',
    );
  const names = Array.from(bare.matchAll(/[a-zA-Z_:][\w:]*(\s*\()?/g))
    .filter(([, call]) => call === undefined)
    .map(([name]) => name)
    .filter(name => !PROMQL_WORDS.has(name.toLowerCase()));
  return Array.from(new Set(names));
}

export const prometheus: Verifier = {
  id: 'prometheus',
  title: 'Prometheus rules: promtool check, every alert fires and stays silent',
  // How rules travel to a cluster says nothing about them: rows for other targets share the answer.
  reads: file => /(^|\/)observability\/(?!kustomization\.ya?ml$)/.test(file),
  asksFor: file => file.startsWith('docs/runbooks/'),
  takesLong: true,
  /** `syntax`: rules, configuration and dashboards are read; the tests of the rules are not run. */
  async verify(project, stage) {
    const all = project.files.filter(f =>
      /(^|\/)observability\/.*\.ya?ml$/.test(f),
    );
    const testFiles = all.filter(f => /\.test\.ya?ml$/.test(f));
    const ruleFiles = all.filter(f => /(^|\/)rules\.ya?ml$/.test(f));
    if (ruleFiles.length === 0) {
      return { status: 'absent' };
    }
    const findings: Finding[] = [];
    const tests: RuleTests[] = [];
    for (const file of testFiles) {
      const parsed = testsSchema.safeParse(parse(await project.read(file)));
      if (parsed.success) {
        tests.push(parsed.data);
      } else {
        findings.push({ where: file, message: 'is no rule test' });
      }
    }
    const records = new Set<string>();
    const read: { file: string; rules: Rules }[] = [];
    for (const file of ruleFiles) {
      const parsed = rulesSchema.safeParse(parse(await project.read(file)));
      if (!parsed.success) {
        findings.push({ where: file, message: 'is no rule file' });
        continue;
      }
      read.push({ file, rules: parsed.data });
      parsed.data.groups
        .flatMap(group => group.rules)
        .forEach(rule => rule.record && records.add(rule.record));
      findings.push(...alertFindings(file, parsed.data, tests, project.files));
    }
    findings.push(...sharedRecords(read));
    for (const file of project.files.filter(f =>
      /(^|\/)grafana\/.*\.json$/.test(f),
    )) {
      const { panels } = JSON.parse(await project.read(file)) as {
        panels: { title: string; targets?: { expr: string }[] }[];
      };
      for (const panel of panels) {
        for (const name of (panel.targets ?? []).flatMap(t =>
          metricNames(t.expr),
        )) {
          if (name.includes(':') && !records.has(name)) {
            findings.push({
              where: `${file}: ${panel.title}`,
              message: `shows ${name}, which no rule records`,
            });
          }
        }
      }
    }
    for (const file of all.filter(f => /(^|\/)prometheus\.ya?ml$/.test(f))) {
      const blackbox = posix.join(posix.dirname(file), 'blackbox.yaml');
      if (project.files.includes(blackbox)) {
        findings.push(
          ...moduleFindings(
            file,
            await project.read(file),
            await project.read(blackbox),
          ),
        );
      }
    }
    // Rules that miss a rule of ours are not worth the time of running their tests.
    if (findings.length > 0) {
      return outcome(findings);
    }
    if (!(await which('promtool'))) {
      return { status: 'skipped', missing: 'promtool' };
    }
    const promtool = async (cwd: string, ...args: string[]) => {
      const result = await run('promtool', args, {
        cwd,
        // A test of days makes garbage all the time, and is over before it matters. Another one has the other processor.
        env: { ...process.env, GOGC: '400', GOMAXPROCS: '1' },
        timeoutMs: 300_000,
      });
      if (result.code !== 0) {
        findings.push({
          where: `promtool ${args.join(' ')}`,
          message: result.output.trim().slice(0, 2000),
        });
      }
    };
    await promtool(project.folder, 'check', 'rules', ...ruleFiles);
    for (const file of all.filter(f => /(^|\/)prometheus\.ya?ml$/.test(f))) {
      await promtool(project.folder, 'check', 'config', file);
    }
    if (stage === 'syntax') {
      return outcome(findings);
    }
    // The quick tests first; the slow ones have days to play through and nothing to add to a failure.
    const slow = (file: string) => Number(/\bslow\b/.test(file));
    for (const file of [...testFiles].sort((a, b) => slow(a) - slow(b))) {
      if (findings.length === 0) {
        await promtool(
          posix.join(project.folder, posix.dirname(file)),
          'test',
          'rules',
          posix.basename(file),
        );
      }
    }
    return outcome(findings);
  },
};
