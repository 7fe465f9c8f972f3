import { peopleNamed } from '@pavedroad/plugin-oncall-common';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import { contactFor, type CatalogSnapshot } from '../catalog/CatalogSnapshot';
import { answersFor } from '../service/groups';
import type { InForce, ScheduleStates } from '../service/ScheduleStates';
import {
  indexNames,
  NameView,
  type NameIndex,
  type Scope,
  type Scopes,
} from './NameView';

/** How many views are kept: with each goes the text of what it shows of everybody, which is some megabytes in a large organisation. */
const VIEWS = 32;

/** Somebody who looks at an answer. */
export type Onlooker = {
  /** The user's ref; undefined for who is not known. */
  name: string | undefined;
  /** Refs of the user and the groups the user belongs to. */
  ownershipRefs: string[];
};

/**
 * Says whose names somebody may see. They may see those of a schedule when they belong to the group that owns it, to one below or above it, or
 * are named in it themselves. Administrators and services see all.
 */
export class NamePrivacy {
  /** The views in use, good as long as neither catalog nor schedules are others. */
  #views:
    | {
        snapshot: CatalogSnapshot;
        present: InForce;
        byOnlooker: Map<string, NameView>;
      }
    | undefined;

  constructor(
    private readonly parts: {
      /** When names are hidden at all. */
      enabled: boolean;
      secret: Buffer;
      administrators: string[];
      directory: Pick<CatalogDirectory, 'snapshot'>;
      states: Pick<ScheduleStates, 'present'>;
    },
  ) {}

  get enabled(): boolean {
    return this.parts.enabled;
  }

  /** The view of somebody, or undefined for those who see every name. */
  async viewOf(onlooker: Onlooker): Promise<NameView | undefined> {
    const { administrators, directory, enabled, secret, states } = this.parts;
    if (
      !enabled ||
      onlooker.ownershipRefs.some(ref => administrators.includes(ref))
    ) {
      return undefined;
    }
    const snapshot = await directory.snapshot();
    const present = await states.present();
    if (this.#views?.snapshot !== snapshot || this.#views.present !== present) {
      this.#views = { snapshot, present, byOnlooker: new Map() };
    }
    const { byOnlooker } = this.#views;
    const key = JSON.stringify([
      onlooker.name,
      [...onlooker.ownershipRefs].sort(),
    ]);
    const view =
      byOnlooker.get(key) ??
      new NameView({
        secret,
        self: onlooker.name,
        scopes: scopesFor(onlooker, snapshot, present),
      });
    // Those who asked last are kept.
    byOnlooker.delete(key);
    byOnlooker.set(key, view);
    if (byOnlooker.size > VIEWS) {
      byOnlooker.delete(byOnlooker.keys().next().value!);
    }
    return view;
  }

  /** As `viewOf`, for a user who does not ask in person: with the groups the catalog knows. */
  async viewOfUser(userRef: string): Promise<NameView | undefined> {
    if (!this.parts.enabled) {
      return undefined;
    }
    const { members } = await this.parts.directory.snapshot();
    const groups = [...members]
      .filter(([, users]) => users.has(userRef))
      .map(([group]) => group);
    return await this.viewOf({
      name: userRef,
      ownershipRefs: [userRef, ...groups],
    });
  }
}

function scopesFor(
  { name, ownershipRefs }: Onlooker,
  snapshot: CatalogSnapshot,
  present: InForce,
): Scopes {
  const answers = (group: string) => answersFor(snapshot, ownershipRefs, group);
  const peopleOf = (refs: Iterable<string>) => {
    const people = new Set<string>();
    for (const ref of refs) {
      const state = present.get(ref);
      if (state) {
        peopleNamed(
          state.schedule,
          nested => present.get(nested)?.schedule,
        ).forEach(person => people.add(person));
      }
    }
    return people;
  };
  const namesOf = (refs: () => Iterable<string>) => {
    let names: NameIndex | undefined;
    return () => {
      names ??= indexNames(
        [...peopleOf(refs())].map(ref => contactFor(snapshot, ref).displayName),
      );
      return names;
    };
  };
  const everybody = namesOf(() => present.keys());
  const cache = new Map<string, Scope>();
  const cached = (key: string, make: () => Omit<Scope, 'key'>) => {
    let scope = cache.get(key);
    if (!scope) {
      scope = { key, ...make() };
      cache.set(key, scope);
    }
    return scope;
  };
  const ofSchedules = (refs: string[]) =>
    cached([...refs].sort().join(' '), () => ({
      title:
        refs.length === 1
          ? present.get(refs[0])?.version.title ?? 'a schedule'
          : 'several schedules',
      open: refs.every(ref => {
        const state = present.get(ref);
        return (
          state !== undefined &&
          (answers(state.version.ownerRef) ||
            (name !== undefined && peopleOf([ref]).has(name)))
        );
      }),
      // Somebody from elsewhere may be spoken of as well: who is also on call on another schedule, for example.
      names: everybody,
    }));
  return {
    ofSchedules,
    ofEntity: ref =>
      ref.startsWith('oncallschedule:')
        ? ofSchedules([ref])
        : cached(ref, () => {
            const entity = snapshot.entities.get(ref);
            const owner = ref.startsWith('group:') ? ref : entity?.ownerRef;
            return {
              title: entity?.title ?? ref,
              open: owner !== undefined && answers(owner),
              names: everybody,
            };
          }),
    unknown: {
      key: '',
      title: 'a schedule',
      open: false,
      names: everybody,
    },
  };
}
