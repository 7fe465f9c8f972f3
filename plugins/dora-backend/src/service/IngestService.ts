import { LoggerService } from '@backstage/backend-plugin-api';
import {
  DeliveryEventSource,
  DeliveryInbox,
  RawDeliveryEvent,
} from '@pavedroad/plugin-dora-node';
import { DomainEvent } from '@pavedroad/plugin-dora-common';
import { CatalogServiceDirectory } from '../catalog/CatalogServiceDirectory';
import { ServiceMapping } from '../catalog/serviceMapping';
import { DeliveryStore, InboxEntry } from '../database/DeliveryStore';
import { ParsedMember } from '../inbox/cloudEvents';
import { storableText } from '../inbox/inspectJson';
import { EventResult } from '../inbox/types';
import { nameProblem, TimeLimits, timeProblem } from './eventLimits';

/**
 * An event that names an unknown service has the catalog read again, unless that
 * was done less than this ago: the first events of a new service come seconds
 * after its registration.
 */
const CATALOG_AGE_FOR_UNKNOWN = 2_000;
/** Names of unknown services that are remembered. */
const MAX_UNKNOWN = 10_000;

/**
 * Takes events in: normalises them, records them and says what became of each.
 */
export class IngestService implements DeliveryInbox {
  private readonly unknown = new Set<string>();

  static create(options: {
    store: DeliveryStore;
    sources: DeliveryEventSource[];
    directory: CatalogServiceDirectory;
    logger: LoggerService;
    timeLimits: TimeLimits;
    /** Called after each commit that leaves work for the worker. */
    onRecorded: () => void;
    /** CloudEvents source of what the portal itself sends. */
    ownSource?: string;
    now?: () => number;
  }): IngestService {
    return new IngestService(
      options.store,
      options.sources,
      options.directory,
      options.logger,
      options.timeLimits,
      options.onRecorded,
      options.ownSource,
      options.now ?? Date.now,
    );
  }

  private constructor(
    private readonly store: DeliveryStore,
    private readonly sources: DeliveryEventSource[],
    private readonly directory: CatalogServiceDirectory,
    private readonly logger: LoggerService,
    private readonly timeLimits: TimeLimits,
    private readonly onRecorded: () => void,
    private readonly ownSource: string | undefined,
    private readonly now: () => number,
  ) {}

  /** {@link DeliveryInbox.submit}: for sources that connect by themselves. */
  async submit(events: RawDeliveryEvent[]): Promise<EventResult[]> {
    return this.ingest(events);
  }

  /**
   * Records the members of a request. Resolves once everything acknowledged is
   * committed; one result per member, in order.
   *
   * @param onlyFor - the one service whose deployments the sender may report; all else is rejected
   */
  async ingest(
    members: ParsedMember[],
    onlyFor?: string,
  ): Promise<EventResult[]> {
    let prepared = members.map(member =>
      this.prepare(
        onlyFor === undefined || 'rejected' in member
          ? member
          : { ...member, onlyFor },
      ),
    );
    const mapping = await this.mappingFor(
      prepared.flatMap(({ entry }) => (entry ? [entry] : [])),
    );
    if (onlyFor !== undefined) {
      prepared = prepared.map(one => confined(one, onlyFor, mapping));
    }
    const entries = prepared.flatMap(({ entry }) => (entry ? [entry] : []));
    const fresh = await this.store.record(entries, mapping);
    const results = prepared.map(({ result }) => result);

    let position = 0;
    prepared.forEach(({ entry, result }) => {
      if (entry && !fresh[position++]) {
        result.status = 'duplicate';
        delete result.reason;
      }
    });
    const rejected = results.filter(({ status }) => status === 'rejected');
    await this.store.recordRejections(
      rejected.map(({ id, source, reason }) => ({
        receivedAt: new Date(this.now()).toISOString(),
        source,
        deliveryId: id,
        reason: reason ?? '',
      })),
    );
    if (fresh.some(isNew => isNew)) {
      this.onRecorded();
    }
    return results;
  }

  /**
   * What {@link ingest} would answer, and the domain events behind it. Nothing
   * is kept, refusals included.
   */
  async preview(members: ParsedMember[]): Promise<PreviewedEvent[]> {
    const prepared = members.map(member => this.prepare(member));
    const known = await this.store.known(
      prepared.flatMap(({ entry }) => (entry ? [entry.event] : [])),
    );
    let position = 0;
    return prepared.map(({ entry, result }) => {
      if (!entry) {
        return { result, domainEvents: [] };
      }
      const { id, source } = entry.event;
      return {
        result: known[position++]
          ? { id, source, status: 'duplicate' }
          : result,
        domainEvents: entry.domainEvents,
      };
    });
  }

  /** Normalises a recorded event again, as replay does. */
  normalise(event: RawDeliveryEvent): InboxEntry {
    const { entry, result } = this.prepare(event);
    return (
      (entry && event.onlyFor !== undefined
        ? boundTo(entry, event.onlyFor)
        : entry) ?? {
        event,
        status: 'ignored',
        reason: result.reason,
        normaliser: '',
        normaliserVersion: 0,
        domainEvents: [],
      }
    );
  }

