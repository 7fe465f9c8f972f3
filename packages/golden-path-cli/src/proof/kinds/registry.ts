import { Problem } from '../../lib/problem';
import { questionsOf } from '../../template/answers';
import type { Template } from '../../template/loadTemplate';
import { change } from './change';
import { serverlessFunction } from './function';
import { job } from './job';
import { mlService } from './mlService';
import { service } from './service';
import { template as templateKind } from './template';
import type { Kind, Mutations } from './types';
import { website } from './website';
import { worker } from './worker';

/** Every kind there is; a new one is its file and a line here. */
const KINDS: readonly Kind[] = [
  service,
  job,
  serverlessFunction,
  worker,
  change,
  website,
  mlService,
  templateKind,
];

/** The kind of what a template makes, by its `spec.type`. Throws a {@link Problem} for one no proof knows. */
export function kindOf(template: Pick<Template, 'name' | 'entity'>): Kind {
  const { type } = template.entity.spec;
  const kind = KINDS.find(known => known.type === type);
  if (!kind) {
    throw new Problem(
      `${template.name} makes a ${String(
        type,
      )} (spec.type); a proof knows ${KINDS.map(known => known.type).join(
        ', ',
      )}. A new kind is a file in proof/kinds and a line in its registry.`,
    );
  }
  return kind;
}

/** The target whose files a verifier reads alone; what a template does not offer cannot be broken in it. */
const TARGET_READ_BY: Readonly<Record<string, string>> = {
  ansible: 'vm',
  paas: 'paas',
  terraform: 'aws',
};

/** The ways a template's output is broken: its kind's, without those of targets it does not offer. */
export function mutationsOf(template: Template): Mutations {
  const { files, ...others } = kindOf(template).mutations(template);
  const targets = questionsOf(template).target?.enum;
  return {
    ...others,
    files: files.filter(({ verifier }) => {
      const target = TARGET_READ_BY[verifier];
      // A template that asks for no target has chosen one itself; its kind knows what can be broken in it.
      return (
        target === undefined ||
        targets === undefined ||
        targets.includes(target)
      );
    }),
  };
}
