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
import type { Request } from 'express';

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
    return await this.requireOf(
      await this.services.httpAuth.credentials(request, {
        allow: ['user', 'service'],
      }),
      permission,
    );
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
    const subject = auth.isPrincipal(credentials, 'service')
      ? credentials.principal.subject
      : 'unknown';
    return {
      credentials,
      name: `service:${subject}`,
      ownershipRefs: [],
      isUser: false,
    };
  }

  /**
   * Lets through members of a group, administrators, and services, whose tokens name the plugins they may call.
   * @throws NotAllowedError
   */
  requireMember(caller: Caller, groupRef: string): void {
    const allowed = new Set([groupRef, ...this.services.administrators]);
    if (caller.isUser && !caller.ownershipRefs.some(ref => allowed.has(ref))) {
      throw new NotAllowedError(
        `Only members of ${groupRef} and administrators may do this`,
      );
    }
  }
}
