import {
  type CompoundEntityRef,
  KubernetesValidatorFunctions,
  parseEntityRef,
} from '@backstage/catalog-model';

/** Reads the answer that names an owning group; `undefined` when it names none. */
export function readGroupRef(answer: string): CompoundEntityRef | undefined {
  try {
    const ref = parseEntityRef(answer, {
      defaultKind: 'group',
      defaultNamespace: 'default',
    });
    return ref.kind.toLocaleLowerCase('en-US') === 'group' &&
      KubernetesValidatorFunctions.isValidNamespace(ref.namespace) &&
      KubernetesValidatorFunctions.isValidObjectName(ref.name)
      ? { ...ref, kind: 'group' }
      : undefined;
  } catch {
    return undefined;
  }
}
