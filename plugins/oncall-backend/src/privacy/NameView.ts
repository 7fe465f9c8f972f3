import { createHmac } from 'crypto';

/** Of which schedules or entities something in an answer speaks: names in it are shown to those who may see the names of all of them. */
export type Scope = {
  /** Tells one scope from another; part of what a pseudonym is made of. */
  key: string;
  /** What people call it. */
  title: string;
  /** Whether the names are shown. */
  open: boolean;
  /** Names of people that texts about it may hold, and that are taken out of them. */
  names: () => NameIndex;
};

/** What the filter asks about what an answer speaks of. */
export type Scopes = {
  /** The scope of some schedules, by their refs. */
  ofSchedules(refs: string[]): Scope;
  /** The scope of an entity of the catalog. */
  ofEntity(ref: string): Scope;
  /** Where an answer does not say of what it speaks. */
  unknown: Scope;
};

type Fields = Record<string, unknown>;

const PERSON = /\b(?:user:[a-z0-9_.-]+\/[a-z0-9_.-]+|mailto:[^\s"'<>,;]+)/gi;
/** Fields that hold a reference to a person and nothing else. */
const PERSON_FIELDS = new Set(['person', 'with', 'replaces', 'createdBy']);
/** Fields that people write, or read as words, also when it is a single one. */
const WORDS = new Set([
  'description',
  'details',
  'message',
  'name',
  'problem',
  'reason',
  'text',
  'title',
]);
/** Fields of a person that say nothing of who it is. */
const HARMLESS = new Set(['until', 'override', 'replaces', 'level']);

/**
 * Takes the names out of an answer, wherever somebody may not see them. It knows nothing of routes: it looks for people, by the shape of an
 * OnCallContact and of refs in any text, and for the schedule or entity that the part of the answer around them speaks of. What it cannot
 * place is hidden.
 *
 * A hidden person becomes a ref that is the same within a schedule and cannot be turned back, since it is made with a secret.
 */
export class NameView {
  constructor(
    private readonly options: {
      secret: Buffer;
      /** The person who looks, who may always see the own name. */
      self: string | undefined;
      scopes: Scopes;
    },
  ) {}

  /** Whether the names of a schedule are shown. */
  shows(scheduleRef: string): boolean {
    return this.options.scopes.ofSchedules([scheduleRef]).open;
  }

  /** The answer without the names that are hidden. The answer given is left as it is. */
  filter<T>(answer: T): T {
    const shown = new Map<string, Map<string, Scope>>();
    const later: (() => void)[] = [];
    const result = this.#walk(
      answer,
      this.options.scopes.unknown,
      undefined,
      shown,
      later,
    );
    later.forEach(finish => finish());
    return result as T;
  }

  #walk(
    value: unknown,
    scope: Scope,
    field: string | undefined,
    shown: Map<string, Map<string, Scope>>,
    later: (() => void)[],
  ): unknown {
    if (typeof value === 'string') {
      return this.#text(value, scope, field, shown);
    }
    if (Array.isArray(value)) {
      return value.map(item => this.#walk(item, scope, field, shown, later));
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    const fields = value as Fields;
    const inner = this.#scopeOf(fields) ?? scope;
    if (isPerson(fields)) {
      return this.#person(fields, inner, shown, later);
    }
    const result: Fields = {};
    for (const [name, item] of Object.entries(fields)) {
      if (name === 'people' && isPlainObject(item)) {
        // A directory of the people an answer speaks of: known once the rest is.
        const people: Fields = {};
        result[name] = people;
        later.push(() => this.#fillDirectory(people, item, shown));
      } else if (name === 'yaml' && typeof item === 'string' && !inner.open) {
        result[name] = '';
      } else {
        result[name] = this.#walk(item, inner, name, shown, later);
      }
    }
    return result;
  }

  /** The narrowest thing an object says it speaks of; undefined when it says nothing. */
  #scopeOf(fields: Fields): Scope | undefined {
    const { scopes } = this.options;
    const refs = schedulesIn(fields);
    // What an external provider knows as a schedule has no owner; the entity it answers for has. Of several schedules, an entity stands for
    // one at most.
    if (refs.length > 1 || refs[0]?.startsWith('oncallschedule:')) {
      return scopes.ofSchedules(refs);
    }
    const entityRef = fields.entityRef;
    if (typeof entityRef === 'string') {
      return scopes.ofEntity(entityRef);
    }
    return refs.length > 0 ? scopes.ofSchedules(refs) : undefined;
  }

  #person(
    fields: Fields,
    scope: Scope,
    shown: Map<string, Map<string, Scope>>,
    later: (() => void)[],
  ): Fields {
    const ref = String(fields.ref);
    const emitted = this.#refOf(ref, scope, shown);
    if (emitted === ref) {
      // Whom a person stands in for is another person.
      return Object.fromEntries(
        Object.entries(fields).map(([name, item]) => [
          name,
          name === 'replaces'
            ? this.#walk(item, scope, name, shown, later)
            : item,
        ]),
      );
    }
    return {
      ...Object.fromEntries(
        Object.entries(fields)
          .filter(([name]) => HARMLESS.has(name))
          .map(([name, item]) => [
            name,
            this.#walk(item, scope, name, shown, later),
          ]),
      ),
      ...hiddenContact(emitted, scope),
    };
  }

  #fillDirectory(
    people: Fields,
    given: Fields,
    shown: Map<string, Map<string, Scope>>,
  ) {
    for (const [ref, contact] of Object.entries(given)) {
      for (const [emitted, scope] of shown.get(ref) ?? []) {
        people[emitted] =
          emitted === ref ? contact : hiddenContact(emitted, scope);
      }
    }
  }

  #text(
    value: string,
    scope: Scope,
    field: string | undefined,
    shown: Map<string, Map<string, Scope>>,
  ): string {
    if (field !== undefined && PERSON_FIELDS.has(field)) {
      return this.#refOf(value, scope, shown);
    }
    const text = value.replace(PERSON, ref => this.#refOf(ref, scope, shown));
    // Only what people read can hold a name: an instant or a code has no space in it.
    const read = /\s/.test(text) || WORDS.has(field ?? '');
    return scope.open || !read ? text : withoutNames(text, scope.names());
  }

  #refOf(
    ref: string,
    scope: Scope,
    shown: Map<string, Map<string, Scope>>,
  ): string {
    const visible =
      scope.open || ref === this.options.self || ref.startsWith('service:');
    const emitted = visible ? ref : this.#pseudonym(ref, scope);
    const known = shown.get(ref) ?? new Map<string, Scope>();
    shown.set(ref, known);
    known.set(emitted, scope);
    return emitted;
  }

  #pseudonym(ref: string, scope: Scope): string {
    const digest = createHmac('sha256', this.options.secret)
      .update(JSON.stringify([scope.key, ref]))
      .digest('hex');
    return `user:hidden/${digest.slice(0, 20)}`;
  }
}

