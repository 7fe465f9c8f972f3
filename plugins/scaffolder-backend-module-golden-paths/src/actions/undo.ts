import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import {
  compensate,
  type CompensationServices,
  keepsEffects,
} from '../lib/compensation';
import { describeEffect, forgetEffect, readEffects } from '../lib/effects';

/**
 * `pavedroad:undo`: for a last step with `if: ${{ failure() }}`. Undoes what this task did, newest first, and lists what it could not.
 * It never touches what was there before the task.
 *
 * Throws an Error that lists what is left, so that the step stands out as failed.
 */
export function createUndoAction(services: CompensationServices) {
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
      const effects = await readEffects(ctx.workspacePath, task);
      if (ctx.isDryRun || effects.length === 0) {
        ctx.logger.info('There is nothing to undo: nothing was created.');
        ctx.output('undone', []);
        ctx.output('left', []);
        return;
      }
      if (keepsEffects(services.config)) {
        const kept = [...effects].reverse().map(describeEffect);
        ctx.output('undone', []);
        ctx.output('left', kept);
        throw new Error(
          `Kept for a retry: ${kept.join(
            '; ',
          )}. Retry the task to finish, or remove them by hand.`,
        );
      }
      const { undone, left } = await compensate(services, {
        task,
        userRef: ctx.user?.ref,
        credentials: await ctx.getInitiatorCredentials(),
        effects,
        logger: ctx.logger,
        onUndone: effect => forgetEffect(ctx.workspacePath, effect),
      });
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
