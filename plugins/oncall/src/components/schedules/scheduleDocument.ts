import {
  type OnCallLayer,
  type OnCallSchedule,
  type Rotation,
  startKeepingPerson,
  stepsOf,
} from '@pavedroad/plugin-oncall-common';
import {
  type Document,
  isCollection,
  isPair,
  isScalar,
  isSeq,
  parseAllDocuments,
  Scalar,
  stringify,
} from 'yaml';

/** What the form shows of a schedule; whatever it cannot read is empty. */
export type ScheduleFields = {
  name: string;
  title: string;
  description: string;
  owner: string;
  timeZone: string;
  levels: { name: string; layers: LayerFields[] }[];
};

/** One layer as the form shows it. */
export type LayerFields = {
  name: string;
  kind: 'rotation' | 'people' | 'schedule';
  /** Participants of a rotation, or the fixed set of people. */
  people: string[];
  start: string;
  unit: string;
  length: number;
  timeZone: string;
  restrictions: { weekdays: number[]; from: string; to: string }[];
  schedule: string;
};

type Fields = Record<string, unknown>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : {};
const listOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : [];
const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** Reads what the form shows. Undefined while the text is no YAML. Pure. */
export function readFields(text: string): ScheduleFields | undefined {
  const document = parse(text);
  if (!document) {
    return undefined;
  }
  const entity = fieldsOf(document.toJS({ maxAliasCount: 100 }));
  const metadata = fieldsOf(entity.metadata);
  const spec = fieldsOf(entity.spec);
  return {
    name: textOf(metadata.name),
    title: textOf(metadata.title),
    description: textOf(metadata.description),
    owner: textOf(spec.owner),
    timeZone: textOf(spec.timeZone),
    levels: listOf(spec.levels).map(level => ({
      name: textOf(fieldsOf(level).name),
      layers: listOf(fieldsOf(level).layers).map(readLayer),
    })),
  };
}

function readLayer(value: unknown): LayerFields {
  const layer = fieldsOf(value);
  const rotation = fieldsOf(layer.rotation);
  const kind =
    (layer.people !== undefined && 'people') ||
    (layer.schedule !== undefined && 'schedule') ||
    'rotation';
  return {
    name: textOf(layer.name),
    kind,
    people: listOf(
      kind === 'people' ? layer.people : rotation.participants,
    ).map(textOf),
    start: textOf(rotation.start),
    unit: textOf(rotation.unit),
    length: Number(rotation.length ?? 1),
    timeZone: textOf(rotation.timeZone),
    restrictions: listOf(rotation.restrictions).map(one => {
      const { weekdays, from, to } = fieldsOf(one);
      return {
        weekdays: listOf(weekdays).map(Number),
        from: textOf(from),
        to: textOf(to),
      };
    }),
    schedule: textOf(layer.schedule),
  };
}

/** One edit of the form: the value at a path, or nothing there any more. */
export type Edit = { path: string; value: unknown };

/**
 * The text with edits of the form made in it. What is not edited stays as it is, comments among it; of a list, entries that are there
 * already keep theirs. Text that is no YAML stays as it is. Pure.
 */
export function editSource(text: string, edits: Edit[]): string {
  const document = parse(text);
  if (!document) {
    return text;
  }
  for (const { path, value } of edits) {
    const steps = stepsOf(path);
    const current = document.getIn(steps, true);
    if (value === undefined) {
      document.deleteIn(steps);
    } else if (isSeq(current) && isListOfTexts(value)) {
      // Entries that stay keep the comments beside them.
      const left = [...current.items];
      current.items = value.map(entry => {
        const at = left.findIndex(
          item => isScalar(item) && String(item.value) === entry,
        );
        return at >= 0 ? left.splice(at, 1)[0] : document.createNode(entry);
      });
    } else if (isScalar(current) && !isObject(value)) {
      current.value = value;
      // Plain where that is enough, so that a blank at the end while one types leaves no quotes behind.
      current.type = needsQuotes(value) ? Scalar.QUOTE_SINGLE : Scalar.PLAIN;
    } else {
      document.setIn(steps, nodeOf(document, value));
    }
  }
  return textOfDocument(document, text);
}

