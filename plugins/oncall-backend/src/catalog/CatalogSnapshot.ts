import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
import {
  checkOnCallSchedule,
  fullRef,
  ON_CALL_SCHEDULE_KIND,
  SAMPLE_DATA_ANNOTATION,
  type OnCallContact,
} from '@pavedroad/plugin-oncall-common';

import type { ScheduleDefinition } from '../store/OnCallStore';

/** The kinds of entity a schedule can answer for; services are the first of them. */
export const SERVICE_KINDS = ['Component'];
/** Every kind the search looks at, schedules aside. */
export const DIRECTORY_KINDS = [
  'Component',
  'System',
  'Domain',
  'API',
  'Resource',
  'Group',
  'User',
];

/** What on-call needs to know of an entity. */
export type DirectoryEntity = {
  ref: string;
  entity: Entity;
  title: string;
  /** Full ref of the owner, if it names one. */
  ownerRef?: string;
  /** Full ref of a group's parent group. */
  parentRef?: string;
};

/** The part of the catalog that on-call looks at, at one moment. */
export type CatalogSnapshot = {
  entities: Map<string, DirectoryEntity>;
  services: DirectoryEntity[];
  contacts: Map<string, OnCallContact>;
  /** Refs of users by their e-mail address in lower case. */
  usersByEmail: Map<string, string>;
  /** Refs of the users that belong to each group directly, by the group's ref; no entry for a group without any. */
  members: Map<string, Set<string>>;
  schedules: ScheduleDefinition[];
  /** The schedules as the catalog has them, readable or not, by their refs. */
  scheduleEntities: Map<string, Entity>;
  /** Refs of the schedules that belong to the sample organisation. */
  sampleSchedules: Set<string>;
  /** Schedules of the catalog that cannot be read, with the reason. */
  invalid: { scheduleRef: string; problem: string }[];
};

/** Arranges entities for the search. Pure. */
export function buildSnapshot(entities: Entity[]): CatalogSnapshot {
  const snapshot: CatalogSnapshot = {
    entities: new Map(),
    services: [],
    contacts: new Map(),
    usersByEmail: new Map(),
    members: new Map(),
    schedules: [],
    scheduleEntities: new Map(),
    sampleSchedules: new Set(),
    invalid: [],
  };
  for (const entity of entities) {
    if (entity.kind === ON_CALL_SCHEDULE_KIND) {
      addSchedule(snapshot, entity);
      continue;
    }
    const described = describeEntity(entity);
    snapshot.entities.set(described.ref, described);
    if (SERVICE_KINDS.includes(entity.kind)) {
      snapshot.services.push(described);
    }
    addMembers(snapshot, entity, described.ref);
    if (entity.kind === 'User') {
      const contact = contactOf(entity);
      snapshot.contacts.set(contact.ref, contact);
      if (contact.email) {
        snapshot.usersByEmail.set(
          contact.email.toLocaleLowerCase('en-US'),
          contact.ref,
        );
      }
    }
  }
  return snapshot;
}

/** Reads the refs of an entity. Pure. */
export function describeEntity(entity: Entity): DirectoryEntity {
  const namespace = entity.metadata.namespace ?? 'default';
  const group = { kind: 'group', namespace };
  const ownerRef = fullRef(entity.spec?.owner, group);
  const parentRef =
    entity.kind === 'Group' ? fullRef(entity.spec?.parent, group) : undefined;
  return {
    ref: stringifyEntityRef(entity),
    entity,
    title: titleOf(entity),
    ...(ownerRef ? { ownerRef } : {}),
    ...(parentRef ? { parentRef } : {}),
  };
}

/** A membership may be written down with the user, with the group, or with both. */
function addMembers(snapshot: CatalogSnapshot, entity: Entity, ref: string) {
  const namespace = entity.metadata.namespace ?? 'default';
  const add = (group: string | undefined, user: string | undefined) => {
    if (group?.startsWith('group:') && user?.startsWith('user:')) {
      const users = snapshot.members.get(group) ?? new Set();
      snapshot.members.set(group, users);
      users.add(user);
    }
  };
  if (entity.kind === 'User' && Array.isArray(entity.spec?.memberOf)) {
    for (const group of entity.spec.memberOf) {
      add(fullRef(group, { kind: 'group', namespace }), ref);
    }
  }
  if (entity.kind === 'Group' && Array.isArray(entity.spec?.members)) {
    for (const user of entity.spec.members) {
      add(ref, fullRef(user, { kind: 'user', namespace }));
    }
  }
}

function addSchedule(snapshot: CatalogSnapshot, entity: Entity) {
  const namespace = entity.metadata.namespace ?? 'default';
  const scheduleRef = stringifyEntityRef(entity);
  snapshot.scheduleEntities.set(scheduleRef, entity);
  if (entity.metadata.annotations?.[SAMPLE_DATA_ANNOTATION] === 'true') {
    snapshot.sampleSchedules.add(scheduleRef);
  }
  const ownerRef = fullRef(entity.spec?.owner, { kind: 'group', namespace });
  const { schedule, problems } = checkOnCallSchedule(entity.spec, {
    defaultNamespace: namespace,
  });
  if (!schedule || !ownerRef) {
    snapshot.invalid.push({
      scheduleRef,
      problem:
        problems.map(p => `spec.${p.path}: ${p.message}`).join('; ') ||
        'spec.owner: must be a group',
    });
    return;
  }
  snapshot.schedules.push({
    scheduleRef,
    title: titleOf(entity),
    ownerRef,
    schedule,
  });
}

/** How to reach a user, from the user's entity. Links that are not plain addresses are left out. Pure. */
export function contactOf(entity: Entity): OnCallContact {
  const profile = (entity.spec?.profile ?? {}) as {
    displayName?: unknown;
    email?: unknown;
    picture?: unknown;
  };
  const picture = text(profile.picture);
  const email = text(profile.email);
  return {
    ref: stringifyEntityRef(entity),
    displayName:
      text(profile.displayName) ??
      entity.metadata.title ??
      entity.metadata.name,
    known: true,
    ...(email && /^[^\s@]+@[^\s@]+$/.test(email) ? { email } : {}),
    ...(picture && /^https?:\/\//i.test(picture) ? { picture } : {}),
    links: (entity.metadata.links ?? [])
      .filter(link =>
        /^(https?:\/\/|mailto:|tel:|sms:|slack:|msteams:|xmpp:|sip:)/i.test(
          link.url,
        ),
      )
      .map(link => ({
        url: link.url,
        title: link.title ?? link.url,
        ...(link.type ? { type: link.type } : {}),
      })),
  };
}

/** How to reach somebody on call; a stub, with the provider's name of them, for those the catalog does not know. Pure. */
export function contactFor(
  snapshot: CatalogSnapshot,
  person: string,
  names: Record<string, string> = {},
): OnCallContact {
  if (person.startsWith('mailto:')) {
    const email = person.slice('mailto:'.length);
    const ref = snapshot.usersByEmail.get(email.toLocaleLowerCase('en-US'));
    const user = ref && snapshot.contacts.get(ref);
    return (
      user || {
        ref: person,
        displayName: email,
        known: false,
        email,
        links: [],
      }
    );
  }
  return (
    snapshot.contacts.get(person) ?? {
      ref: person,
      displayName: Object.hasOwn(names, person)
        ? names[person]
        : person.slice(person.lastIndexOf('/') + 1),
      known: false,
      links: [],
    }
  );
}

function titleOf(entity: Entity): string {
  const profile = entity.spec?.profile as { displayName?: unknown } | undefined;
  return (
    entity.metadata.title ?? text(profile?.displayName) ?? entity.metadata.name
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
