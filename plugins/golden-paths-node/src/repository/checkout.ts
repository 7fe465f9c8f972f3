import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  RELATION_DEPENDENCY_OF,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import {
  MANIFEST_PATH,
  type GoldenPathManifest,
  onCallProblem,
  parseManifest,
  readRepositoryFacts,
  type RepositoryFacts,
} from '@pavedroad/plugin-golden-paths-common';
import { listFiles } from '../files';
import { readGroupRef } from './group';
import { fetchOnCallCoverage } from './onCall';
import { copyRepository, repositoryFiles } from './repositoryCopy';
import { targetRepository } from './target';
import type { CheckoutServices, HostedRepository } from './types';

/** The annotation that ties an entity to its repository, by host. */
const REPOSITORY_ANNOTATION = {
  git: 'pavedroad.dev/repository',
  github: 'github.com/project-slug',
  gitlab: 'gitlab.com/project-slug',
} as const;

/** What `pavedroad:checkout` is asked; the action documents each. */
export type CheckoutInput = {
  entityRef?: string;
  repositoryUrl?: string;
  name?: string;
  owner?: string;
  confirmName?: string;
  adopts?: boolean;
  /** Copy only this folder of it. */
  folder?: string;
  made?: string[];
};

/** What it answers; the action documents each. */
export type CheckoutOutput = {
  name: string;
  entityRef: string;
  registered: boolean;
  owner: string;
  ownerName: string;
  newOwner: string;
  newOwnerName: string;
  codeOwner: string;
  newCodeOwner: string;
  dependents: string[];
  system: string;
  lifecycle: string;
  description: string;
  tier: number;
  provider: HostedRepository['provider'];
  repository: string;
  repositoryUrl: string;
  cloneUrl: string;
  defaultBranch: string;
  repoContentsUrl: string;
  filesUrl: string;
  catalogInfoUrl: string;
  sourceLocation: string;
  annotations: Record<string, string>;
  portalUrl: string;
  facts: RepositoryFacts;
  manifest?: GoldenPathManifest;
  files: string[];
  warnings: string[];
};

/** A checkout that was found to be allowed; nothing has been read yet. */
export type PreparedCheckout = {
  /** Entity ref of the component, where one was named. */
  entityRef: string | undefined;
  /** Address of the repository. */
  url: string;
  /**
   * Copies the default branch into a folder, which is made anew, and says what it is.
   *
   * Throws NotFoundError, InputError for what is too large, ConflictError when the repository is on another golden path than `adopts`
   * allows, or not on one as `made` asks.
   */
  perform(options: {
    folder: string;
    templateRef: string | undefined;
    signal?: AbortSignal;
    log?: (message: string) => void;
    /** Looks at the files before anything is said of them. */
    inspect?: (folder: string, paths: string[]) => Promise<void>;
  }): Promise<CheckoutOutput>;
};

/**
 * Decides whether somebody may have a repository read for a change. With an entity, only members of its owner (and administrators) may; a
 * repository that is not the entity's source, or comes without one, has to be on the portal's own git host and belong to a group of the
 * user's.
 *
 * @throws NotAllowedError for what others own, NotFoundError for what is not there, InputError for what names nothing
 */
