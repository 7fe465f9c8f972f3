import {
  ANNOTATION_LOCATION,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { NotAllowedError } from '@backstage/errors';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { audited } from '../lib/audited';
import type { CancellationGuard } from '../lib/cancellation';
import {
  type Effect,
  forgetEffect,
  readEffects,
  recordEffect,
} from '../lib/effects';
import {
  createReportingCredential,
  revokeReportingCredential,
} from '../lib/reporting';
import type { JenkinsSecrets } from '../hosts/JenkinsSecrets';
import type { RepositoryHost } from '../hosts/types';
import { readSlug } from './publish';
import type { ActionServices } from './services';

/** What the generated pipelines read the token from. */
const SECRET = 'PORTAL_TOKEN';

const SYSTEMS: Record<string, string> = {
  github: 'GitHub Actions',
  gitlab: 'GitLab CI',
  jenkins: 'Jenkins',
};

/** How a CI system is given the secret. */
type Delivery = {
  /** What there is to know once it has it, in Markdown. */
  advice: string;
  /** What has to be there first and is not, in a sentence. */
  missing?(): Promise<string | undefined>;
  /** Why it has no secret after all, in a sentence, where that is nobody's mistake and all else is done; `undefined` for an error. */
  excuse?(error: unknown): string | undefined;
  set(token: string, entityRef: string): Promise<void>;
};

/** Everything else is made by the time Jenkins is asked, and none of it needs Jenkins. */
function awayJenkins(error: unknown): string | undefined {
  return (error as Error).name === 'ServiceUnavailableError'
    ? 'Jenkins does not answer the portal right now, so it has no credential of this repository: wait until it is back.'
    : undefined;
}

/**
 * What somebody does with a reporting credential so that the pipeline of a repository on the portal's own git host is run. It is named on no
 * command line, which shells and process lists keep.
 */
const ON_OWN_HOST: Record<string, (name: string) => string> = {
  github: () =>
    `, mirror the repository to GitHub, and give the credential to GitHub Actions there as \`${SECRET}\``,
  gitlab: name =>
    `, write it as \`${SECRET}: <credential>\` into a file outside the repository that only you can read, \`~/.gitlab-ci-local/${name}.yml\`, and run the pipeline in a clone with \`npx gitlab-ci-local --force-shell-executor --shell-isolation --variables-file ~/.gitlab-ci-local/${name}.yml\` (Node 22 or newer, rsync), or mirror the repository to GitLab, and give the credential to GitLab CI there as \`${SECRET}\``,
  jenkins: () =>
    ` and give it to a multibranch pipeline of the repository in Jenkins as \`${SECRET}\``,
};

/** The way to a CI system; `undefined` where the portal knows none. */
function deliveryTo(
  ci: string,
  services: { host: RepositoryHost; jenkins?: JenkinsSecrets },
  slug: string,
): Delivery | undefined {
  const { host, jenkins } = services;
  if (ci === 'jenkins') {
    return (
      jenkins && {
        advice: `Jenkins has a credential of this repository as \`${
          jenkins.credentialsId
        }\` in [its folder](${jenkins.pageOf(
          slug,
        )}): with \`PORTAL_CREDENTIALS_ID=${
          jenkins.credentialsId
        }\` there, or for all of Jenkins, deployments show up under *Delivery*.`,
        missing: async () => {
          try {
            return (await jenkins.hasFolder(slug))
              ? undefined
              : `Jenkins has no folder ${jenkins.folderOf(
                  slug,
                )} that the portal sees: make a multibranch pipeline of the repository there, or let Jenkins look for it.`;
          } catch (error) {
            const away = awayJenkins(error);
            if (!away) {
              throw error;
            }
            return away;
          }
        },
        excuse: awayJenkins,
        set: (token, entityRef) =>
          jenkins.set(slug, token, `Reports deployments of ${entityRef}`),
      }
    );
  }
  const { setPipelineSecret } = host;
  return setPipelineSecret && host.ci === ci
    ? {
        advice: `${SYSTEMS[ci]} has a credential of this repository as \`${SECRET}\`: deployments show up under *Delivery* by themselves.`,
        set: token => setPipelineSecret.call(host, slug, SECRET, token),
      }
    : undefined;
}

/**
 * `pavedroad:connect`: gives the pipeline a credential of the repository's own to report deployments with, as a secret of its CI
 * system. Where the portal cannot reach that system it makes none and says what to do: a token is never put into a task's output.
 *
 * The host is asked with the portal's own credentials: only the repository gets a secret that the catalog has the component from,
 * for what a file says of itself could name any. Throws NotAllowedError for another one, and what delivery metrics or the host
 * refuse with.
 */
export function createConnectAction(
  services: Pick<
    ActionServices,
    'auditor' | 'auth' | 'catalog' | 'config' | 'discovery' | 'host'
  > & {
    /** The Jenkins that builds repositories, where one is configured. */
    jenkins?: JenkinsSecrets;
  },
  guard: CancellationGuard,
) {
  const { auditor, auth, catalog, config, discovery, host } = services;
  return createTemplateAction({
    id: 'pavedroad:connect',
    description:
      'Gives the pipeline a credential of its own to report deployments to the portal with',
    supportsDryRun: true,
    schema: {
      input: {
        entityRef: z => z.string().describe('The component it reports for'),
        repository: z => z.string().describe('Slug from pavedroad:preflight'),
        ci: z => z.enum(['github', 'gitlab', 'jenkins']),
      },
      output: {
        delivered: z =>
          z.boolean().describe('Whether the CI system has the secret'),
        advice: z => z.string().describe('What is left to do, in Markdown'),
      },
    },
    async handler(ctx) {
      const slug = readSlug(ctx.input.repository);
      const entityRef = stringifyEntityRef(parseEntityRef(ctx.input.entityRef));
      const system = SYSTEMS[ctx.input.ci];
      const { namespace, kind, name } = parseEntityRef(entityRef);
      const appUrl =
        config.getOptionalString('app.baseUrl') ??
        config.getString('backend.baseUrl');
      const app = appUrl.replace(/\/$/, '');
      const page = `${app}/catalog/${namespace}/${kind}/${name}/delivery?tab=data-quality`;
      const delivery = deliveryTo(ctx.input.ci, services, slug);
      if (!delivery) {
        ctx.output('delivered', false);
        ctx.output(
          'advice',
          host.provider === 'git'
            ? `On the portal's own git host a push asks for a password, an [access token](${app}/git/tokens), and runs no pipeline: make a [reporting credential](${page})${ON_OWN_HOST[
                ctx.input.ci
              ](name)}. Deployments then show up under *Delivery*.`
            : `Make a [reporting credential](${page}) and give it to ${system} as \`${SECRET}\`: deployments then show up under *Delivery*.`,
        );
        ctx.logger.info(
          `The portal cannot give ${system} secrets for ${slug}: make a reporting credential on the component's page.`,
        );
        return;
      }
      if (ctx.isDryRun) {
        ctx.output('delivered', true);
        ctx.output('advice', delivery.advice);
        ctx.logger.info(`Dry run: would give ${system} the secret ${SECRET}.`);
        return;
      }
      // Asked before a credential is made: one that nobody has is one to revoke.
      const missing = await delivery.missing?.();
      const notDelivered = (why: string) => {
        ctx.output('delivered', false);
        ctx.output(
          'advice',
          `${why} Then make a [reporting credential](${page}) and give it to ${system}.`,
        );
        ctx.logger.warn(why);
      };
      if (missing) {
        notDelivered(missing);
        return;
      }
      const credentials = await ctx.getInitiatorCredentials();
      const asker = { auth, discovery, credentials };
      const task = ctx.task.id;
      const work = () =>
        audited(
          auditor,
          'golden-path-connect',
          { task, user: ctx.user?.ref ?? '', entityRef, repository: slug },
          async () => {
            const entity = await catalog.getEntityByRef(entityRef, {
              credentials,
            });
            const { cloneUrl, repositoryUrl } = await host.addresses(
              slug,
              'main',
            );
            const from = entity?.metadata.annotations?.[ANNOTATION_LOCATION];
            if (
              ![repositoryUrl, cloneUrl.replace(/\.git$/, '')].some(address =>
                from?.startsWith(`url:${address}/`),
              )
            ) {
              throw new NotAllowedError(
                `${entityRef} does not come from ${slug}, which gets no credential of it.`,
              );
            }
            // What an earlier attempt made may have reached the CI system or not: it is exchanged.
            const earlier = await readEffects(ctx.workspacePath, task);
            const revoke = async (made: Effect & { kind: 'credential' }) => {
              await revokeReportingCredential(made.id, asker);
              guard.forget(ctx, made);
              await forgetEffect(ctx.workspacePath, made);
            };
            for (const effect of earlier) {
              if (effect.kind === 'credential') {
                await revoke(effect);
              }
            }
            const { id, token, createdAt } = await createReportingCredential(
              { entityRef, label: `${system} of ${slug}`.slice(0, 120) },
              asker,
            );
            const effect: Effect & { kind: 'credential' } = {
              kind: 'credential',
              task,
              at: createdAt,
              id,
              entityRef,
            };
            guard.note(ctx, effect);
            await recordEffect(ctx.workspacePath, effect);
            try {
              await delivery.set(token, entityRef);
            } catch (error) {
              const excuse = delivery.excuse?.(error);
              if (!excuse) {
                throw error;
              }
              // It may have arrived or not: what nobody is known to have counts no more.
              await revoke(effect);
              notDelivered(excuse);
              return;
            }
            ctx.output('delivered', true);
            ctx.output('advice', delivery.advice);
            ctx.logger.info(
              `${system} has the secret ${SECRET}: a credential that reports for ${entityRef} only.`,
            );
          },
        );
      await guard.run(ctx, credentials, work);
    },
  });
}
