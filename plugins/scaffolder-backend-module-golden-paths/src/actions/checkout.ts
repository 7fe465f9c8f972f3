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
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import type { JsonObject } from '@backstage/types';
import type { ChangeProposer } from '@pavedroad/plugin-git-node';
import {
  MANIFEST_PATH,
  onCallProblem,
  parseManifest,
  readRepositoryFacts,
} from '@pavedroad/plugin-golden-paths-common';
import { audited } from '../lib/audited';
import { readGroupRef } from '../lib/group';
import { fetchOnCallCoverage } from '../lib/onCall';
import { copyRepository, repositoryFiles } from '../lib/repositoryCopy';
import { refuseSecretsInFiles } from '../lib/secrets';
import { targetRepository } from '../lib/target';
import { listWorkspaceFiles, sourceFolder } from '../lib/workspace';
import type { ActionServices } from './services';

/** Where the copy is put, from the workspace. */
export const REPOSITORY_FOLDER = 'repository';

type CheckoutServices = Pick<
  ActionServices,
  | 'auditor'
  | 'auth'
  | 'catalog'
  | 'config'
  | 'discovery'
  | 'reader'
  | 'userInfo'
> & { proposer: ChangeProposer };

/** The annotation that ties an entity to its repository, by host. */
const REPOSITORY_ANNOTATION = {
  git: 'pavedroad.dev/repository',
  github: 'github.com/project-slug',
  gitlab: 'gitlab.com/project-slug',
} as const;

/**
 * `pavedroad:checkout`: copies the default branch of a repository into `./repository` of the workspace and says what it is. Nothing is
 * written anywhere else, so that it works in a dry run too.
 *
 * With an entity, only members of its owner (and administrators) may; a repository that is not the entity's source, or comes without one,
 * has to be on the portal's own git host and belong to a group of the user's.
 *
 * Throws NotAllowedError for what others own, NotFoundError for what is not there, InputError for what is too large or holds a secret
 * of the task, ConflictError when the repository is on another golden path than `adopts` allows, or not on one as `made` asks.
 */