/** Moves an entry of a list up or down, with the comments it has. Pure. */
export function moveEntry(
  text: string,
  path: string,
  from: number,
  to: number,
): string {
  const document = parse(text);
  const list = document?.getIn(stepsOf(path), true);
  if (!document || !isSeq(list) || !(to >= 0 && to < list.items.length)) {
    return text;
  }
  const [entry] = list.items.splice(from, 1);
  list.items.splice(to, 0, entry);
  return textOfDocument(document, text);
}

/**
 * The edits that change the participants of a rotation so that whoever is on call today stays; `kept` is false when no start does that.
 * Pure.
 *
 * @param at - The instant that counts as today, in milliseconds.
 */
export function participantEdits(options: {
  schedule: OnCallSchedule | undefined;
  level: number;
  layer: number;
  participants: string[];
  keep: boolean;
  at: number;
}): { edits: Edit[]; kept: boolean } {
  const { schedule, level, layer, participants, keep, at } = options;
  const path = `spec.levels[${level}].layers[${layer}].rotation`;
  const edits: Edit[] = [{ path: `${path}.participants`, value: participants }];
  const rotation = rotationAt(schedule, level, layer);
  if (!keep || !rotation) {
    return { edits, kept: false };
  }
  const start = startKeepingPerson(rotation, participants.map(fullUser), at);
  if (start === undefined) {
    return { edits, kept: false };
  }
  return start === rotation.start
    ? { edits, kept: true }
    : {
        edits: [...edits, { path: `${path}.start`, value: start }],
        kept: true,
      };
}

/** A rotation of a schedule, with its zone. */
export function rotationAt(
  schedule: OnCallSchedule | undefined,
  level: number,
  layer: number,
): Rotation | undefined {
  const found: OnCallLayer | undefined = schedule?.levels[level]?.layers[layer];
  return found?.rotation && schedule
    ? { timeZone: schedule.timeZone, ...found.rotation }
    : undefined;
}

/** `ines` and `user:ines` are both `user:default/ines`. */
export function fullUser(text: string): string {
  const [kind, rest] = text.includes(':') ? text.split(':', 2) : ['user', text];
  return `${kind}:${
    rest.includes('/') ? rest : `default/${rest}`
  }`.toLocaleLowerCase('en-US');
}

/** The source a new schedule starts with. Pure. */
export function newSource(options: {
  name: string;
  owner: string;
  timeZone: string;
  participants: string[];
  /** Local date-time of the first handoff. */
  start: string;
}): string {
  const { name, owner, timeZone, participants, start } = options;
  return stringify(
    {
      apiVersion: 'pavedroad.dev/v1alpha1',
      kind: 'OnCallSchedule',
      metadata: { name, title: `${sentence(name)} on call` },
      spec: {
        owner,
        timeZone,
        levels: [
          {
            name: 'Primary',
            layers: [
              {
                name: 'Weekly rotation',
                rotation: { participants, start, unit: 'week', length: 1 },
              },
            ],
          },
        ],
      },
    },
    { lineWidth: 0 },
  ).replace(/^(\s+start: )(\S+)$/m, "$1'$2'");
}

function sentence(name: string): string {
  const words = name.replace(/[-_.]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function parse(text: string): Document | undefined {
  const documents = [
    ...parseAllDocuments(text, { prettyErrors: false }),
  ] as Document[];
  const [document] = documents;
  return documents.length === 1 &&
    document.errors.length === 0 &&
    isCollection(document.contents)
    ? document
    : undefined;
}

function nodeOf(document: Document, value: unknown) {
  const node = document.createNode(value);
  if (isScalar(node) && needsQuotes(value)) {
    node.type = Scalar.QUOTE_SINGLE;
  }
  if (isCollection(node)) {
    quoteTimes(node);
  }
  return node;
}

/** Times are text; readers of older YAML take them for numbers or timestamps unless they are quoted. */
function quoteTimes(node: unknown) {
  if (isScalar(node) && needsQuotes(node.value)) {
    node.type = Scalar.QUOTE_SINGLE;
  } else if (isCollection(node)) {
    for (const item of node.items) {
      quoteTimes(isPair(item) ? item.value : item);
    }
  }
}

/** The text of a document that was edited, with short lists spaced as they were: a review shows what was changed only. */
function textOfDocument(document: Document, before: string): string {
  return document.toString({
    lineWidth: 0,
    flowCollectionPadding: /[[{] +\S/.test(before),
  });
}

function needsQuotes(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-\d\d|^\d\d?:\d\d/.test(value);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string');
}
