import {
  AuthService,
  BackstageCredentials,
  PermissionsService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import { Entity, RELATION_OWNED_BY } from '@backstage/catalog-model';
import { NotAllowedError } from '@backstage/errors';
import {
  AuthorizeResult,
  BasicPermission,
} from '@backstage/plugin-permission-common';
import { doraFailuresAttributePermission } from '@pavedroad/plugin-dora-common';
import { reportingCredentialOf } from '../credentials/reportingToken';

/** Who somebody is, and for whom they may speak. */
export interface Caller {
  /** User entity ref, or the subject of a program. */
  name: string;
  isUser: boolean;
  /** The user and the groups it belongs to; empty for programs. */
  claims: ReadonlySet<string>;
  isAdministrator: boolean;
}

/** Decides what a caller may read and correct: the same for routes and for actions of agents. */
export class CorrectionPolicy {
  static create(options: {
    auth: AuthService;
    userInfo: UserInfoService;
    permissions: PermissionsService;
    /** Entity refs of `portal.administrators`. */
    administrators: string[];
  }): CorrectionPolicy {
    return new CorrectionPolicy(
      options.auth,
      options.userInfo,
      options.permissions,
      options.administrators,
    );
  }

  private constructor(
    private readonly auth: AuthService,
    private readonly userInfo: UserInfoService,
    private readonly permissions: PermissionsService,
    private readonly administrators: string[],
  ) {}

  /** @throws NotAllowedError without the permission */
  async require(
    credentials: BackstageCredentials,
    permission: BasicPermission,
  ): Promise<void> {
    if (!(await this.has(credentials, permission))) {
      throw new NotAllowedError(`Not allowed: ${permission.name}`);
    }
  }

  private async has(
    credentials: BackstageCredentials,
    permission: BasicPermission,
  ): Promise<boolean> {
    if (reportingCredentialOf(this.auth, credentials) !== undefined) {
      return false;
    }
    const [decision] = await this.permissions.authorize([{ permission }], {
      credentials,
    });
    return decision.result === AuthorizeResult.ALLOW;
  }

  async callerOf(credentials: BackstageCredentials): Promise<Caller> {
    if (this.auth.isPrincipal(credentials, 'user')) {
      const { userEntityRef, ownershipEntityRefs } =
        await this.userInfo.getUserInfo(credentials);
      const claims = new Set([userEntityRef, ...ownershipEntityRefs]);
      return {
        name: userEntityRef,
        isUser: true,
        claims,
        isAdministrator: this.administrators.some(ref => claims.has(ref)),
      };
    }
    return {
      name: this.auth.isPrincipal(credentials, 'service')
        ? credentials.principal.subject
        : 'unknown',
      isUser: false,
      claims: new Set(),
      isAdministrator: false,
    };
  }

  /**
   * The name under which somebody corrects the failures of a service: its owners, administrators and programs may.
   *
   * @throws NotAllowedError for everybody else
   */
  async requireAuthor(
    credentials: BackstageCredentials,
    entity: Entity,
  ): Promise<string> {
    await this.require(credentials, doraFailuresAttributePermission);
    const caller = await this.callerOf(credentials);
    if (!speaksFor(caller, entity)) {
      throw new NotAllowedError(
        'Only owners of the service and administrators correct its failures',
      );
    }
    return caller.name;
  }

  /** Whether somebody has a permission and is an owner of the entity, an administrator or a program; of no entity the owners are nobody. */
  async owns(
    credentials: BackstageCredentials,
    entity: Entity | undefined,
    permission: BasicPermission,
  ): Promise<boolean> {
    return (
      (await this.has(credentials, permission)) &&
      speaksFor(await this.callerOf(credentials), entity)
    );
  }

  /** Whether {@link requireAuthor} would let somebody through. */
  async mayAttribute(
    credentials: BackstageCredentials,
    entity: Entity,
  ): Promise<boolean> {
    return (await this.corrector(credentials))?.(entity) ?? false;
  }

  /** Tells of many services what {@link mayAttribute} tells of one; undefined for those who correct nothing at all. */
  async corrector(
    credentials: BackstageCredentials,
  ): Promise<((entity: Entity) => boolean) | undefined> {
    if (!(await this.has(credentials, doraFailuresAttributePermission))) {
      return undefined;
    }
    const caller = await this.callerOf(credentials);
    return entity => speaksFor(caller, entity);
  }
}

function speaksFor(caller: Caller, entity: Entity | undefined): boolean {
  return (
    !caller.isUser ||
    caller.isAdministrator ||
    (entity?.relations ?? []).some(
      ({ type, targetRef }) =>
        type === RELATION_OWNED_BY && caller.claims.has(targetRef),
    )
  );
}
