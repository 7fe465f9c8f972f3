import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  ANNOTATION_LOCATION,
  ANNOTATION_SOURCE_LOCATION,
  type Entity,
} from '@backstage/catalog-model';
import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import type {
  ChangeProposer,
  HostedRepository,
} from '@pavedroad/plugin-git-node';
import type { ActionServices } from '../actions/services';
import { type Creator, readCreator } from './access';

/** The address an entity's source is at. */
function sourceOf(entity: Entity): string | undefined {
  const { annotations = {} } = entity.metadata;
  return [ANNOTATION_SOURCE_LOCATION, ANNOTATION_LOCATION]
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
  creator: Creator;
};

/**
 * The repository a proposal goes to. The portal's own git host decides by itself what the user may do there. On GitHub and GitLab the
 * portal's credentials are used, so that the entity has to say that the repository is its own, and the user to belong to its owner.
 */
export async function targetRepository(
  services: Pick<ActionServices, 'catalog' | 'config' | 'userInfo'> & {
    proposer: ChangeProposer;
  },
  input: { entityRef?: string; repositoryUrl?: string },
  credentials: BackstageCredentials,
): Promise<TargetRepository> {
  const { catalog, config, proposer, userInfo } = services;
  const creator = await readCreator({ credentials, config, userInfo });
  let owned = false;
  let source: string | undefined;
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
    source = sourceOf(entity);
    const owners = (entity.relations ?? []).filter(r => r.type === 'ownedBy');
    owned = owners.some(({ targetRef }) => creator.mayCreateFor(targetRef));
  }
  const url = input.repositoryUrl ?? source;
  const repository = url === undefined ? undefined : proposer.repositoryOf(url);
  if (!url || !repository) {
    throw new InputError(
      url
        ? `"${url.slice(0, 200)}" is no repository of a host the portal knows.`
        : 'Nothing says which repository: give repositoryUrl, or an entityRef whose entity has the annotation backstage.io/source-location.',
    );
  }
  const own = source === undefined ? undefined : proposer.repositoryOf(source);
  if (repository.provider !== 'git') {
    if (!owned || !own || !isSame(own, repository)) {
      throw new NotAllowedError(
        `You may propose changes to repositories of what your groups own. Give an entityRef whose source is in ${repository.host}/${repository.slug} and whose owner you belong to.`,
      );
    }
  }
  return { url, repository, entity: target, owned, creator };
}

function isSame(a: HostedRepository, b: HostedRepository): boolean {
  return a.host === b.host && a.slug.toLowerCase() === b.slug.toLowerCase();
}
