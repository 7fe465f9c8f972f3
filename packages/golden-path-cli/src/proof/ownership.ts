import {
  type OwnershipRule,
  resolveOwnership,
  unusedOwnershipRules,
} from '@pavedroad/plugin-golden-paths-common';
import type { Template } from '../template/loadTemplate';
import type { Finding } from '../verify/types';

/** What belongs to the platform: pipelines, and the scripts they run. An upgrade replaces a team's edits there, and nowhere else. */
const OF_THE_PLATFORM =
  /^(ci\/|\.github\/|\.gitlab\/|\.gitlab-ci\.yml$|\.jenkins\/|Jenkinsfile$)/;

/** The rules by which a template says whose its files are. */
export const ownershipOf = (
  template: Pick<Template, 'steps'>,
): readonly OwnershipRule[] =>
  (template.steps.find(({ action }) => action === 'pavedroad:manifest')?.input
    ?.ownership ?? []) as OwnershipRule[];

/** Rules of ownership that are beside what was rendered: those that match nothing, and files of a team's that they give to the platform. */
export function ownershipFindings(
  rules: readonly OwnershipRule[],
  files: readonly string[],
): Finding[] {
  return [
    ...unusedOwnershipRules(files, rules).map(({ pattern }) => ({
      where: `ownership: ${pattern}`,
      message: 'matches no file, so that its files are merged',
    })),
    ...files
      .filter(
        file =>
          resolveOwnership(file, rules) === 'managed' &&
          !OF_THE_PLATFORM.test(file),
      )
      .map(file => ({
        where: file,
        message:
          'is managed, and is no pipeline: upgrades undo what a team writes',
      })),
  ];
}
