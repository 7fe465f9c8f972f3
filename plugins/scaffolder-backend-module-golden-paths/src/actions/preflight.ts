import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import {
  nameProblem,
  onCallProblem,
} from '@pavedroad/plugin-golden-paths-common';
import {
  fetchOnCallCoverage,
  readCreator,
  readGroupRef,
} from '@pavedroad/plugin-golden-paths-node';
import { audited } from '../lib/audited';
import { type ActionServices, readDefaultBranch } from './services';

/** One sentence for what stands in the way, or all of them as a list. */
function problemsMessage(problems: string[]): string {
  return problems.length === 1
    ? problems[0]
    : `Nothing was created. ${
        problems.length
      } things stand in the way:\n${problems.map(p => `- ${p}`).join('\n')}`;
}

/**
 * `pavedroad:preflight`: refuses what would fail later, before anything is created, and works out every address and name the later
 * steps need.
 *
 * Throws InputError with all that stands in the way, ServiceUnavailableError when something cannot be asked.
 */
export function createPreflightAction(services: ActionServices) {
  const { auditor, auth, catalog, config, discovery, host, userInfo } =
    services;
  return createTemplateAction({
    id: 'pavedroad:preflight',
    description:
      'Checks the answers against the catalog, the git host and on-call before anything is created',
    supportsDryRun: true,
    schema: {
      input: {
        name: z =>
          z.string().describe("The component's and the repository's name"),
        owner: z =>
          z
            .string()
            .describe('Entity ref of the owning group; a bare name is a group'),
        tier: z =>
          z
            .union([z.string(), z.number()])
            .describe('How much depends on it; shown in messages')
            .optional(),
        newEntities: z =>
          z
            .array(z.string())
            .max(20)
            .describe('Further entity refs that must be free')
            .optional(),
      },
      output: {
        name: z => z.string(),
        owner: z => z.string().describe('Full entity ref of the group'),
        ownerName: z => z.string(),
        entityRef: z => z.string().describe('Entity ref of the new component'),
        provider: z => z.enum(['git', 'github', 'gitlab']),
        repository: z => z.string().describe('Slug on the host'),
        cloneUrl: z => z.string(),
        repositoryUrl: z => z.string().describe('Page for a browser'),
        defaultBranch: z => z.string(),
        repoContentsUrl: z =>
          z.string().describe('Root of the files on the default branch'),
        catalogInfoUrl: z => z.string(),
        sourceLocation: z =>
          z.string().describe('Value of backstage.io/source-location'),
        annotations: z =>
          z.record(z.string()).describe('Annotations for the component'),
        portalUrl: z =>
          z.string().describe('Where pipelines report deployments'),
        warnings: z => z.array(z.string()),
      },
    },
    async handler(ctx) {
      const { name, owner, tier, newEntities = [] } = ctx.input;
      const credentials = await ctx.getInitiatorCredentials();
      const own = await auth.getOwnServiceCredentials();

      // What makes no sense is refused before anything is asked with it.
      const ownerRef = readGroupRef(owner);
      const nonsense = [
        nameProblem(name),
        ownerRef
          ? undefined
          : `The owner has to be a group, such as group:default/payments; "${owner.slice(
              0,
              100,
            )}" is none.`,
      ].filter((problem): problem is string => problem !== undefined);
      if (!ownerRef || nonsense.length) {
        throw new InputError(problemsMessage(nonsense));
      }
      const groupRef = stringifyEntityRef(ownerRef);
      const entityRef = stringifyEntityRef({
        kind: 'component',
        namespace: 'default',
        name,
      });
      const branch = readDefaultBranch(config);

      await audited(
        auditor,
        'golden-path-preflight',
        {
          task: ctx.task.id,
          user: ctx.user?.ref ?? '',
          template: ctx.templateInfo?.entityRef ?? '',
          name,
          owner: groupRef,
        },
        async () => {
          const problems: string[] = [];
          const warnings: string[] = [];
          const creator = await readCreator({ credentials, userInfo, config });

          const group = await catalog.getEntityByRef(groupRef, { credentials });
          if (!group) {
            throw new InputError(
              `There is no group ${groupRef} in the catalog. Choose one of the groups in the list.`,
            );
          }
          const ownerName = group.metadata.name;
          if (host.provider === 'git' && ownerRef.namespace !== 'default') {
            problems.push(
              `The portal's git host has repositories of groups in the default namespace only; ${groupRef} is in "${ownerRef.namespace}".`,
            );
          }
          if (!creator.mayCreateFor(groupRef)) {
            problems.push(
              `You are not a member of ${ownerName}, so you cannot create in its name. Choose one of your own groups, or ask a member of ${ownerName}.`,
            );
          } else {
            ctx.logger.info(`You may create services for ${ownerName}.`);
          }

          const coverage = await fetchOnCallCoverage({
            entityRef: groupRef,
            credentials,
            auth,
            discovery,
          });
          const uncovered = onCallProblem(ownerName, coverage);
          const required =
            config.getOptionalBoolean('goldenPaths.requireOnCall') ?? true;
          if (!uncovered) {
            ctx.logger.info(`Somebody is on call for ${ownerName}.`);
          } else if (uncovered.refuses && required) {
            problems.push(uncovered.message);
          } else {
            warnings.push(uncovered.message);
          }

          const slug = host.slug(ownerName, name);
          const refs = [entityRef, ...newEntities].map(ref =>
            stringifyEntityRef(parseEntityRef(ref)),
          );
          // Recorded once: on a retry, what this task made itself must not count as taken. Publishing checks again.
          const free = await ctx.checkpoint({
            key: `free.${slug}`,
            fn: async () => {
              const taken: string[] = [];
              const { items } = await catalog.getEntitiesByRefs(
                { entityRefs: refs, fields: ['metadata.name'] },
                // Names that the user cannot see are taken all the same.
                { credentials: own },
              );
              refs.forEach((ref, index) => {
                if (items[index]) {
                  taken.push(
                    `${ref} is already in the catalog. Choose another name.`,
                  );
                }
              });
              await host.checkTarget(slug, credentials);
              if (await host.describe(slug, credentials)) {
                taken.push(
                  `The repository ${slug} already exists. Choose another name.`,
                );
              }
              if (taken.length) {
                throw new InputError(problemsMessage([...problems, ...taken]));
              }
              return { refs };
            },
          });
          if (problems.length) {
            throw new InputError(problemsMessage(problems));
          }
          ctx.logger.info(
            `Free: ${free.refs.join(
              ', ',
            )} in the catalog and the repository ${slug}.`,
          );
          for (const warning of warnings) {
            ctx.logger.warn(
              tier === undefined ? warning : `Tier ${tier}: ${warning}`,
            );
          }

          const addresses = await host.addresses(slug, branch);
          const sourceLocation = `url:${addresses.repoContentsUrl}`;
          ctx.output('name', name);
          ctx.output('owner', groupRef);
          ctx.output('ownerName', ownerName);
          ctx.output('entityRef', entityRef);
          ctx.output('provider', host.provider);
          ctx.output('repository', slug);
          ctx.output('cloneUrl', addresses.cloneUrl);
          ctx.output('repositoryUrl', addresses.repositoryUrl);
          ctx.output('defaultBranch', branch);
          ctx.output('repoContentsUrl', addresses.repoContentsUrl);
          ctx.output('catalogInfoUrl', addresses.catalogInfoUrl);
          ctx.output('sourceLocation', sourceLocation);
          ctx.output('annotations', {
            ...host.annotations(slug),
            'backstage.io/source-location': sourceLocation,
            ...(ctx.templateInfo?.entityRef
              ? { 'backstage.io/source-template': ctx.templateInfo.entityRef }
              : {}),
          });
          ctx.output(
            'portalUrl',
            config.getString('backend.baseUrl').replace(/\/$/, ''),
          );
          ctx.output('warnings', warnings);
          ctx.logger.info(
            `Ready: ${name} will be at ${addresses.repositoryUrl}.`,
          );
        },
      );
    },
  });
}
