import { isError } from '@backstage/errors';
import {
  type CST,
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
  Parser,
} from 'yaml';

import type { ScheduleSourceProblem } from './api';
import { ON_CALL_API_VERSION, ON_CALL_SCHEDULE_KIND } from './entity';
import { checkOnCallSchedule, fullRef } from './parse';
import type { OnCallSchedule } from './types';

/** Most characters of one schedule's source. */
export const MAX_SOURCE_LENGTH = 90_000;

/** Most lists and objects within one another; a schedule needs about ten. */
const MOST_NESTED = 50;

/** A place in a text, counted from 1. */
export type SourcePosition = { line: number; column: number };

/** What the source of one schedule says. */
export type ScheduleSourceReading = {
  /** By line. */
  problems: ScheduleSourceProblem[];
  /** Absent when name or kind cannot be read. */
  scheduleRef?: string;
  title?: string;
  ownerRef?: string;
  /** Present when nothing in the spec is wrong. */
  schedule?: OnCallSchedule;
  /** Where a path such as `spec.levels[0].layers` is; the nearest part there is when it is not. */
  positionOf: (path: string) => SourcePosition;
};

type Fields = Record<string, unknown>;

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** Reads the YAML of one `OnCallSchedule`, and says what is wrong with it and where. Pure; never throws. */
export function readScheduleSource(text: string): ScheduleSourceReading {
  const start = { line: 1, column: 1 };
  const problems: ScheduleSourceProblem[] = [];
  const nowhere = { problems, positionOf: () => start };
  const refuse = (message: string) => {
    problems.push({ severity: 'error', message, path: '', ...start });
    return nowhere;
  };
  if (text.length > MAX_SOURCE_LENGTH) {
    return refuse(
      `The source is longer than ${MAX_SOURCE_LENGTH} characters; split the schedule`,
    );
  }
  if (isNestedTooDeep(text)) {
    return refuse(
      `There are more than ${MOST_NESTED} lists and objects within one another`,
    );
  }
  const lines = new LineCounter();
  const documents = [
    ...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false }),
  ].filter(doc => doc.contents !== null || doc.errors.length > 0);
  if (documents.length !== 1) {
    return refuse(
      documents.length === 0
        ? 'There is nothing here: a schedule starts with apiVersion and kind'
        : `There are ${documents.length} documents; a schedule is one`,
    );
  }
  const [document] = documents as Document[];
  const at = (offset: number): SourcePosition => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  for (const error of [...document.errors, ...document.warnings]) {
    problems.push({
      severity: error.name === 'YAMLWarning' ? 'warning' : 'error',
      message: error.message,
      path: '',
      ...at(error.pos[0]),
    });
  }
  if (document.errors.length > 0) {
    return nowhere;
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return refuse(isError(error) ? error.message : String(error));
  }
  if (!isFields(value)) {
    return refuse(
      'This is no object: a schedule starts with apiVersion and kind',
    );
  }

  const positionOf = (path: string) => at(offsetOf(document, path));
  const add = (path: string, message: string) => {
    problems.push({ severity: 'error', message, path, ...positionOf(path) });
  };
  const metadata = isFields(value.metadata) ? value.metadata : {};
  if (value.apiVersion !== ON_CALL_API_VERSION) {
    add('apiVersion', `must be ${ON_CALL_API_VERSION}${it(value.apiVersion)}`);
  }
  const isSchedule =
    typeof value.kind === 'string' &&
    value.kind.toLowerCase() === ON_CALL_SCHEDULE_KIND.toLowerCase();
  if (!isSchedule) {
    add('kind', `must be ${ON_CALL_SCHEDULE_KIND}${it(value.kind)}`);
  }
  const named = typeof metadata.name === 'string' && NAME.test(metadata.name);
  if (!named) {
    add(
      'metadata.name',
      `must be letters, digits and - _ . between them, 63 at most${it(
        metadata.name,
      )}`,
    );
  }
  const namespace =
    typeof metadata.namespace === 'string' ? metadata.namespace : 'default';
  const owner = fullRef(isFields(value.spec) ? value.spec.owner : undefined, {
    kind: 'group',
    namespace,
  });
  const ownerRef = owner?.startsWith('group:') ? owner : undefined;
  if (!ownerRef) {
    add(
      'spec.owner',
      `must be a group such as group:default/payments${it(
        isFields(value.spec) ? value.spec.owner : undefined,
      )}`,
    );
  }
  const { schedule, problems: found } = checkOnCallSchedule(value.spec, {
    defaultNamespace: namespace,
  });
  for (const { path, message } of found) {
    add(path ? `spec.${path}` : 'spec', message);
  }
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  const scheduleRef =
    isSchedule && named
      ? fullRef(metadata.name, { kind: 'oncallschedule', namespace })
      : undefined;
  return {
    problems,
    positionOf,
    ...(scheduleRef ? { scheduleRef } : {}),
    ...(typeof metadata.title === 'string' ? { title: metadata.title } : {}),
    ...(ownerRef ? { ownerRef } : {}),
    ...(schedule ? { schedule } : {}),
  };
}

