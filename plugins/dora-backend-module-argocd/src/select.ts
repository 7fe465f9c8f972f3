import { JsonObject, JsonValue } from '@backstage/types';
import { isObject } from '@pavedroad/plugin-dora-node';

const SOURCE = ['repoURL', 'path', 'targetRevision', 'chart', 'ref', 'name'];
/** What a tool leaves among the annotations: the whole object once more. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The parts of a notification that say something about a deployment. The others
 * are not kept: an application can hold values and parameters of charts, which
 * people put passwords into, and lists as long as the cluster is large.
 */
export function selectNotification(payload: JsonObject): JsonObject {
  return {
    ...pick(payload, ['version', 'trigger', 'instance', 'environment']),
    app: within(payload.app, app => ({
      metadata: within(app.metadata, metadata => ({
        ...pick(metadata, ['name', 'namespace', 'uid', 'labels']),
        annotations: within(metadata.annotations, annotations =>
          Object.fromEntries(
            Object.entries(annotations).filter(
              ([name]) => name !== LAST_APPLIED,
            ),
          ),
        ),
      })),
      spec: within(app.spec, spec => ({
        ...pick(spec, ['project', 'destination']),
        ...sourcesOf(spec),
      })),
      status: within(app.status, status => ({
        ...pick(status, ['health', 'sync']),
        summary: within(status.summary, summary => pick(summary, ['images'])),
        operationState: within(status.operationState, operation => ({
          ...pick(operation, ['phase', 'startedAt', 'finishedAt']),
          operation: within(operation.operation, request => ({
            ...pick(request, ['initiatedBy', 'info']),
            sync: within(request.sync, sync =>
              pick(sync, ['revision', 'revisions', 'dryRun', 'resources']),
            ),
          })),
          syncResult: within(operation.syncResult, result => ({
            ...pick(result, ['revision', 'revisions']),
            ...sourcesOf(result),
          })),
        })),
        history: each(status.history, entry =>
          pick(entry, ['id', 'revision', 'revisions', 'deployedAt']),
        ),
      })),
    })),
  };
}

function sourcesOf(holder: JsonObject): JsonObject {
  const one = (source: JsonObject) => pick(source, SOURCE);
  return withoutAbsent({
    source: within(holder.source, one),
    sources: each(holder.sources, one),
  });
}

/** Something that is no object is kept as it came: reading it says what is wrong. */
function within(
  value: JsonValue | undefined,
  select: (object: JsonObject) => { [key: string]: JsonValue | undefined },
): JsonValue | undefined {
  return isObject(value)
    ? withoutAbsent(select(value as JsonObject))
    : (value as JsonValue | undefined);
}

function each(
  value: JsonValue | undefined,
  select: (object: JsonObject) => JsonObject,
): JsonValue | undefined {
  return Array.isArray(value)
    ? value.map(item => within(item, select) ?? null)
    : value;
}

function pick(object: JsonObject, names: string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap(name =>
      Object.hasOwn(object, name) && object[name] !== undefined
        ? [[name, object[name]]]
        : [],
    ),
  );
}

function withoutAbsent(object: {
  [key: string]: JsonValue | undefined;
}): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  );
}
