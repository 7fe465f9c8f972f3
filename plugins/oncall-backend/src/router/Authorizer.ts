import type {
  BackstageCredentials,
  HttpAuthService,
  PermissionsService,
  UserInfoService,
  AuthService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import {
  AuthorizeResult,
  type BasicPermission,
} from '@backstage/plugin-permission-common';
import { oncallScheduleProposePermission } from '@pavedroad/plugin-oncall-common';
import type { Request } from 'express';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import { lookedAtBy } from '../privacy/middleware';
import type { NamePrivacy } from '../privacy/NamePrivacy';
import { belongsTo } from '../service/groups';

/** Who calls. */
export type Caller = {
  credentials: BackstageCredentials;
  /** The user's ref, or `service:<subject>`. */
  name: string;
  /** Refs of the user and the groups the user belongs to; empty for a service. */
  ownershipRefs: string[];
  isUser: boolean;
};

/** Asks the permission policy, and narrows writes to owners and administrators. */
export class Authorizer {
  constructor(
    private readonly services: {
      auth: AuthService;
      httpAuth: HttpAuthService;
      permissions: PermissionsService;
      userInfo: UserInfoService;
      /** Which names of an answer the caller may see. */
      privacy: NamePrivacy;
      /** Says which group is below which. */
      directory: Pick<CatalogDirectory, 'snapshot'>;
      /** Refs of users and groups that may change everything. */
      administrators: string[];
    },
  ) {}

  /**
   * The caller, who must hold a permission.
   * @throws AuthenticationError, NotAllowedError
   */
  async require(
    request: Request,
    permission: BasicPermission,
  ): Promise<Caller> {
    const caller = await this.requireOf(
      await this.services.httpAuth.credentials(request, {
        allow: ['user', 'service'],
      }),
      permission,
    );
    await lookedAtBy(request.res, caller, this.services.privacy);
    return caller;
  }

  /**
   * As `require`, for a caller that is known already.
   * @throws NotAllowedError
   */
  async requireOf(
    credentials: BackstageCredentials,
    permission: BasicPermission,
  ): Promise<Caller> {
    const { auth, permissions, userInfo } = this.services;
    const [{ result }] = await permissions.authorize([{ permission }], {
      credentials,
    });
    if (result !== AuthorizeResult.ALLOW) {
      throw new NotAllowedError(
        `You do not have the permission ${permission.name}`,
      );
    }
    if (auth.isPrincipal(credentials, 'user')) {
      const info = await userInfo.getUserInfo(credentials);
      return {
        credentials,
        name: info.userEntityRef,
        ownershipRefs: [info.userEntityRef, ...info.ownershipEntityRefs],
        isUser: true,
      };
    }
    if (!auth.isPrincipal(credentials, 'service')) {
      throw new NotAllowedError('Only users and services may do this');
    }
    return {
      credentials,
      name: `service:${credentials.principal.subject}`,
      ownershipRefs: [],
      isUser: false,
    };
  }

  /**
   * Whether a caller may change what a group owns: its members, members of groups below it, administrators, and services, whose tokens
   * name the plugins they may call.
   */
  async mayChange(caller: Caller): Promise<(groupRef: string) => boolean> {
    if (!caller.isUser || this.isAdministrator(caller)) {
      return () => true;
    }
    const directory = await this.services.directory.snapshot();
    return groupRef => belongsTo(directory, caller.ownershipRefs, groupRef);
  }

  /**
   * Whether a caller may propose a change of the schedules a group owns: users who may change what it owns and hold the permission. Programs
   * open pull requests themselves.
   */
  async mayPropose(caller: Caller): Promise<(groupRef: string) => boolean> {
    if (!caller.isUser) {
      return () => false;
    }
    const [{ result }] = await this.services.permissions.authorize(
      [{ permission: oncallScheduleProposePermission }],
      { credentials: caller.credentials },
    );
    return result === AuthorizeResult.ALLOW
      ? await this.mayChange(caller)
      : () => false;
  }

  /** Whether a user is among those who may change everything. */
  isAdministrator(caller: Caller): boolean {
    return caller.ownershipRefs.some(ref =>
      this.services.administrators.includes(ref),
    );
  }

  /**
   * Lets through whoever may change what a group owns.
   * @throws NotAllowedError
   */
  async requireMember(caller: Caller, groupRef: string): Promise<void> {
    if (!(await this.mayChange(caller))(groupRef)) {
      throw new NotAllowedError(
        `Only members of ${groupRef} and administrators may do this`,
      );
    }
  }
}
