import type { Check, Proof } from './types';

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

/** The report for people: what failed, what was not run, the mutation table, the counts. */
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
  lines.push('', countsLine(proof));
  return `${lines.join('\n')}\n`;
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
