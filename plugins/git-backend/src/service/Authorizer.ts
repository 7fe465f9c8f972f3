import { PermissionsService } from '@backstage/backend-plugin-api';
import { AuthenticationError, NotAllowedError } from '@backstage/errors';
import {
  AuthorizeResult,
  BasicPermission,
} from '@backstage/plugin-permission-common';
import {
  gitPullCreatePermission,
  gitPullMergePermission,
  gitRepositoryCreatePermission,
  gitRepositoryDeletePermission,
  gitRepositoryPushPermission,
  gitRepositoryReadPermission,
  gitTokenCreatePermission,
  RepositoryViewer,
  TokenScope,
} from '@pavedroad/plugin-git-common';
import { RepositoryRow } from '../store/GitStore';
import { Actor } from './actors';
import { Directory } from './Directory';

/** How long the one who created a repository may take it back. */
const CREATOR_DELETE_MS = 24 * 60 * 60 * 1000;

/**
 * Decides who may do what. Everything is denied unless both say yes: the
 * portal's permission policy, and, for writes, ownership: members of the
 * owning group or of a group below it, administrators, and services whose
 * token has access to this plugin.
 *
 * An access token stands for its user without a session, so the policy cannot
 * be asked on each use. It was asked when the token was made; the token's
 * scopes carry the answer, and membership is looked up afresh.
 */
export class Authorizer {
  readonly #permissions: PermissionsService;
  readonly #directory: Directory;
  readonly #administrators: Set<string>;
  readonly #anonymousRead: boolean;
  readonly #now: () => Date;

  constructor(options: {
    permissions: PermissionsService;
    directory: Directory;
    administrators: string[];
    anonymousRead: boolean;
    now?: () => Date;
  }) {
    this.#permissions = options.permissions;
    this.#directory = options.directory;
    this.#administrators = new Set(options.administrators);
    this.#anonymousRead = options.anonymousRead;
    this.#now = options.now ?? (() => new Date());
  }

  /** Refuses callers who may not read repositories. */
  async requireRead(actor: Actor): Promise<void> {
    if (actor.type === 'anonymous') {
      if (!this.#anonymousRead) {
        throw new AuthenticationError('Reading needs credentials');
      }
      return;
    }
    if (!(await this.#allowed(actor, gitRepositoryReadPermission, 'read'))) {
      throw new NotAllowedError('You may not read repositories');
    }
    if (
      actor.type === 'token' &&
      (await this.#directory.membership(actor)).size === 0
    ) {
      throw new NotAllowedError(
        'The user of this access token is not in the catalog',
      );
    }
  }

  /**
   * Refuses callers who may not create a repository for this owner, and owners
   * that are no Group of the catalog. Groups that the configuration names as
   * administrators count as known, since the portal's own repository comes
   * before the catalog has read anything.
   */
  async requireCreate(actor: Actor, owner: string): Promise<void> {
    await this.#requireWrite(
      actor,
      owner,
      gitRepositoryCreatePermission,
      `create repositories for '${owner}'`,
    );
  }

  /** Whether the owner is a Group that repositories may belong to. */
  async isOwner(owner: string): Promise<boolean> {
    return (
      this.#administrators.has(`group:default/${owner.toLowerCase()}`) ||
      (await this.#directory.isGroup(owner))
    );
  }

  async requirePush(actor: Actor, repository: RepositoryRow): Promise<void> {
    await this.#requireWrite(
      actor,
      repository.owner,
      gitRepositoryPushPermission,
      `push to '${repository.owner}/${repository.name}'`,
    );
  }

  async requirePullCreate(
    actor: Actor,
    repository: RepositoryRow,
  ): Promise<void> {
    await this.#requireWrite(
      actor,
      repository.owner,
      gitPullCreatePermission,
      `open or change pull requests of '${repository.owner}/${repository.name}'`,
    );
  }