function hiddenContact(ref: string, scope: Scope) {
  return {
    ref,
    displayName: `Somebody on ${scope.title}`,
    known: true,
    hidden: true,
    links: [],
  };
}

function isPerson(fields: Fields): boolean {
  return (
    typeof fields.ref === 'string' &&
    typeof fields.displayName === 'string' &&
    !fields.ref.startsWith('oncallschedule:') &&
    !fields.ref.startsWith('group:')
  );
}

function isPlainObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schedules an object says it is about. */
function schedulesIn(fields: Fields): string[] {
  const { schedule, scheduleRef, scheduleRefs, schedules } = fields;
  if (typeof scheduleRef === 'string') {
    return [scheduleRef];
  }
  if (typeof schedule === 'string') {
    return [schedule];
  }
  if (isPlainObject(schedule) && typeof schedule.ref === 'string') {
    return [schedule.ref];
  }
  if (typeof fields.ref === 'string' && !('displayName' in fields)) {
    return [fields.ref];
  }
  for (const list of [scheduleRefs, schedules]) {
    if (Array.isArray(list) && list.length > 0) {
      const refs = list.filter(item => typeof item === 'string');
      if (refs.length === list.length) {
        return refs;
      }
    }
  }
  // A change, or an error about one, speaks of the schedules of its parts.
  for (const list of [fields.overrides, fields.conflicts]) {
    if (Array.isArray(list)) {
      return [
        ...new Set(
          list.flatMap(item =>
            isPlainObject(item) && typeof item.scheduleRef === 'string'
              ? [item.scheduleRef]
              : [],
          ),
        ),
      ];
    }
  }
  return [];
}

/** Names by their first word, so that a text is only searched for those it can hold. */
export type NameIndex = Map<string, string[]>;

const WORD = /[\p{L}\p{N}]+/gu;

/** Arranges names for the search; longest first among those that begin alike. Pure. */
export function indexNames(names: Iterable<string>): NameIndex {
  const index: NameIndex = new Map();
  for (const name of new Set(names)) {
    const [first] = name.match(WORD) ?? [];
    if (first !== undefined) {
      index.set(
        first,
        [...(index.get(first) ?? []), name].sort((a, b) => b.length - a.length),
      );
    }
  }
  return index;
}

/** A text with names replaced, at the edges of words. Pure. */
export function withoutNames(text: string, index: NameIndex): string {
  let result = text;
  for (const word of new Set(text.match(WORD))) {
    for (const name of index.get(word) ?? []) {
      result = withoutName(result, name);
    }
  }
  return result;
}

function withoutName(text: string, name: string): string {
  let result = text;
  for (
    let at = result.indexOf(name);
    at !== -1;
    at = result.indexOf(name, at + 1)
  ) {
    const before = result[at - 1] ?? ' ';
    const after = result[at + name.length] ?? ' ';
    if (!/[\p{L}\p{N}]/u.test(before) && !/[\p{L}\p{N}]/u.test(after)) {
      result = `${result.slice(0, at)}somebody${result.slice(
        at + name.length,
      )}`;
    }
  }
  return result;
}
