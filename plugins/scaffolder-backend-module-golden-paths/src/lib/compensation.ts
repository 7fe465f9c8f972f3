import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { ActionServices } from '../actions/services';
import { audited } from './audited';
import { describeEffect, type Effect } from './effects';
import { isOwnRepository } from './ownRepository';
import { revokeReportingCredential } from './reporting';

/** An effect older than this is no longer undone, in milliseconds: the repository is in use. */
const MAX_AGE_MS = 24 * 60 * 60 * 1000;

type RepositoryEffect = Extract<Effect, { kind: 'repository' }>;

/** What compensation needs of the module. */
export type CompensationServices = Pick<
  ActionServices,
  'auditor' | 'auth' | 'catalog' | 'config' | 'discovery' | 'host'
>;

/** Whose effects are undone, and who is told. */
export type Compensation = {
  task: string;
  userRef: string | undefined;
  credentials: BackstageCredentials;
  /** Oldest first. */
  effects: readonly Effect[];
  logger: { info(message: string): void; error(message: string): void };
  onUndone?: (effect: Effect) => Promise<void>;
};

/** What came of it, in words. */
export type CompensationResult = { undone: string[]; left: string[] };

/** Whether what a failed task made is kept for a retry instead of undone. */
export function keepsEffects(config: ActionServices['config']): boolean {
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

/** Undoes effects of a task, newest first. Never throws: what could not be undone is listed. */
export async function compensate(
  services: CompensationServices,
  compensation: Compensation,
): Promise<CompensationResult> {
  const { auditor, auth, catalog, discovery, host } = services;
  const { task, userRef, credentials, effects, logger, onUndone } =
    compensation;

  /** Whether a recorded repository is there and is really one this task has just made. */
  async function stands(
    effect: RepositoryEffect,
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
  ): Promise<BackstageCredentials> {
    for (const effect of effects) {
      if (effect.kind === 'repository') {
        const { catalogInfoUrl } = await host.addresses(
          effect.slug,
          effect.branch,
        );
        if (catalogInfoUrl === target && (await stands(effect)) === 'own') {
          return auth.getOwnServiceCredentials();
        }
      }
    }
    return credentials;
  }

  /** Undoes one effect; `false` when there was nothing any more. */
  async function undo(effect: Effect): Promise<boolean> {
    if (effect.kind === 'pull-request') {
      // It may be reviewed already, and is good by itself: whoever owns the repository decides.
      throw new Error('it is open; close it, or retry the task and merge it');
    }
    if (effect.kind === 'credential') {
      return revokeReportingCredential(effect.id, {
        auth,
        discovery,
        credentials,
      });
    }
    if (effect.kind === 'location') {
      const location = await catalog.getLocationByRef(`url:${effect.target}`, {
        credentials,
      });
      if (!location) {
        return false;
      }
      await catalog.removeLocationById(location.id, {
        credentials: await removalCredentials(effect.target),
      });
      return true;
    }
    switch (await stands(effect)) {
      case 'gone':
        return false;
      case 'own':
        await host.remove(effect.slug, credentials);
        return true;
      default:
        throw new Error('it is not one this task has just made');
    }
  }

  const undone: string[] = [];
  const left: string[] = [];
  for (const effect of [...effects].reverse()) {
    const what = describeEffect(effect);
    try {
      const done = await audited(
        auditor,
        'golden-path-undo',
        { task, user: userRef ?? '', kind: effect.kind, what },
        () => undo(effect),
      );
      await onUndone?.(effect);
      if (done) {
        logger.info(`Removed the ${what}`);
        undone.push(what);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.error(`Could not remove the ${what}: ${reason}`);
      left.push(`${what}: ${reason}`);
    }
  }
  return { undone, left };
}
