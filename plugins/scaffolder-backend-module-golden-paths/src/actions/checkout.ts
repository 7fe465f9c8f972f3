import type { AuditorService } from '@backstage/backend-plugin-api';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import {
  type CheckoutServices,
  prepareCheckout,
  REPOSITORY_FOLDER,
} from '@pavedroad/plugin-golden-paths-node';
import { audited } from '../lib/audited';
import { refuseSecretsInFiles } from '../lib/secrets';
import { sourceFolder } from '../lib/workspace';

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
export function createCheckoutAction(
  services: CheckoutServices & { auditor: AuditorService },
) {
  const { auditor } = services;
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
        folder: z =>
          z
            .string()
            .max(300)
            .optional()
            .describe(
              'Copy only this folder of it, such as templates; facts and manifest are then those of nothing else',
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
      const credentials = await ctx.getInitiatorCredentials();
      const checkout = await prepareCheckout(services, ctx.input, credentials);
      await audited(
        auditor,
        'golden-path-checkout',
        {
          task: ctx.task.id,
          user: ctx.user?.ref ?? '',
          template: ctx.templateInfo?.entityRef ?? '',
          entityRef: checkout.entityRef ?? '',
          repository: checkout.url,
        },
        async () => {
          const output = await checkout.perform({
            folder: sourceFolder(ctx.workspacePath, REPOSITORY_FOLDER),
            templateRef: ctx.templateInfo?.entityRef,
            signal: ctx.signal,
            log: message => ctx.logger.info(message),
            inspect: (folder, paths) =>
              refuseSecretsInFiles(folder, paths, ctx.secrets),
          });
          output.warnings.forEach(warning => ctx.logger.warn(warning));
          for (const [name, value] of Object.entries(output)) {
            ctx.output(
              name as keyof typeof output,
              value as (typeof output)[keyof typeof output],
            );
          }
        },
      );
    },
  });
}