  private prepare(member: ParsedMember): PreparedEvent {
    if ('rejected' in member) {
      const { id, source, rejected } = member;
      return {
        result: {
          ...(id !== undefined && { id }),
          ...(source !== undefined && { source }),
          status: 'rejected',
          reason: rejected,
        },
      };
    }
    const { id, source } = member;
    if ([id, source, member.type].some(text => storableText(text) !== text)) {
      return {
        result: {
          id: storableText(id),
          source: storableText(source),
          status: 'rejected',
          reason: 'id, source or type is not text that can be kept',
        },
      };
    }
    if (source === this.ownSource) {
      // Not recorded: what follows from facts must not become a reason for them.
      return {
        result: {
          id,
          source,
          status: 'ignored',
          reason: 'the portal sent this event itself',
        },
      };
    }
    const normaliser =
      this.sources.find(candidate => candidate.claims?.(member)) ??
      this.sources.find(candidate => candidate.understands(member.type));
    if (!normaliser) {
      return this.recorded(member, {
        status: 'ignored',
        reason: `no source understands the type ${member.type.slice(0, 200)}`,
      });
    }
    const normalised = this.runNormaliser(normaliser, member);
    if (normalised.outcome === 'rejected') {
      return {
        result: { id, source, status: 'rejected', reason: normalised.reason },
      };
    }
    if (normalised.outcome === 'ignored') {
      return this.recorded(
        member,
        { status: 'ignored', reason: normalised.reason },
        normaliser,
      );
    }
    const problem =
      nameProblem(normalised.events) ??
      timeProblem(
        normalised.events,
        this.timeLimits,
        Date.parse(member.receivedAt),
      );
    if (problem) {
      return { result: { id, source, status: 'rejected', reason: problem } };
    }
    return this.recorded(
      member,
      { status: 'accepted' },
      normaliser,
      normalised.events.map(event => complete(event, member, normaliser)),
    );
  }

  private runNormaliser(
    normaliser: DeliveryEventSource,
    event: RawDeliveryEvent,
  ): ReturnType<DeliveryEventSource['normalise']> {
    try {
      return normaliser.normalise(event);
    } catch (error) {
      // A source that throws breaks its contract; its sender must not pay for
      // it, and the event must not be lost: it stays in the inbox for replay.
      this.logger.error(
        `The source ${normaliser.id} failed on event ${event.id}`,
        error instanceof Error ? error : undefined,
      );
      return {
        outcome: 'ignored',
        reason: `the source ${normaliser.id} could not read it`,
      };
    }
  }

  private recorded(
    event: RawDeliveryEvent,
    outcome: { status: 'accepted' | 'ignored'; reason?: string },
    normaliser?: DeliveryEventSource,
    domainEvents: DomainEvent[] = [],
  ) {
    return {
      entry: {
        event,
        ...outcome,
        normaliser: normaliser?.id ?? '',
        normaliserVersion: normaliser?.normaliserVersion ?? 0,
        domainEvents,
      },
      result: { id: event.id, source: event.source, ...outcome },
    };
  }

  private async mappingFor(entries: InboxEntry[]) {
    const mapping = this.directory.current();
    let unheardOf = false;
    for (const { domainEvents } of entries) {
      for (const { service } of domainEvents) {
        if (service && 'unresolved' in mapping.resolve(service)) {
          const name = JSON.stringify(service);
          unheardOf = unheardOf || !this.unknown.has(name);
          this.unknown.add(name);
        }
      }
    }
    if (this.unknown.size > MAX_UNKNOWN) {
      this.unknown.clear();
    }
    // The catalog is read for new names only: the refresh finds the others.
    return unheardOf ? this.directory.fresh(CATALOG_AGE_FOR_UNKNOWN) : mapping;
  }
}

/** What is recorded of an event, if anything, and what its sender is told. */
interface PreparedEvent {
  entry?: InboxEntry;
  result: EventResult;
}

/**
 * An event of somebody who may report the deployments of one service only. Incidents, builds and commits are known across services by
 * what their tools call them, so that whoever may speak for one service could change what is known of another: they are refused.
 */
function confined(
  { entry, result }: PreparedEvent,
  service: string,
  mapping: ServiceMapping,
): PreparedEvent {
  const refused = entry?.domainEvents.find(event => {
    const resolved = event.service && mapping.resolve(event.service);
    return (
      event.type !== 'deployment' ||
      !resolved ||
      !('entityRef' in resolved) ||
      resolved.entityRef !== service
    );
  });
  if (entry && entry.status === 'accepted' && !refused) {
    return { entry: boundTo(entry, service), result };
  }
  if (result.status === 'rejected') {
    return { result };
  }
  const { id, source, reason } = result;
  return {
    result: {
      id,
      source,
      status: 'rejected',
      reason: refused
        ? `this credential reports deployments of ${service} only`
        : `this credential reports deployments only: ${reason ?? 'not one'}`,
    },
  };
}

/**
 * An event under the name of the service its sender may report for. By what it said itself, it could count for another one as
 * soon as the catalog, or the source that reads it, says something else than when it was taken.
 */
function boundTo(entry: InboxEntry, service: string): InboxEntry {
  return {
    ...entry,
    domainEvents: entry.domainEvents.flatMap(event =>
      event.type === 'deployment'
        ? {
            ...event,
            service: {
              entityRef: service,
              repository: event.service?.repository,
              path: event.service?.path,
            },
          }
        : [],
    ),
  };
}

/** What would become of an event. */
export interface PreviewedEvent {
  result: EventResult;
  /** What it means; empty unless it is accepted or a duplicate. */
  domainEvents: DomainEvent[];
}

/** Adds what the inbox knows about every domain event. */
function complete(
  event: DomainEvent,
  raw: RawDeliveryEvent,
  normaliser: DeliveryEventSource,
): DomainEvent {
  return {
    ...event,
    ...(raw.sample && { sample: true }),
    provenance: {
      source: normaliser.id,
      deliveryId: raw.id,
      ...event.provenance,
    },
  };
}
