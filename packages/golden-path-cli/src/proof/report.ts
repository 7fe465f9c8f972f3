import type { Check, Proof, Run } from './types';

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60
    ? `${whole} s`
    : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** The closing line of a proof. */
export function countsLine(proof: Proof): string {
  const { counts } = proof;
  const mutations = counts.caught + counts.missed + counts.mutationsSkipped;
  return [
    `${proof.template} ${proof.version}: ${counts.passed} checks passed, ${counts.failed} failed, ${counts.skipped} skipped, ${counts.notRun} not run`,
    `${counts.caught} of ${mutations} mutations caught`,
    duration(proof.seconds),
    ...(proof.complete ? [] : ['only a part: no proof']),
  ].join('; ');
}

/** What is said in the end: a line for each template, and what all of them took. */
export function summary({ proofs, seconds, cpu }: Run): string {
  const failed = proofs.filter(proof => !proof.ok);
  return [
    ...proofs.map(
      proof => `${proof.ok ? 'good  ' : 'FAILED'} ${countsLine(proof)}`,
    ),
    `${proofs.length} templates, ${
      failed.length === 0
        ? 'all good'
        : `wrong: ${failed.map(proof => proof.template).join(', ')}`
    }; ${duration(seconds)}, of which processors were busy ${duration(
      cpu.own + cpu.commands,
    )}`,
    '',
  ].join('\n');
}

/** What was skipped and for want of what, a line for each check and for each verifier of mutations; how often. */
function skippedOf(proof: Proof): string[] {
  const counts = new Map<string, number>();
  const note = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const check of [
    ...proof.checks,
    ...proof.cases.flatMap(row => row.checks),
  ]) {
    if (check.status === 'skipped') {
      check.findings.forEach(f => note(`${check.title}: ${f.message}`));
    }
  }
  for (const { status, verifier, message } of proof.mutations) {
    if (status === 'skipped') {
      note(`mutations of ${verifier}: ${message}`);
    }
  }
  return Array.from(
    counts,
    ([what, count]) => `  ${what}${count > 1 ? ` (${count} times)` : ''}`,
  );
}

/** The report for people: what failed, what was skipped, what was not run, the mutation table, the counts. */
export function textReport(proof: Proof): string {
  const lines: string[] = [];
  const failed = [
    ...proof.checks.map(check => ({ row: proof.template, check })),
    ...proof.cases.flatMap(row =>
      row.checks.map(check => ({ row: row.id, check })),
    ),
  ].filter(({ check }) => check.status === 'failed');
  if (failed.length > 0) {
    lines.push('', 'Failed');
    for (const { row, check } of failed) {
      lines.push(`  ${row}: ${check.title}`);
      lines.push(...check.findings.map(f => `    ${f.where}: ${f.message}`));
    }
  }
  const skipped = skippedOf(proof);
  if (skipped.length > 0) {
    lines.push('', 'Skipped (under CI each is a failure)', ...skipped);
  }
  if (proof.mutations.length > 0) {
    lines.push('', 'Broken on purpose');
    const width = Math.max(...proof.mutations.map(m => m.description.length));
    for (const mutation of [...proof.mutations].sort((a, b) =>
      a.verifier.localeCompare(b.verifier, 'en'),
    )) {
      lines.push(
        `  ${mutation.status.padEnd(7)} ${mutation.description.padEnd(
          width,
        )}  ${mutation.verifier}`,
      );
    }
  }
  if (proof.notRun.length > 0) {
    lines.push('', 'Not run here (and not counted as passed)');
    lines.push(...proof.notRun.map(sentence => `  ${sentence}`));
  }
  const reused = Object.entries(proof.reused);
  if (reused.length > 0) {
    lines.push(
      '',
      `Answered in this run for the same files of another template: ${reused
        .map(([template, count]) => `${count} of ${template}`)
        .join(', ')}`,
    );
  }
  lines.push('', countsLine(proof));
  return `${lines.join('\n')}\n`;
}

type Cost = { count: number; seconds: number; cpuSeconds: number };

