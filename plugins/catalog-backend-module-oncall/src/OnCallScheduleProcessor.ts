import {
  ANNOTATION_LOCATION,
  getCompoundEntityRef,
  parseEntityRef,
  RELATION_DEPENDENCY_OF,
  RELATION_DEPENDS_ON,
  RELATION_OWNED_BY,
  RELATION_OWNER_OF,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import type { LocationSpec } from '@backstage/plugin-catalog-common';
import {
  processingResult,
  type CatalogProcessor,
  type CatalogProcessorEmit,
} from '@backstage/plugin-catalog-node';
import {
  checkOnCallSchedule,
  fullRef,
  ON_CALL_API_VERSION,
  ON_CALL_SCHEDULE_KIND,
  parseOnCallSchedule,
  RELATION_HAS_RESPONDER,
  readScheduleSource,
  RELATION_RESPONDER_OF,
  sliceSchedule,
  type OnCallSchedule,
} from '@pavedroad/plugin-oncall-common';

/**
 * Makes `OnCallSchedule` a kind of the catalog: checks its spec, and relates a schedule to the group that owns it, the people who may be
 * on call in it and the schedules it contains.
 */
export class OnCallScheduleProcessor implements CatalogProcessor {
  /** @param readText - Reads the file a schedule is from, so that a problem can be told with its line. */
  constructor(private readonly readText?: (url: string) => Promise<string>) {}

  getProcessorName(): string {
    return 'OnCallScheduleProcessor';
  }

  /** @throws InputError that lists every problem with its path in the entity. */
  async validateEntityKind(entity: Entity): Promise<boolean> {
    if (entity.kind !== ON_CALL_SCHEDULE_KIND) {
      return false;
    }
    const problems: string[] = [];
    if (entity.apiVersion !== ON_CALL_API_VERSION) {
      problems.push(
        `apiVersion: must be ${ON_CALL_API_VERSION}; it is ${JSON.stringify(
          entity.apiVersion,
        )}`,
      );
    }
    if (!ownerOf(entity)) {
      problems.push(
        `spec.owner: must be a group such as group:default/payments${
          entity.spec?.owner === undefined
            ? '; it is missing'
            : `; it is ${JSON.stringify(entity.spec.owner)}`
        }`,
      );
    }
    const { problems: found } = checkOnCallSchedule(entity.spec, {
      defaultNamespace: entity.metadata.namespace,
    });
    problems.push(
      ...found.map(p => `${p.path ? `spec.${p.path}` : 'spec'}: ${p.message}`),
    );
    if (problems.length > 0) {
      const told = (await this.#withLines(entity)) ?? problems;
      throw new InputError(told.join('; '));
    }
    return true;
  }

  /** The problems as the file of the entity has them, with their lines; undefined when it cannot be read or says something else by now. */
  async #withLines(entity: Entity): Promise<string[] | undefined> {
    const location = entity.metadata.annotations?.[ANNOTATION_LOCATION];
    if (!this.readText || !location?.startsWith('url:')) {
      return undefined;
    }
    try {
      const file = await this.readText(location.slice('url:'.length));
      const slice = sliceSchedule(
        file,
        stringifyEntityRef(entity).toLocaleLowerCase('en-US'),
      );
      if (!slice) {
        return undefined;
      }
      const above = slice.before.split('\n').length - 1;
      const lines = readScheduleSource(slice.text)
        .problems.filter(({ severity }) => severity === 'error')
        .map(
          ({ line, path, message }) =>
            `line ${above + line}: ${path ? `${path}: ` : ''}${message}`,
        );
      return lines.length > 0 ? lines : undefined;
    } catch {
      // The problems are told without lines then; why the file cannot be read is for its location to say.
      return undefined;
    }
  }

  async postProcessEntity(
    entity: Entity,
    _location: LocationSpec,
    emit: CatalogProcessorEmit,
  ): Promise<Entity> {
    if (
      entity.kind !== ON_CALL_SCHEDULE_KIND ||
      entity.apiVersion !== ON_CALL_API_VERSION
    ) {
      return entity;
    }
    const self = getCompoundEntityRef(entity);
    const relate = (target: string, there: string, back: string) => {
      const other = parseEntityRef(target);
      emit(
        processingResult.relation({ source: self, type: there, target: other }),
      );
      emit(
        processingResult.relation({ source: other, type: back, target: self }),
      );
    };
    const owner = ownerOf(entity);
    if (owner) {
      relate(owner, RELATION_OWNED_BY, RELATION_OWNER_OF);
    }
    const schedule = parseOnCallSchedule(entity.spec, {
      defaultNamespace: entity.metadata.namespace,
    });
    const { people, schedules } = mentionedIn(schedule);
    for (const person of people) {
      relate(person, RELATION_HAS_RESPONDER, RELATION_RESPONDER_OF);
    }
    for (const nested of schedules) {
      relate(nested, RELATION_DEPENDS_ON, RELATION_DEPENDENCY_OF);
    }
    return entity;
  }
}

function ownerOf(entity: Entity): string | undefined {
  const ref = fullRef(entity.spec?.owner, {
    kind: 'group',
    namespace: entity.metadata.namespace ?? 'default',
  });
  return ref?.startsWith('group:') ? ref : undefined;
}

/** Those who take turns or are always on call; who only stands in for a while is not part of the schedule. */
function mentionedIn(schedule: OnCallSchedule): {
  people: Set<string>;
  schedules: Set<string>;
} {
  const people = new Set<string>();
  const schedules = new Set<string>();
  for (const layer of schedule.levels.flatMap(level => level.layers)) {
    for (const person of layer.people ?? layer.rotation?.participants ?? []) {
      people.add(person);
    }
    if (typeof layer.schedule === 'string') {
      schedules.add(layer.schedule);
    }
  }
  return { people, schedules };
}
