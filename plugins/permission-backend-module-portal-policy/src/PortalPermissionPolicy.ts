import { Config } from '@backstage/config';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import {
  catalogConditions,
  createCatalogConditionalDecision,
} from '@backstage/plugin-catalog-backend/alpha';
import { RESOURCE_TYPE_CATALOG_ENTITY } from '@backstage/plugin-catalog-common/alpha';
import {
  AuthorizeResult,
  isResourcePermission,
  Permission,
  PolicyDecision,
} from '@backstage/plugin-permission-common';
import {
  PermissionPolicy,
  PolicyQuery,
  PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import { PortalRule, portalRules } from './rules';

const ALLOW: PolicyDecision = { result: AuthorizeResult.ALLOW };
const DENY: PolicyDecision = { result: AuthorizeResult.DENY };

/**
 * Decides who may do what in the portal: deny by default, one table of permissions (see `rules.ts`).
 *
 * Service principals never get here, Backstage lets them pass; their tokens are limited by `accessRestrictions`.
 */
export class PortalPermissionPolicy implements PermissionPolicy {
  private readonly administrators: ReadonlySet<string>;
  private readonly rules: Readonly<Record<string, PortalRule>>;

  private constructor(
    administrators: ReadonlySet<string>,
    rules: Readonly<Record<string, PortalRule>>,
  ) {
    this.administrators = administrators;
    this.rules = rules;
  }

  /**
   * Reads `portal.administrators`, a list of User and Group entity refs.
   *
   * @throws if an entry is not an entity ref
   */
  static fromConfig(config: Config): PortalPermissionPolicy {
    const refs = config.getOptionalStringArray('portal.administrators') ?? [];
    return new PortalPermissionPolicy(
      new Set(refs.map(ref => stringifyEntityRef(parseEntityRef(ref)))),
      portalRules,
    );
  }

  async handle(
    { permission }: PolicyQuery,
    user?: PolicyQueryUser,
  ): Promise<PolicyDecision> {
    const rule = Object.hasOwn(this.rules, permission.name)
      ? this.rules[permission.name]
      : undefined;
    if (!user || !rule) {
      return DENY;
    }
    if (rule === 'signed-in') {
      return ALLOW;
    }
    const { userEntityRef, ownershipEntityRefs } = user.info;
    if (
      [userEntityRef, ...ownershipEntityRefs].some(ref =>
        this.administrators.has(ref),
      )
    ) {
      return ALLOW;
    }
    switch (rule) {
      case 'published':
        return publishedEntity(permission, ownershipEntityRefs);
      case 'owner':
        return ownedEntity(permission, ownershipEntityRefs);
      case 'creator':
        return ownTask(permission, userEntityRef);
      default:
        return DENY;
    }
  }
}

/** Everything in the catalog but the templates that are not for others yet, or at all. */
function publishedEntity(
  permission: Permission,
  claims: string[],
): PolicyDecision {
  if (!isResourcePermission(permission, RESOURCE_TYPE_CATALOG_ENTITY)) {
    return DENY;
  }
  return createCatalogConditionalDecision(permission, {
    anyOf: [
      { not: catalogConditions.isEntityKind({ kinds: ['template'] }) },
      {
        not: {
          anyOf: [
            catalogConditions.hasAnnotation({
              annotation: 'pavedroad.dev/channel',
              value: 'draft',
            }),
            catalogConditions.hasAnnotation({
              annotation: 'pavedroad.dev/audience',
              value: 'owners',
            }),
          ],
        },
      },
      catalogConditions.isEntityOwner({ claims }),
    ],
  });
}

function ownedEntity(permission: Permission, claims: string[]): PolicyDecision {
  if (!isResourcePermission(permission, RESOURCE_TYPE_CATALOG_ENTITY)) {
    return DENY;
  }
  return createCatalogConditionalDecision(
    permission,
    catalogConditions.isEntityOwner({ claims }),
  );
}

// Written out rather than imported: the helper lives in the scaffolder's back end, which is far too much to load for one
// condition.
function ownTask(
  permission: Permission,
  userEntityRef: string,
): PolicyDecision {
  if (!isResourcePermission(permission, 'scaffolder-task')) {
    return DENY;
  }
  return {
    result: AuthorizeResult.CONDITIONAL,
    pluginId: 'scaffolder',
    resourceType: 'scaffolder-task',
    conditions: {
      rule: 'IS_TASK_OWNER',
      resourceType: 'scaffolder-task',
      params: { createdBy: [userEntityRef] },
    },
  };
}
