import type { Check, MutationResult } from './types';

/** Shows what a proof is doing, one line for each thing done. */
export type Progress = {
  check(row: string, check: Check): void;
  mutation(mutation: MutationResult): void;
};

const MARKS = {
  passed: '✓',
  failed: '✗',
  skipped: '–',
  caught: '✓',
  missed: '✗',
} as const;

const seconds = (value: number) => `${value.toFixed(1)} s`;

/** Progress as lines of text; of several proofs at once, each with its name. */
export function createProgress(
  line: (text: string) => void,
  name?: string,
): Progress {
  const write = (text: string) => line(name ? `${name} | ${text}` : text);
  return {
    check(row, check) {
      write(
        `${MARKS[check.status]} ${row}: ${check.title} (${seconds(
          check.seconds,
        )})`,
      );
      if (check.status !== 'passed') {
        for (const { where, message } of check.findings.slice(0, 10)) {
          write(`    ${where}: ${message.replaceAll('\n', '\n      ')}`);
        }
        if (check.findings.length > 10) {
          write(`    … and ${check.findings.length - 10} more`);
        }
      }
    },
    mutation(mutation) {
      write(
        `${MARKS[mutation.status]} broken on purpose: ${
          mutation.description
        } → ${mutation.verifier} ${mutation.status} it (${seconds(
          mutation.seconds,
        )})`,
      );
      if (mutation.status !== 'caught') {
        write(`    ${mutation.message}`);
      }
    },
  };
}
