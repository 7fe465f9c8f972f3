import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  compensate,
  type CompensationServices,
  keepsEffects,
} from './compensation';
import { describeEffect, type Effect, sameEffect } from './effects';

/** What the guard needs of an action's context. */
export type GuardedContext = {
  task: { id: string };
  user?: { ref?: string };
  signal?: AbortSignal;
  logger: { info(message: string): void; error(message: string): void };
};

type Entry = { effects: Effect[]; active: Promise<unknown>; listens: boolean };

/**
 * Undoes what a task did when somebody cancels it. The scaffolder runs no further step then, `pavedroad:undo` neither, so the actions
 * that have effects listen for themselves: during their own step and as long as the task goes on.
 */
export class CancellationGuard {
  /** One signal is one run of one task. */
  private readonly runs = new WeakMap<AbortSignal, Entry>();

  constructor(private readonly services: CompensationServices) {}

  /** Remembers an effect, so that cancelling undoes it. */
  note(ctx: GuardedContext, effect: Effect): void {
    const entry = this.entry(ctx);
    if (entry && !entry.effects.some(known => sameEffect(known, effect))) {
      entry.effects.push(effect);
    }
  }

  /** Forgets an effect that did not come about. */
  forget(ctx: GuardedContext, effect: Effect): void {
    const entry = this.entry(ctx);
    if (entry) {
      entry.effects = entry.effects.filter(known => !sameEffect(known, effect));
    }
  }

  /** Runs the work of an action, and undoes what is noted once the task is cancelled and the work has stopped. */
  async run<T>(
    ctx: GuardedContext,
    credentials: BackstageCredentials,
    work: () => Promise<T>,
  ): Promise<T> {
    const entry = this.entry(ctx);
    const result = work();
    if (entry && ctx.signal) {
      entry.active = result.catch(() => undefined);
      if (!entry.listens) {
        entry.listens = true;
        const undo = async () => {
          await entry.active;
          await this.undo(ctx, credentials, entry.effects);
        };
        ctx.signal.addEventListener('abort', undo, { once: true });
      }
    }
    return result;
  }

  private entry(ctx: GuardedContext): Entry | undefined {
    if (!ctx.signal) {
      return undefined;
    }
    let entry = this.runs.get(ctx.signal);
    if (!entry) {
      entry = { effects: [], active: Promise.resolve(), listens: false };
      this.runs.set(ctx.signal, entry);
    }
    return entry;
  }

  private async undo(
    ctx: GuardedContext,
    credentials: BackstageCredentials,
    effects: readonly Effect[],
  ): Promise<void> {
    if (effects.length === 0) {
      return;
    }
    if (keepsEffects(this.services.config)) {
      ctx.logger.error(
        `Cancelled. Kept for a retry: ${effects
          .map(describeEffect)
          .join('; ')}`,
      );
      return;
    }
    ctx.logger.info('Cancelled: removing what this task created.');
    const { left } = await compensate(this.services, {
      task: ctx.task.id,
      userRef: ctx.user?.ref,
      credentials,
      effects,
      logger: ctx.logger,
    });
    if (left.length) {
      ctx.logger.error(
        `Left behind, to be removed by hand: ${left.join('; ')}`,
      );
    }
  }
}
