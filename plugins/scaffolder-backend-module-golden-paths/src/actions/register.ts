import { setTimeout as sleep } from 'node:timers/promises';
import {
  ANNOTATION_ORIGIN_LOCATION,
  type Entity,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { ConflictError, InputError } from '@backstage/errors';
import { locationSpecToMetadataName } from '@backstage/plugin-catalog-node';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { audited } from '../lib/audited';
import type { CancellationGuard } from '../lib/cancellation';
import { buildDocs } from '../lib/docs';
import { type Effect, recordEffect } from '../lib/effects';
import type { ActionServices } from './services';

/** Time between two looks into the catalog, in milliseconds. */
const POLL_MS = 500;

/** Time between two words of progress, in milliseconds. */
const PROGRESS_MS = 5_000;

const DEFAULT_TIMEOUT_S = 60;

/** The first processing error of an entity, `undefined` when there is none. */
export function processingError(
  entity: Entity | undefined,
): string | undefined {
  const status = (
    entity as
      | { status?: { items?: { level?: string; message?: string }[] } }
      | undefined
  )?.status;
  return status?.items?.find(item => item.level === 'error')?.message;
}

/**
 * `pavedroad:register`: registers a location and waits until its entity is really in the catalog; with `whenMerged` it waits for nothing,
 * and the catalog reads the file once the pull request that brings it is merged.
 *
 * Throws InputError when the file does not describe that entity, ConflictError when the name belongs to something else.
 */
export function createRegisterAction(
  services: Pick<ActionServices, 'auditor' | 'auth' | 'catalog' | 'discovery'>,
  guard: CancellationGuard,
) {
  const { auditor, auth, catalog, discovery } = services;
  return createTemplateAction({
    id: 'pavedroad:register',
    description:
      'Registers catalog-info.yaml and waits until the component is in the catalog',
    supportsDryRun: true,
    schema: {
      input: {
        catalogInfoUrl: z => z.string().url(),
        entityRef: z => z.string().describe('The entity to wait for'),
        timeoutSeconds: z =>
          z
            .number()
            .min(1)
            .max(600)
            .describe('How long to wait for it; 60 by default')
            .optional(),
        whenMerged: z =>
          z
            .boolean()
            .describe(
              'The file comes with a pull request: register its place, and wait for nothing',
            )
            .optional(),
      },
      output: {
        entityRef: z => z.string(),
        catalogInfoUrl: z => z.string(),
      },
    },
    async handler(ctx) {
      const {
        catalogInfoUrl: target,
        timeoutSeconds = DEFAULT_TIMEOUT_S,
        whenMerged = false,
      } = ctx.input;
      const entityRef = stringifyEntityRef(parseEntityRef(ctx.input.entityRef));
      ctx.output('entityRef', entityRef);
      ctx.output('catalogInfoUrl', target);
      if (ctx.isDryRun) {
        ctx.logger.info(`Dry run: would register ${target}.`);
        return;
      }
      const credentials = await ctx.getInitiatorCredentials();
      const options = { credentials };
      const task = ctx.task.id;

      const work = () =>
        audited(
          auditor,
          'golden-path-register',
          { task, user: ctx.user?.ref ?? '', entityRef, location: target },
          async () => {
            const location = { type: 'url', target };
            const intent = await ctx.checkpoint({
              key: `intent.${target}`,
              fn: async () => {
                const found = await catalog.getLocationByRef(
                  `url:${target}`,
                  options,
                );
                return {
                  existed: found !== undefined,
                  at: new Date().toISOString(),
                };
              },
            });
            const existing = await catalog.getLocationByRef(
              `url:${target}`,
              options,
            );
            if (!existing && !whenMerged) {
              const preview = await catalog.addLocation(
                { ...location, dryRun: true },
                options,
              );
              const described = preview.entities.map(stringifyEntityRef);
              if (!described.includes(entityRef)) {
                throw new InputError(
                  `${target} describes ${
                    described.join(', ') || 'nothing'
                  }, not ${entityRef}.`,
                );
              }
              ctx.logger.info(`Registering ${described.join(', ')}`);
            }
            if (!intent.existed) {
              const effect: Effect = {
                kind: 'location',
                task,
                at: intent.at,
                target,
              };
              guard.note(ctx, effect);
              await recordEffect(ctx.workspacePath, effect);
            }
            if (!existing) {
              await catalog.addLocation(location, options);
            }
            if (whenMerged) {
              ctx.logger.info(
                `The catalog looks for ${target} from now on, and has ${entityRef} soon after the merge.`,
              );
              return;
            }

            const started = Date.now();
            let spoken = started;
            let registered: Entity;
            for (;;) {
              const entity = await catalog.getEntityByRef(entityRef, options);
              const origin =
                entity?.metadata.annotations?.[ANNOTATION_ORIGIN_LOCATION];
              if (entity && origin === `url:${target}`) {
                registered = entity;
                break;
              }
              if (origin !== undefined) {
                throw new ConflictError(
                  `${entityRef} is in the catalog already, from ${origin}.`,
                );
              }
              const holder = await catalog.getEntityByRef(
                `location:default/${locationSpecToMetadataName(location)}`,
                options,
              );
              const problem = processingError(holder);
              if (problem) {
                throw new InputError(
                  `The catalog cannot take in ${target}: ${problem}`,
                );
              }
              const waited = Date.now() - started;
              if (waited > timeoutSeconds * 1000) {
                throw new Error(
                  `${entityRef} did not appear in the catalog within ${timeoutSeconds} s. Retry in a while.`,
                );
              }
              if (Date.now() - spoken >= PROGRESS_MS) {
                spoken = Date.now();
                ctx.logger.info(
                  `Waiting for the catalog to take in ${entityRef} (${Math.round(
                    waited / 1000,
                  )} s)`,
                );
              }
              await sleep(POLL_MS, undefined, { signal: ctx.signal });
            }
            ctx.logger.info(`${entityRef} is in the catalog.`);
            try {
              if (
                await buildDocs({
                  entity: registered,
                  credentials,
                  auth,
                  discovery,
                })
              ) {
                ctx.logger.info('Its documentation is ready to read.');
              }
            } catch (error) {
              // Documentation is built again whenever it is opened, so this stops nobody.
              ctx.logger.warn(
                `Its documentation could not be built yet: ${error}`,
              );
            }
          },
        );
      await guard.run(ctx, credentials, work);
    },
  });
}
