import type {
  BackstageCredentials,
  RootConfigService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';

/** Lower-case full form, so that refs can be compared. */
function normalised(ref: string): string {
  return stringifyEntityRef(parseEntityRef(ref, { defaultKind: 'group' }));
}

/** Who acts, and for which groups they may. */
export type Creator = {
  /** Entity ref of the user; the subject of a service. */
  ref: string;
  /** Whether that is an administrator of the portal, or a service. */
  administrator: boolean;
  /** Whether new services may be made in the name of this Group entity ref. */
  mayCreateFor(groupRef: string): boolean;
};

/**
 * Reads who acts from credentials. Members create for their groups, administrators (`portal.administrators`) for all; a service
 * principal is checked by the restrictions of its token before a task starts.
 */
export async function readCreator(options: {
  credentials: BackstageCredentials;
  userInfo: UserInfoService;
  config: RootConfigService;
}): Promise<Creator> {
  const { credentials, userInfo, config } = options;
  const principal = credentials.principal as {
    type?: string;
    subject?: string;
  };
  if (principal.type === 'service') {
    return {
      ref: principal.subject ?? 'service',
      administrator: true,
      mayCreateFor: () => true,
    };
  }
  const info = await userInfo.getUserInfo(credentials);
  const mine = new Set(
    [info.userEntityRef, ...info.ownershipEntityRefs].map(normalised),
  );
  const administrator = (
    config.getOptionalStringArray('portal.administrators') ?? []
  ).some(ref => mine.has(normalised(ref)));
  return {
    ref: info.userEntityRef,
    administrator,
    mayCreateFor: groupRef => administrator || mine.has(normalised(groupRef)),
  };
}
