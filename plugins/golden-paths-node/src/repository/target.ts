import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  ANNOTATION_LOCATION,
  ANNOTATION_SOURCE_LOCATION,
  type Entity,
} from '@backstage/catalog-model';
import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import { type Creator, readCreator } from './access';
import type { CheckoutServices, HostedRepository } from './types';

/** The address of the first of some annotations that has one. */
function addressIn(entity: Entity, ...keys: string[]): string | undefined {
  const { annotations = {} } = entity.metadata;
  return keys
    .map(key => annotations[key])
    .find(value => value?.startsWith('url:'))
    ?.slice('url:'.length);
}

/** A repository that somebody wants to read or change. */
export type TargetRepository = {
  url: string;
  repository: HostedRepository;
  /** The entity that was named, as the user sees it. */
  entity?: Entity;
  /** Whether the user's groups, or an administrator, own that entity. */
  owned: boolean;
  /** Whether it is the repository that entity's source is in. */
  isSource: boolean;
  creator: Creator;
};

/**
 * The repository a proposal goes to. The portal's own git host decides by itself what the user may do there. On GitHub and GitLab the
 * portal's credentials are used, so that the user has to belong to the owner of an entity whose source the repository is, and the catalog
 * to have that entity from there: what a file says of its source could name any repository. Only administrators vouch for others.
 *
 * @throws NotFoundError, InputError when nothing names a repository of a known host, NotAllowedError
 */
export async function targetRepository(
  services: Pick<
    CheckoutServices,
    'catalog' | 'config' | 'proposer' | 'userInfo'
  >,
  input: { entityRef?: string; repositoryUrl?: string },
  credentials: BackstageCredentials,
): Promise<TargetRepository> {
  const { catalog, config, proposer, userInfo } = services;
  const creator = await readCreator({ credentials, config, userInfo });
  let owned = false;
  let source: string | undefined;
  let readFrom: string | undefined;
  let target: Entity | undefined;
  if (input.entityRef) {
    const entity = await catalog.getEntityByRef(input.entityRef, {
      credentials,
    });
    if (!entity) {
      throw new NotFoundError(
        `The catalog has no ${input.entityRef} that you can see.`,
      );
    }
    target = entity;
    source = addressIn(entity, ANNOTATION_SOURCE_LOCATION, ANNOTATION_LOCATION);
    readFrom = addressIn(entity, ANNOTATION_LOCATION);
    const owners = (entity.relations ?? []).filter(r => r.type === 'ownedBy');
    owned = owners.some(({ targetRef }) => creator.mayCreateFor(targetRef));
  }
  // Forms send what was left empty as an empty text.
  const url = input.repositoryUrl || source;
  const repository = url === undefined ? undefined : proposer.repositoryOf(url);
  if (!url || !repository) {
    throw new InputError(
      url
        ? `"${url.slice(0, 200)}" is no repository of a host the portal knows.`
        : 'Nothing says which repository: give its address, or a component whose entry in the catalog says where its source is (annotation backstage.io/source-location).',
    );
  }
  const isHere = (address: string | undefined) => {
    const there =
      address === undefined ? undefined : proposer.repositoryOf(address);
    return there !== undefined && isSame(there, repository);
  };
  const isSource = isHere(source);
  if (repository.provider !== 'git') {
    const where = `${repository.host}/${repository.slug}`;
    if (!owned || !isSource) {
      throw new NotAllowedError(
        `You may propose changes to repositories of what your groups own. Give an entityRef whose source is in ${where} and whose owner you belong to.`,
      );
    }
    if (!creator.administrator && !isHere(readFrom)) {
      throw new NotAllowedError(
        `${input.entityRef} says that its source is in ${where}, but the catalog has it from elsewhere. Keep its catalog-info.yaml in ${where}, or ask an administrator of the portal.`,
      );
    }
  }
  return { url, repository, entity: target, owned, isSource, creator };
}

function isSame(a: HostedRepository, b: HostedRepository): boolean {
  return a.host === b.host && a.slug.toLowerCase() === b.slug.toLowerCase();
}
