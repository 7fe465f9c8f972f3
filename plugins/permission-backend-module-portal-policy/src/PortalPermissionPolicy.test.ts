import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { ConfigReader } from '@backstage/config';
import { permissionRules } from '@backstage/plugin-catalog-backend/alpha';
import { catalogPermissions } from '@backstage/plugin-catalog-common/alpha';
import {
  AuthorizeResult,
  createPermission,
  Permission,
  PermissionCondition,
  PermissionCriteria,
} from '@backstage/plugin-permission-common';
import { scaffolderPermissions } from '@backstage/plugin-scaffolder-common/alpha';
import { doraPermissions } from '@pavedroad/plugin-dora-common';
import { gitPermissions } from '@pavedroad/plugin-git-common';
import { oncallPermissions } from '@pavedroad/plugin-oncall-common';
import { PortalPermissionPolicy } from './PortalPermissionPolicy';
import { portalRules } from './rules';

const policy = PortalPermissionPolicy.fromConfig(
  mockServices.rootConfig({
    data: { portal: { administrators: ['group:default/platform'] } },
  }),
);

const people = {
  developer: ['user:default/ines.duarte', 'group:default/payments'],
  manager: [
    'user:default/marcus.weber',
    'group:default/shopping',
    'group:default/fernhill',
  ],
  administrator: ['user:default/priya.raman', 'group:default/platform'],
};
type Person = keyof typeof people;

function asUser(person: Person) {
  const ownershipEntityRefs = people[person];
  const userEntityRef = ownershipEntityRefs[0];
  return {
    credentials: mockCredentials.user(userEntityRef),
    info: { userEntityRef, ownershipEntityRefs },
  };
}

const everyPermission: Permission[] = [
  ...catalogPermissions,
  ...scaffolderPermissions,
  ...gitPermissions,
  ...doraPermissions,
  ...oncallPermissions,
];
const named = (name: string): Permission => {
  const permission = everyPermission.find(candidate => candidate.name === name);
  if (!permission) {
    throw new Error(`No plugin has the permission ${name}`);
  }
  return permission;
};

const { ALLOW, DENY, CONDITIONAL } = AuthorizeResult;

/** Whether conditions hold of an entity, by the catalog's own rules. */
function holds(
  criteria: PermissionCriteria<PermissionCondition>,
  entity: Entity,
): boolean {
  if ('not' in criteria) {
    return !holds(criteria.not, entity);
  }
  if ('anyOf' in criteria) {
    return criteria.anyOf.some(part => holds(part, entity));
  }
  if ('allOf' in criteria) {
    return criteria.allOf.every(part => holds(part, entity));
  }
  const rule = Object.values(permissionRules).find(
    candidate => candidate.name === criteria.rule,
  );
  if (!rule) {
    throw new Error(`The catalog has no rule ${criteria.rule}`);
  }
  return rule.apply(entity, criteria.params as never);
}

