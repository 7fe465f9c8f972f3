import { totalCpuSeconds } from '../lib/cpu';
import { sharedInstalls } from '../lib/installs';
import { inScratch } from '../lib/scratch';
import type { Template } from '../template/loadTemplate';
import { kindOf } from './kinds';
import { type ProofOptions, proveTemplate, sharedRun } from './proveTemplate';
import type { Proof, Run } from './types';

/** Room between the priorities of two templates for those of their tasks. */
const APART = 100;

/**
 * Those that build and run something first, as what follows a build waits more than it computes; what is only read fills what they leave of
 * the processors. Otherwise in the order given.
 */
export function inOrder<
  T extends {
    template: Pick<Template, 'name' | 'entity'>;
    options: Pick<ProofOptions, 'sample'>;
  },
>(templates: readonly T[]): T[] {
  const later = ({ template, options }: T) => {
    try {
      return kindOf(template).runsPipeline && !options.sample ? 0 : 1;
    } catch {
      // Of a kind nobody knows: a finding, as soon as it is its turn.
      return 1;
    }
  };
  return [...templates].sort((a, b) => later(a) - later(b));
}

/**
 * Proves templates in one run: the first one first, the next ones wherever it leaves a processor free. They share what is verified for the
 * same files and what is installed for the same lockfile; a run takes nothing over from another one. `done` is called for each as it ends.
 */
export function proveTemplates(
  templates: readonly {
    template: Template;
    options: Omit<ProofOptions, 'shared' | 'priority'>;
  }[],
  done: (proof: Proof) => void = () => undefined,
): Promise<Run> {
  return inScratch(async folder => {
    const begun = performance.now();
    const before = totalCpuSeconds();
    const original: NodeJS.ProcessEnv = { ...process.env };
    // Scripts of generated projects take over this process's environment.
    const installs = await sharedInstalls(folder, original);
    try {
      Object.assign(process.env, installs);
      const shared = sharedRun();
      const proofs = await Promise.all(
        inOrder(templates).map(async ({ template, options }, index) => {
          const priority = -index * APART;
          const proof = await proveTemplate(template, {
            ...options,
            shared,
            priority,
          });
          done(proof);
          return proof;
        }),
      );
      const after = totalCpuSeconds();
      return {
        proofs,
        seconds: (performance.now() - begun) / 1000,
        cpu: {
          own: after.own - before.own,
          commands: after.children - before.children,
        },
      };
    } finally {
      for (const name of Object.keys(installs)) {
        if (original[name] === undefined) {
          delete process.env[name];
        } else {
          process.env[name] = original[name];
        }
      }
    }
  });
}