export function createCheckoutAction(services: CheckoutServices) {
  const { auditor, auth, catalog, config, discovery, proposer, reader } =
    services;
  return createTemplateAction({
    id: 'pavedroad:checkout',
    description:
      'Copies the default branch of an entity’s repository into ./repository and answers what it is, for templates that change what exists',
    supportsDryRun: true,
    schema: {
      input: {
        entityRef: z =>
          z
            .string()
            .max(300)
            .optional()
            .describe(
              'Entity whose repository it is, such as component:ledger',
            ),
        repositoryUrl: z =>
          z
            .string()
            .max(2_000)
            .optional()
            .describe(
              'A repository of the portal’s git host that is not in the catalog; by default the source of the entity',
            ),
        name: z =>
          z
            .string()
            .max(63)
            .optional()
            .describe('Name of the component it is to become'),
        owner: z =>
          z
            .string()
            .max(300)
            .optional()
            .describe(
              'The group it is to belong to: has to be real and on call. The owner of the entity by default',
            ),
        confirmName: z =>
          z
            .string()
            .max(300)
            .optional()
            .describe(
              'What the user typed to confirm: refused unless it is the component’s name',
            ),
        adopts: z =>
          z
            .boolean()
            .optional()
            .describe(
              'Refuse repositories that another golden path made: they are upgraded, not adopted',
            ),
        made: z =>
          z
            .array(z.string())
            .max(100)
            .optional()
            .describe(
              'Refuse repositories in which no golden path made these files: what a template replaces as a whole has to be a template’s',
            ),
      },
      output: {
        name: z => z.string().describe('Name of the component'),
        entityRef: z => z.string(),
        registered: z => z.boolean().describe('Whether it is in the catalog'),
        owner: z => z.string().describe('Entity ref of the group it has'),
        ownerName: z => z.string(),
        newOwner: z =>
          z.string().describe('Entity ref of the group it is to have'),
        newOwnerName: z => z.string(),
        codeOwner: z => z.string().describe('The owner as CODEOWNERS names it'),
        newCodeOwner: z => z.string(),
        dependents: z =>
          z
            .array(z.string())
            .describe('Entity refs of what says that it depends on this'),
        system: z => z.string().describe('Its system, or nothing'),
        lifecycle: z => z.string(),
        description: z => z.string(),
        tier: z => z.number().describe('1, 2 or 3; 2 when nothing says'),
        provider: z => z.enum(['git', 'github', 'gitlab']),
        repository: z => z.string().describe('Slug on the host'),
        repositoryUrl: z => z.string().describe('Page for a browser'),
        cloneUrl: z => z.string(),
        defaultBranch: z => z.string(),
        repoContentsUrl: z =>
          z.string().describe('Root of the files on the default branch'),
        filesUrl: z =>
          z.string().describe('The same for single files: add a path'),
        catalogInfoUrl: z => z.string(),
        sourceLocation: z =>
          z.string().describe('Value of backstage.io/source-location'),
        annotations: z =>
          z.record(z.string()).describe('Annotations for the component'),
        portalUrl: z =>
          z.string().describe('Where pipelines report deployments'),
        facts: z =>
          z
            .record(z.unknown())
            .describe(
              'What the files say: ci, target, language, packageEcosystem, packageName, port, tier, description, template, dockerfile',
            ),
        manifest: z =>
          z
            .record(z.unknown())
            .optional()
            .describe('.golden-path.yaml, where there is one'),
        files: z => z.array(z.string()).describe('All paths, sorted'),
        warnings: z => z.array(z.string()),
      },
    },
    async handler(ctx) {
      const { input } = ctx;
      // Forms send what was left empty as an empty text.
      const entityRef = input.entityRef || undefined;
      const repositoryUrl = input.repositoryUrl || undefined;
      const credentials = await ctx.getInitiatorCredentials();
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
            entity ? stringifyEntityRef(entity) : target.url
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
        entity?.relations?.find(r => r.type === 'ownedBy')?.targetRef ??
        slugOwner;
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

      await audited(
        auditor,
        'golden-path-checkout',
        {
          task: ctx.task.id,
          user: ctx.user?.ref ?? '',
          template: ctx.templateInfo?.entityRef ?? '',
          entityRef: entity ? stringifyEntityRef(entity) : '',
          repository: target.url,
        },
        async () => {
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
              ctx.logger.info(`Somebody is on call for ${wanted.name}.`);
            }
          }

          const located = await proposer.locate(target.url, { credentials });
          const folder = sourceFolder(ctx.workspacePath, REPOSITORY_FOLDER);
          const copy = await copyRepository({
            reader,
            treeUrl: located.treeUrl,
            token: located.readToken,
            folder,
            signal: ctx.signal,
          });
          ctx.logger.info(
            `Copied ${copy.files} files of ${located.slug}, branch ${located.defaultBranch}`,
          );
          if (copy.leftOut.length > 0) {
            warnings.push(
              `Symbolic links are not read: ${copy.leftOut
                .slice(0, 20)
                .join(', ')}.`,
            );
          }
          const paths = (await listWorkspaceFiles(folder)).map(f => f.path);
          await refuseSecretsInFiles(folder, paths, ctx.secrets);
          const files = repositoryFiles(folder, paths);
          const facts = readRepositoryFacts(files);

          const text = files.text(MANIFEST_PATH);
          const manifest = text === undefined ? undefined : parseManifest(text);
          const self = ctx.templateInfo?.entityRef;
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
          const labelled = Number(
            entity?.metadata.labels?.['pavedroad.dev/tier'],
          );
          const sourceLocation = `url:${located.treeUrl}`;
          const spec = (entity?.spec ?? {}) as JsonObject;
          const textOf = (value: unknown) =>
            typeof value === 'string' ? value : '';

          ctx.output('name', name);
          ctx.output('entityRef', component);
          ctx.output('registered', entity !== undefined);
          ctx.output('owner', stringifyEntityRef(ownerRef));
          ctx.output('ownerName', ownerRef.name);
          ctx.output('newOwner', newOwner);
          ctx.output('newOwnerName', wanted.name);
          ctx.output('codeOwner', code(ownerRef.name));
          ctx.output('newCodeOwner', code(wanted.name));
          ctx.output(
            'dependents',
            (entity?.relations ?? [])
              .filter(({ type }) => type === RELATION_DEPENDENCY_OF)
              .map(({ targetRef }) => targetRef)
              .sort(),
          );
          ctx.output('system', textOf(spec.system));
          ctx.output('lifecycle', textOf(spec.lifecycle));
          ctx.output(
            'description',
            entity?.metadata.description ?? facts.description ?? '',
          );
          ctx.output(
            'tier',
            facts.tier ?? ([1, 2, 3].includes(labelled) ? labelled : 2),
          );
          ctx.output('provider', located.provider);
          ctx.output('repository', located.slug);
          ctx.output('repositoryUrl', located.repositoryUrl);
          ctx.output('cloneUrl', located.cloneUrl);
          ctx.output('defaultBranch', located.defaultBranch);
          ctx.output('repoContentsUrl', located.treeUrl);
          ctx.output('filesUrl', located.blobUrl);
          ctx.output('catalogInfoUrl', `${located.blobUrl}catalog-info.yaml`);
          ctx.output('sourceLocation', sourceLocation);
          ctx.output('annotations', {
            [REPOSITORY_ANNOTATION[located.provider]]: located.slug,
            'backstage.io/source-location': sourceLocation,
            ...(self ? { 'backstage.io/source-template': self } : {}),
          });
          ctx.output(
            'portalUrl',
            config.getString('backend.baseUrl').replace(/\/$/, ''),
          );
          ctx.output('facts', facts);
          if (manifest) {
            ctx.output('manifest', manifest);
          }
          ctx.output('files', paths);
          warnings.forEach(warning => ctx.logger.warn(warning));
          ctx.output('warnings', warnings);
        },
      );
    },
  });
}