describe('PortalPermissionPolicy', () => {
  it.each`
    permission                              | developer      | manager        | administrator
    ${'catalog.entity.read'}                | ${CONDITIONAL} | ${CONDITIONAL} | ${ALLOW}
    ${'catalog.entity.create'}              | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'catalog.entity.refresh'}             | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'catalog.entity.validate'}            | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'catalog.entity.delete'}              | ${CONDITIONAL} | ${CONDITIONAL} | ${ALLOW}
    ${'catalog.location.read'}              | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'catalog.location.create'}            | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'catalog.location.analyze'}           | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'catalog.location.delete'}            | ${DENY}        | ${DENY}        | ${ALLOW}
    ${'catalog.ingestion.read'}             | ${DENY}        | ${DENY}        | ${ALLOW}
    ${'catalog.ingestion.manage'}           | ${DENY}        | ${DENY}        | ${ALLOW}
    ${'scaffolder.template.parameter.read'} | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'scaffolder.template.step.read'}      | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'scaffolder.action.execute'}          | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'scaffolder.task.create'}             | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'scaffolder.task.read'}               | ${CONDITIONAL} | ${CONDITIONAL} | ${ALLOW}
    ${'scaffolder.task.cancel'}             | ${CONDITIONAL} | ${CONDITIONAL} | ${ALLOW}
    ${'scaffolder.template.dry-run'}        | ${DENY}        | ${DENY}        | ${ALLOW}
    ${'scaffolder.template.management'}     | ${DENY}        | ${DENY}        | ${ALLOW}
    ${'git.repository.read'}                | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'git.repository.create'}              | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'git.repository.push'}                | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'git.repository.delete'}              | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'git.pull.create'}                    | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'git.pull.merge'}                     | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'git.token.create'}                   | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'dora.metrics.read'}                  | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'dora.failures.attribute'}            | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'dora.events.ingest'}                 | ${DENY}        | ${DENY}        | ${ALLOW}
    ${'oncall.schedule.read'}               | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'oncall.override.create'}             | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
    ${'oncall.override.delete'}             | ${ALLOW}       | ${ALLOW}       | ${ALLOW}
  `('$permission', async ({ permission, ...expected }) => {
    const decisions: Record<string, string> = {};
    for (const person of Object.keys(people) as Person[]) {
      const decision = await policy.handle(
        { permission: named(permission) },
        asUser(person),
      );
      decisions[person] = decision.result;
    }
    expect(decisions).toEqual(expected);
  });

  it('knows every permission of the plugins, and none besides', () => {
    expect(Object.keys(portalRules).sort()).toEqual(
      everyPermission.map(({ name }) => name).sort(),
    );
  });

  it.each(everyPermission.map(permission => [permission.name, permission]))(
    'denies %s to nobody in particular',
    async (_, permission) => {
      await expect(
        policy.handle({ permission: permission as Permission }, undefined),
      ).resolves.toEqual({ result: DENY });
    },
  );

  it.each(['kubernetes.proxy', 'constructor', 'toString'])(
    'denies the unknown permission %s to administrators too',
    async name => {
      await expect(
        policy.handle(
          { permission: createPermission({ name, attributes: {} }) },
          asUser('administrator'),
        ),
      ).resolves.toEqual({ result: DENY });
    },
  );

  it('lets owners delete: the decision asks for ownership by any of their claims', async () => {
    await expect(
      policy.handle(
        { permission: named('catalog.entity.delete') },
        asUser('manager'),
      ),
    ).resolves.toEqual({
      result: CONDITIONAL,
      pluginId: 'catalog',
      resourceType: 'catalog-entity',
      conditions: {
        rule: 'IS_ENTITY_OWNER',
        resourceType: 'catalog-entity',
        params: { claims: people.manager },
      },
    });
  });

  it.each<[string, object, Partial<Record<Person, boolean>>]>([
    ['a component', { kind: 'Component' }, {}],
    [
      'a component that calls itself a draft',
      { kind: 'Component', annotations: { 'pavedroad.dev/channel': 'draft' } },
      {},
    ],
    ['a template that says nothing', {}, {}],
    [
      'a stable template',
      { annotations: { 'pavedroad.dev/channel': 'stable' } },
      {},
    ],
    [
      'a draft of the developer’s group',
      {
        annotations: { 'pavedroad.dev/channel': 'draft' },
        owner: 'group:default/payments',
      },
      { manager: false },
    ],
    [
      'a draft of others',
      { annotations: { 'pavedroad.dev/channel': 'draft' } },
      { developer: false, manager: false },
    ],
    [
      'a template for its owners',
      {
        annotations: {
          'pavedroad.dev/channel': 'beta',
          'pavedroad.dev/audience': 'owners',
        },
      },
      { developer: false, manager: false },
    ],
  ])('shows %s', async (_, parts, others) => {
    const { kind, annotations, owner } = {
      kind: 'Template',
      annotations: {},
      owner: 'group:default/platform',
      ...parts,
    };
    const entity = {
      apiVersion: 'backstage.io/v1alpha1',
      kind,
      metadata: { name: 'x', annotations },
      relations: [{ type: 'ownedBy', targetRef: owner }],
    };
    const seen: Record<string, boolean> = {};
    for (const person of Object.keys(people) as Person[]) {
      const decision = await policy.handle(
        { permission: named('catalog.entity.read') },
        asUser(person),
      );
      seen[person] =
        decision.result === CONDITIONAL
          ? holds(decision.conditions, entity)
          : decision.result === ALLOW;
    }
    expect(seen).toEqual({
      developer: true,
      manager: true,
      administrator: true,
      ...others,
    });
  });

  it('lets people see the tasks they started, and nobody else’s', async () => {
    await expect(
      policy.handle(
        { permission: named('scaffolder.task.read') },
        asUser('developer'),
      ),
    ).resolves.toEqual({
      result: CONDITIONAL,
      pluginId: 'scaffolder',
      resourceType: 'scaffolder-task',
      conditions: {
        rule: 'IS_TASK_OWNER',
        resourceType: 'scaffolder-task',
        params: { createdBy: ['user:default/ines.duarte'] },
      },
    });
  });

  it('denies a rule by owner to a permission that claims the name without the resource', async () => {
    await expect(
      policy.handle(
        {
          permission: createPermission({
            name: 'catalog.entity.delete',
            attributes: { action: 'delete' },
          }),
        },
        asUser('developer'),
      ),
    ).resolves.toEqual({ result: DENY });
  });

  it('has no administrators unless somebody names them', async () => {
    await expect(
      PortalPermissionPolicy.fromConfig(new ConfigReader({})).handle(
        { permission: named('catalog.location.delete') },
        asUser('administrator'),
      ),
    ).resolves.toEqual({ result: DENY });
  });

  it('takes a person as administrator, written in any case', async () => {
    const byPerson = PortalPermissionPolicy.fromConfig(
      new ConfigReader({
        portal: { administrators: ['User:default/Ines.Duarte'] },
      }),
    );
    await expect(
      byPerson.handle(
        { permission: named('catalog.location.delete') },
        asUser('developer'),
      ),
    ).resolves.toEqual({ result: ALLOW });
  });

  it('refuses administrators that are no entity refs', () => {
    expect(() =>
      PortalPermissionPolicy.fromConfig(
        new ConfigReader({ portal: { administrators: ['platform'] } }),
      ),
    ).toThrow(/platform/);
  });
});