/**
 * Whether lists and objects lie within one another deeper than any schedule needs. Composing a document goes as deep as the text does, and
 * running out of stack there can end the whole process; the parser below it has a stack of its own.
 */
function isNestedTooDeep(text: string): boolean {
  for (const document of new Parser().parse(text)) {
    let layer: (CST.Token | null | undefined)[] =
      document.type === 'document' ? [document.value] : [];
    for (let depth = 0; layer.length > 0; depth++) {
      if (depth > MOST_NESTED) {
        return true;
      }
      layer = layer.flatMap(token =>
        token && 'items' in token
          ? token.items.flatMap(({ key, value }) => [key, value])
          : [],
      );
    }
  }
  return false;
}

/** The steps of a path such as `spec.levels[0].name`. */
export function stepsOf(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(match =>
    match[1] === undefined ? match[0] : Number(match[1]),
  );
}

/** Where a path begins: its value, its key when it is not known there, or the key of the nearest part there is. */
function offsetOf(document: Document, path: string): number {
  let node: Node | undefined = isNode(document.contents)
    ? document.contents
    : undefined;
  let offset = node?.range?.[0] ?? 0;
  for (const step of stepsOf(path)) {
    if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(step),
      );
      if (!pair || !isNode(pair.key)) {
        return offset;
      }
      // A list or an object is found by its key, a value by itself.
      const child: Node | undefined = isNode(pair.value)
        ? pair.value
        : undefined;
      offset =
        (isScalar(child) ? child.range?.[0] : pair.key.range?.[0]) ?? offset;
      node = child;
    } else {
      const child: unknown =
        node && 'items' in node ? node.items[Number(step)] : undefined;
      if (!isNode(child)) {
        return offset;
      }
      offset = child.range?.[0] ?? offset;
      node = child;
    }
  }
  return offset;
}

/** One document of a file that may hold several, with the text around it. */
export type SourceSlice = { before: string; text: string; after: string };

/**
 * The document of a schedule in a file, cut at the lines that part documents, so that putting another text in its place leaves the others
 * as they are to the byte. Undefined when the file holds no such schedule, or parts documents in a way that cannot be cut. Pure.
 */
export function sliceSchedule(
  file: string,
  scheduleRef: string,
): SourceSlice | undefined {
  const slices: SourceSlice[] = [];
  let begin = 0;
  const marker = /^(?:---|\.\.\.)(?=\s|$).*(?:\r?\n|$)/gm;
  for (const match of file.matchAll(marker)) {
    // Content on the line of the marker belongs to the document after it, and cannot be cut off.
    if (!/^(?:---|\.\.\.)\s*(?:#.*)?$/.test(match[0].trimEnd())) {
      return undefined;
    }
    slices.push(cut(file, begin, match.index));
    begin = match.index + match[0].length;
  }
  slices.push(cut(file, begin, file.length));
  return slices.find(
    ({ text }) => readScheduleSource(text).scheduleRef === scheduleRef,
  );
}

/** A file with another document after those it has. Pure. */
export function appendDocument(file: string, text: string): string {
  const end = file === '' || file.endsWith('\n') ? file : `${file}\n`;
  return end.trim() === '' ? text : `${end}---\n${text}`;
}

function cut(file: string, from: number, to: number): SourceSlice {
  return {
    before: file.slice(0, from),
    text: file.slice(from, to),
    after: file.slice(to),
  };
}

/** Every place in a schedule's spec that names a person or another schedule. Pure. */
export function mentionsOf(
  schedule: OnCallSchedule,
): { path: string; ref: string; kind: 'person' | 'schedule' }[] {
  const mentions: ReturnType<typeof mentionsOf> = [];
  const people = (refs: string[] | undefined, path: string) =>
    refs?.forEach((ref, i) =>
      mentions.push({ path: `${path}[${i}]`, ref, kind: 'person' }),
    );
  schedule.levels.forEach((level, l) =>
    level.layers.forEach((layer, i) => {
      const path = `spec.levels[${l}].layers[${i}]`;
      people(layer.people, `${path}.people`);
      people(layer.rotation?.participants, `${path}.rotation.participants`);
      if (typeof layer.schedule === 'string') {
        mentions.push({
          path: `${path}.schedule`,
          ref: layer.schedule,
          kind: 'schedule',
        });
      }
    }),
  );
  schedule.overrides?.forEach((override, i) => {
    const path = `spec.overrides[${i}]`;
    mentions.push({
      path: `${path}.person`,
      ref: override.person,
      kind: 'person',
    });
    if (override.with) {
      mentions.push({
        path: `${path}.with`,
        ref: override.with,
        kind: 'person',
      });
    }
  });
  return mentions;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function it(value: unknown): string {
  return value === undefined
    ? '; it is missing'
    : `; it is ${JSON.stringify(value)?.slice(0, 80)}`;
}
