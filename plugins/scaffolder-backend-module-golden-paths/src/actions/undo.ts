import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { audited } from '../lib/audited';
import {
  describeEffect,
  type Effect,
  forgetEffect,
  readEffects,
} from '../lib/effects';
import { isOwnRepository } from './publish';
import type { ActionServices } from './services';

/** An effect older than this is no longer undone by a task that fails, in milliseconds: the repository is in use. */
const MAX_AGE_MS = 24 * 60 * 60 * 1000;

type RepositoryEffect = Extract<Effect, { kind: 'repository' }>;

/** Whether what a failed task made is kept for a retry instead of undone. */
function keepsEffects(config: ActionServices['config']): boolean {
  const chosen = config.getOptionalString('goldenPaths.onFailure');
  if (chosen) {
    return chosen === 'keep';
  }
  // A recovered task resumes after the steps that are done, so what they made has to be there.
  return (
    config.getOptionalBoolean('scaffolder.taskRecovery.enabled') ??
    config.getOptionalBoolean('scaffolder.EXPERIMENTAL_recoverTasks') ??
    false
  );
}

/**
 * `pavedroad:undo`: for a last step with `if: ${{ failure() }}`. Undoes what this task did, newest first, and lists what it could not.
 * It never touches what was there before the task.
 *
 * Throws an Error that lists what is left, so that the step stands out as failed.
 */
export function createUndoAction(
  services: Pick<
    ActionServices,
    'auditor' | 'auth' | 'catalog' | 'config' | 'host'
  >,
) {
  const { auditor, auth, catalog, config, host } = services;

  /** Whether a recorded repository is there and is really one this task has just made. */
  async function stands(
    effect: RepositoryEffect,
    userRef: string | undefined,
    credentials: BackstageCredentials,
  ): Promise<'gone' | 'own' | 'foreign'> {
    if (effect.provider !== host.provider) {
      return 'foreign';
    }
    const state = await host.describe(effect.slug, credentials);
    if (!state) {
      return 'gone';
    }
    return isOwnRepository(state, effect.at, userRef) &&
      Date.now() - Date.parse(effect.at) <= MAX_AGE_MS
      ? 'own'
      : 'foreign';
  }

  /**
   * Only administrators may remove locations, but everybody may take back what they have just added: where the location is that of
   * a repository this task made, the portal removes it on its own authority. The record alone is not believed, since it lies where a
   * template can write.
   */
  async function removalCredentials(
    target: string,
    effects: readonly Effect[],
    userRef: string | undefined,
    credentials: BackstageCredentials,
  ): Promise<BackstageCredentials> {
    for (const effect of effects) {
      if (effect.kind === 'repository') {
        const { catalogInfoUrl } = await host.addresses(
          effect.slug,
          effect.branch,
        );
        if (
          catalogInfoUrl === target &&
          (await stands(effect, userRef, credentials)) === 'own'
        ) {
          return auth.getOwnServiceCredentials();
        }
      }
    }
    return credentials;
  }

  /** Undoes one effect; `false` when there was nothing any more. */
  async function undo(
    effect: Effect,
    effects: readonly Effect[],
    userRef: string | undefined,
    credentials: BackstageCredentials,
  ): Promise<boolean> {
    if (effect.kind === 'location') {
      const location = await catalog.getLocationByRef(`url:${effect.target}`, {
        credentials,
      });
      if (!location) {
        return false;
      }
      await catalog.removeLocationById(location.id, {
        credentials: await removalCredentials(
          effect.target,
          effects,
          userRef,
          credentials,
        ),
      });
      return true;
    }
    switch (await stands(effect, userRef, credentials)) {
      case 'gone':
        return false;
      case 'own':
        await host.remove(effect.slug, credentials);
        return true;
      default:
        throw new Error('it is not one this task has just made');
    }
  }

  return createTemplateAction({
    id: 'pavedroad:undo',
    description:
      'Undoes what this task created, newest first, and lists what it could not undo',
    supportsDryRun: true,
    schema: {
      input: {},
      output: {
        undone: z => z.array(z.string()),
        left: z => z.array(z.string()),
      },
    },
    async handler(ctx) {
      const task = ctx.task.id;
      const effects = (await readEffects(ctx.workspacePath, task)).reverse();
      const undone: string[] = [];
      const left: string[] = [];
      if (ctx.isDryRun || effects.length === 0) {
        ctx.logger.info('There is nothing to undo: nothing was created.');
        ctx.output('undone', undone);
        ctx.output('left', left);
        return;
      }
      if (keepsEffects(config)) {
        const kept = effects.map(describeEffect);
        ctx.output('undone', undone);
        ctx.output('left', kept);
        throw new Error(
          `Kept for a retry: ${kept.join(
            '; ',
          )}. Retry the task to finish, or remove them by hand.`,
        );
      }
      const credentials = await ctx.getInitiatorCredentials();
      const userRef = ctx.user?.ref;
      for (const effect of effects) {
        const what = describeEffect(effect);
        try {
          const done = await audited(
            auditor,
            'golden-path-undo',
            { task, user: userRef ?? '', kind: effect.kind, what },
            () => undo(effect, effects, userRef, credentials),
          );
          await forgetEffect(ctx.workspacePath, effect);
          if (done) {
            ctx.logger.info(`Removed the ${what}`);
            undone.push(what);
          }
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          ctx.logger.error(`Could not remove the ${what}: ${reason}`);
          left.push(`${what}: ${reason}`);
        }
      }
      ctx.output('undone', undone);
      ctx.output('left', left);
      if (left.length) {
        throw new Error(
          `Left behind, to be removed by hand: ${left.join('; ')}`,
        );
      }
      ctx.logger.info('Everything this task created is removed again.');
    },
  });
}