/**
 * Where the time went, the most costly first: by verifier, and by verifier that mutations were for. Seconds are those that passed while
 * other things ran, too; processor seconds are those of the commands, so that a busy machine does not change them much.
 */
export function timingsTable(run: Run): string {
  const costs = new Map<string, Cost>();
  const add = (name: string, { seconds, cpuSeconds }: Omit<Cost, 'count'>) => {
    const known = costs.get(name) ?? { count: 0, seconds: 0, cpuSeconds: 0 };
    costs.set(name, {
      count: known.count + 1,
      seconds: known.seconds + seconds,
      cpuSeconds: known.cpuSeconds + cpuSeconds,
    });
  };
  for (const proof of run.proofs) {
    [...proof.checks, ...proof.cases.flatMap(row => row.checks)].forEach(
      check => add(check.id, check),
    );
    proof.mutations.forEach(mutation =>
      add(`mutations: ${mutation.verifier}`, mutation),
    );
  }
  const rows = Array.from(costs)
    .sort(([, a], [, b]) => b.cpuSeconds - a.cpuSeconds)
    .map(([name, { count, seconds, cpuSeconds }]) => [
      name,
      String(count),
      seconds.toFixed(1),
      cpuSeconds.toFixed(1),
    ]);
  const table = [
    ['', 'times', 'seconds', 'CPU s'],
    ...rows,
    ['this process', '', '', run.cpu.own.toFixed(1)],
    [
      'all',
      '',
      run.seconds.toFixed(1),
      (run.cpu.own + run.cpu.commands).toFixed(1),
    ],
  ];
  const widths = [0, 1, 2, 3].map(column =>
    Math.max(...table.map(row => row[column].length)),
  );
  return [
    'Where the time went',
    ...table.map(
      ([name, ...numbers]) =>
        `  ${name.padEnd(widths[0])}  ${numbers
          .map((text, i) => text.padStart(widths[i + 1]))
          .join('  ')}`,
    ),
    '',
  ].join('\n');
}

const escapeXml = (text: string) =>
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

function junitCase(suite: string, check: Check): string {
  const body = () => {
    const text = check.findings.map(f => `${f.where}: ${f.message}`).join('\n');
    switch (check.status) {
      case 'failed':
        return `<failure message="${escapeXml(check.title)}">${escapeXml(
          text,
        )}</failure>`;
      case 'skipped':
        return `<skipped message="${escapeXml(text)}"/>`;
      default:
        return '';
    }
  };
  return `    <testcase classname="${escapeXml(suite)}" name="${escapeXml(
    check.title,
  )}" time="${check.seconds.toFixed(3)}">${body()}</testcase>`;
}

/** The proofs in the form CI systems read. */
export function junitReport(proofs: readonly Proof[]): string {
  const suites = proofs.map(proof => {
    const cases = [
      ...proof.checks.map(check => junitCase(proof.template, check)),
      ...proof.cases.flatMap(row =>
        row.checks.map(check =>
          junitCase(`${proof.template} ${row.id}`, check),
        ),
      ),
      ...proof.mutations.map(mutation =>
        junitCase(`${proof.template} mutations`, {
          id: mutation.id,
          title: `${mutation.verifier} catches: ${mutation.description}`,
          status: (
            { caught: 'passed', missed: 'failed', skipped: 'skipped' } as const
          )[mutation.status],
          findings: [{ where: mutation.id, message: mutation.message }],
          notRun: [],
          seconds: mutation.seconds,
          cpuSeconds: mutation.cpuSeconds,
        }),
      ),
    ];
    return [
      `  <testsuite name="${escapeXml(proof.template)}" tests="${
        cases.length
      }" failures="${proof.counts.failed + proof.counts.missed}" skipped="${
        proof.counts.skipped + proof.counts.mutationsSkipped
      }" time="${proof.seconds.toFixed(3)}" timestamp="${proof.startedAt}">`,
      ...cases,
      '  </testsuite>',
    ].join('\n');
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}