  async requirePullMerge(
    actor: Actor,
    repository: RepositoryRow,
  ): Promise<void> {
    await this.#requireWrite(
      actor,
      repository.owner,
      gitPullMergePermission,
      `merge pull requests of '${repository.owner}/${repository.name}'`,
    );
  }

  /**
   * Deleting loses history, so ownership is not enough: administrators may,
   * and whoever created the repository within a day, which is what a template
   * run needs to clean up after itself.
   */
  async requireDelete(actor: Actor, repository: RepositoryRow): Promise<void> {
    if (actor.type === 'anonymous') {
      throw new AuthenticationError('Deleting a repository needs credentials');
    }
    if (!(await this.#mayDelete(actor, repository))) {
      throw new NotAllowedError(
        'Only administrators, and within a day whoever created it, may delete a repository',
      );
    }
  }

  /** Refuses everybody but a signed-in user whom the policy lets have tokens with these scopes. */
  async requireTokenCreate(
    actor: Actor,
    scopes: TokenScope[],
  ): Promise<Extract<Actor, { type: 'user' }>> {
    const user = this.requireUser(actor);
    const needed: BasicPermission[] = [
      gitTokenCreatePermission,
      gitRepositoryReadPermission,
      ...(scopes.includes('write')
        ? [
            gitRepositoryCreatePermission,
            gitRepositoryPushPermission,
            gitPullCreatePermission,
            gitPullMergePermission,
          ]
        : []),
    ];
    for (const permission of needed) {
      if (!(await this.#allowed(user, permission, 'write'))) {
        throw new NotAllowedError(
          `You may not have an access token that includes '${permission.name}'`,
        );
      }
    }
    return user;
  }

  /** Refuses everybody but a user who is signed in to the portal. */
  requireUser(actor: Actor): Extract<Actor, { type: 'user' }> {
    if (actor.type === 'anonymous') {
      throw new AuthenticationError('Access tokens are for signed-in users');
    }
    if (actor.type !== 'user') {
      throw new NotAllowedError(
        'Access tokens are managed by their users, signed in to the portal',
      );
    }
    return actor;
  }

  async isAdministrator(actor: Actor): Promise<boolean> {
    const refs = await this.#directory.membership(actor);
    return [...refs].some(ref => this.#administrators.has(ref));
  }

  /** What the caller may do, for screens; routes decide for themselves. */
  async viewer(
    actor: Actor,
    repository: RepositoryRow,
  ): Promise<RepositoryViewer> {
    const owns = await this.#owns(actor, repository.owner);
    const may = async (permission: BasicPermission) =>
      owns && (await this.#allowed(actor, permission, 'write'));
    return {
      canPush: await may(gitRepositoryPushPermission),
      canOpenPull: await may(gitPullCreatePermission),
      canMerge: await may(gitPullMergePermission),
      canDelete: await this.#mayDelete(actor, repository),
    };
  }

  async #mayDelete(actor: Actor, repository: RepositoryRow): Promise<boolean> {
    // An access token, which may lie about on a laptop, never deletes.
    if (actor.type !== 'user' && actor.type !== 'service') {
      return false;
    }
    if (!(await this.#allowed(actor, gitRepositoryDeletePermission, 'write'))) {
      return false;
    }
    const age = this.#now().getTime() - repository.createdAt.getTime();
    return (
      (repository.createdBy === actor.ref && age < CREATOR_DELETE_MS) ||
      (await this.isAdministrator(actor))
    );
  }

  async #requireWrite(
    actor: Actor,
    owner: string,
    permission: BasicPermission,
    what: string,
  ): Promise<void> {
    if (actor.type === 'anonymous') {
      throw new AuthenticationError(`To ${what} you need credentials`);
    }
    if (!(await this.#allowed(actor, permission, 'write'))) {
      throw new NotAllowedError(
        actor.type === 'token'
          ? `This access token may not ${what}: it was made for reading only`
          : `You may not ${what}`,
      );
    }
    if (!(await this.#owns(actor, owner))) {
      throw new NotAllowedError(
        `Only members of the group '${owner}' and administrators may ${what}`,
      );
    }
  }

  async #owns(actor: Actor, owner: string): Promise<boolean> {
    if (actor.type === 'service') {
      return true;
    }
    const refs = await this.#directory.membership(actor);
    return (
      refs.has(`group:default/${owner.toLowerCase()}`) ||
      (await this.isAdministrator(actor))
    );
  }

  async #allowed(
    actor: Actor,
    permission: BasicPermission,
    scope: TokenScope,
  ): Promise<boolean> {
    if (actor.type === 'anonymous') {
      return false;
    }
    if (actor.type === 'token') {
      // Whoever may write may read as well.
      return actor.scopes.includes(scope) || actor.scopes.includes('write');
    }
    const [decision] = await this.#permissions.authorize([{ permission }], {
      credentials: actor.credentials,
    });
    return decision.result === AuthorizeResult.ALLOW;
  }
}