export async function prepareCheckout(
  services: CheckoutServices,
  input: CheckoutInput,
  credentials: BackstageCredentials,
): Promise<PreparedCheckout> {
  const { auth, catalog, config, discovery, proposer, reader } = services;
  // Forms send what was left empty as an empty text.
  const entityRef = input.entityRef || undefined;
  const repositoryUrl = input.repositoryUrl || undefined;
  const target = await targetRepository(
    services,
    {
      ...(entityRef ? { entityRef } : {}),
      ...(repositoryUrl ? { repositoryUrl } : {}),
    },
    credentials,
  );
  const { entity, repository, creator } = target;
  if (entity && !target.owned) {
    throw new NotAllowedError(
      `${stringifyEntityRef(
        entity,
      )} belongs to others. Ask a member of its owner, or an administrator of the portal, to make this change.`,
    );
  }
  if (
    input.confirmName !== undefined &&
    input.confirmName !== entity?.metadata.name
  ) {
    throw new InputError(
      `You typed "${input.confirmName.slice(0, 100)}", but this is ${
        entity
          ? `${stringifyEntityRef(entity)}. Type its exact name, ${
              entity.metadata.name
            }, if it is the one you mean`
          : target.url
      }. Nothing was done.`,
    );
  }
  const slugOwner = `group:default/${repository.slug.split('/')[0]}`;
  if (!target.isSource && !creator.mayCreateFor(slugOwner)) {
    throw new NotAllowedError(
      `The repository ${repository.slug} belongs to ${slugOwner}. Only its members, and administrators of the portal, can change it.`,
    );
  }

  const owner =
    entity?.relations?.find(r => r.type === 'ownedBy')?.targetRef ?? slugOwner;
  const ownerRef = readGroupRef(owner);
  const wanted = input.owner ? readGroupRef(input.owner) : ownerRef;
  if (!ownerRef || !wanted) {
    throw new InputError(
      `The owner has to be a group, such as group:default/payments; "${(ownerRef
        ? input.owner ?? ''
        : owner
      ).slice(0, 100)}" is none.`,
    );
  }
  const newOwner = stringifyEntityRef(wanted);

  return {
    entityRef: entity ? stringifyEntityRef(entity) : undefined,
    url: target.url,
    async perform({ folder, templateRef: self, signal, log, inspect }) {
      const warnings: string[] = [];
      if (input.owner) {
        if (!(await catalog.getEntityByRef(newOwner, { credentials }))) {
          throw new NotFoundError(
            `There is no group ${newOwner} in the catalog. Choose one of the groups in the list.`,
          );
        }
        const uncovered = onCallProblem(
          wanted.name,
          await fetchOnCallCoverage({
            entityRef: newOwner,
            credentials,
            auth,
            discovery,
          }),
        );
        const required =
          config.getOptionalBoolean('goldenPaths.requireOnCall') ?? true;
        if (uncovered?.refuses && required) {
          throw new InputError(uncovered.message);
        }
        if (uncovered) {
          warnings.push(uncovered.message);
        } else {
          log?.(`Somebody is on call for ${wanted.name}.`);
        }
      }

      const located = await proposer.locate(target.url, { credentials });
      const copy = await copyRepository({
        reader,
        treeUrl: located.treeUrl,
        token: located.readToken,
        folder,
        only: input.folder,
        signal,
      });
      log?.(
        `Copied ${copy.files} files of ${located.slug}, branch ${located.defaultBranch}`,
      );
      if (copy.leftOut.length > 0) {
        warnings.push(
          `Symbolic links are not read: ${copy.leftOut
            .slice(0, 20)
            .join(', ')}.`,
        );
      }
      const paths = await listFiles(folder);
      await inspect?.(folder, paths);
      const files = repositoryFiles(folder, paths);
      const facts = readRepositoryFacts(files);

      const text = files.text(MANIFEST_PATH);
      const manifest = text === undefined ? undefined : parseManifest(text);
      if (input.adopts && manifest && manifest.template.ref !== self) {
        throw new ConflictError(
          `${located.slug} is on a golden path already: ${manifest.template.ref} ${manifest.template.version}. It is upgraded, not adopted.`,
        );
      }
      const foreign = input.made?.find(
        path => !Object.hasOwn(manifest?.files ?? {}, path),
      );
      if (foreign !== undefined) {
        throw new ConflictError(
          `${foreign} of ${located.slug} is the team’s own, or not there: no golden path made it, so that this change cannot know what it does.`,
        );
      }

      const name =
        entity?.metadata.name ??
        input.name ??
        located.slug.split('/').pop() ??
        '';
      const component = stringifyEntityRef(
        entity ?? { kind: 'component', namespace: 'default', name },
      );
      const code = (groupName: string) =>
        located.provider === 'github'
          ? `@${located.slug.split('/')[0]}/${groupName}`
          : `@${groupName}`;
      const labelled = Number(entity?.metadata.labels?.['pavedroad.dev/tier']);
      const sourceLocation = `url:${located.treeUrl}`;
      const spec = entity?.spec ?? {};
      const textOf = (value: unknown) =>
        typeof value === 'string' ? value : '';

      return {
        name,
        entityRef: component,
        registered: entity !== undefined,
        owner: stringifyEntityRef(ownerRef),
        ownerName: ownerRef.name,
        newOwner,
        newOwnerName: wanted.name,
        codeOwner: code(ownerRef.name),
        newCodeOwner: code(wanted.name),
        dependents: (entity?.relations ?? [])
          .filter(({ type }) => type === RELATION_DEPENDENCY_OF)
          .map(({ targetRef }) => targetRef)
          .sort(),
        system: textOf(spec.system),
        lifecycle: textOf(spec.lifecycle),
        description: entity?.metadata.description ?? facts.description ?? '',
        tier: facts.tier ?? ([1, 2, 3].includes(labelled) ? labelled : 2),
        provider: located.provider,
        repository: located.slug,
        repositoryUrl: located.repositoryUrl,
        cloneUrl: located.cloneUrl,
        defaultBranch: located.defaultBranch,
        repoContentsUrl: located.treeUrl,
        filesUrl: located.blobUrl,
        catalogInfoUrl: `${located.blobUrl}catalog-info.yaml`,
        sourceLocation,
        annotations: {
          [REPOSITORY_ANNOTATION[located.provider]]: located.slug,
          'backstage.io/source-location': sourceLocation,
          ...(self ? { 'backstage.io/source-template': self } : {}),
        },
        portalUrl: config.getString('backend.baseUrl').replace(/\/$/, ''),
        facts,
        ...(manifest ? { manifest } : {}),
        files: paths,
        warnings,
      };
    },
  };
}
