import { DomainEvent } from '@pavedroad/plugin-dora-common';
import { RawDeliveryEvent } from '@pavedroad/plugin-dora-node';
import { ServiceMapping } from '../catalog/serviceMapping';

/** A normalised event on its way into the inbox. */
export interface InboxEntry {
  event: RawDeliveryEvent;
  status: 'accepted' | 'ignored';
  reason?: string;
  /** Id and version of the source that normalised it; empty when none understood it. */
  normaliser: string;
  normaliserVersion: number;
  domainEvents: DomainEvent[];
}

/** A refused event, kept for its sender. */
export interface RejectionEntry {
  receivedAt: string;
  source?: string;
  deliveryId?: string;
  reason: string;
}

/** An inbox row as replay reads it. */
export interface StoredRecord {
  inboxId: string;
  event: RawDeliveryEvent;
}

/** How many events of the inbox were normalised anew, and how many stay as they were. */
export interface ReplayResult {
  normalised: number;
  kept: number;
}

/** Where a replay is. It is kept with what it has done so far, so that it goes on from there after a stop. */
export interface ReplayState {
  /** Counts the runs that were begun. */
  generation: number;
  /** Of the sources that normalise. */
  versions: Record<string, number>;
  /** First what cannot be normalised again is told from what can; then that is normalised. */
  stage: 'kept' | 'anew';
  /** Up to this row of the inbox the stage is done. */
  after: string;
  /** Up to this row raw payloads are no longer kept. */
  droppedTo: string;
  /** The last row when it began. */
  last: string;
  normalised: number;
  kept: number;
}

export interface ReplayStep extends ReplayState {
  done: boolean;
}

/** A way in which events name a service that the catalog does not know. */
export interface UnresolvedTarget {
  hint: DomainEvent['service'];
  reason: string;
  events: number;
  firstSeen: string;
}

/** Which sources the stored events were read by, and the run that is under way. */
export interface KnownReplay {
  stored: Record<string, number>;
  underWay?: ReplayState;
}

/** What makes two events the same delivery. */
export type Delivery = Pick<RawDeliveryEvent, 'source' | 'id' | 'onlyFor'>;

/** Entity refs between which events moved; without `to` they lead nowhere now. */
export interface TargetMove {
  from: string;
  to?: string;
}

/**
 * Inbox and domain events. An event is acknowledged when `record` has resolved:
 * the raw record, its domain events and the marks for the worker are then
 * committed together.
 */
export interface DeliveryStore {
  /**
   * Records entries in one transaction.
   *
   * @returns for each entry whether it was new (`false`: a duplicate)
   */
  record(entries: InboxEntry[], mapping: ServiceMapping): Promise<boolean[]>;
  /** For each event whether `record` would find it a duplicate. */
  known(events: Delivery[]): Promise<boolean[]>;
  recordRejections(entries: RejectionEntry[]): Promise<void>;
  /** Removes refused events received before the moment; they feed nothing. */
  pruneRejections(before: Date): Promise<void>;
  /**
   * Brings services and targets in line with the catalog and marks every
   * service whose events, repository or path changed.
   *
   * @param onMoved - told when events of a service that the catalog still has are counted for another, or for none any more
   * @returns whether anything changed
   */
  applyMapping(
    mapping: ServiceMapping,
    onMoved?: (move: TargetMove) => void,
  ): Promise<boolean>;
  /** The same for targets that have no service yet; cheap when there are none. */
  resolveUnresolved(mapping: ServiceMapping): Promise<boolean>;
  /** Marks all services for derivation when the fingerprint of settings changed. */
  applySettings(fingerprint: string): Promise<boolean>;
  unresolvedTargets(limit: number): Promise<UnresolvedTarget[]>;
  /**
   * How many events wait for a service.
   *
   * @param serviceRefs - only those that any of these services would have, were it alone in its repository
   */
  countUnmapped(serviceRefs?: string[]): Promise<number>;
  /** Versions of the sources that normalised what is stored, by source id. */
  normaliserVersions(): Promise<Record<string, number>>;
  /** The run that is under way, by whichever backend. While there is one, facts stay as they are. */
  replaying(): Promise<ReplayState | undefined>;
  /**
   * Begins to normalise the inbox anew by sources of these versions; one that is under way is begun from the start.
   *
   * @param since - what was known when that was decided: when another backend has begun, gone on or ended meanwhile, nothing is done
   * @returns whether it begins
   */
  beginReplay(
    versions: Record<string, number>,
    since?: KnownReplay,
  ): Promise<boolean>;
  /**
   * Normalises some of the inbox anew, in the order of receipt and in one transaction with the note of how far it came.
   * Of events whose raw payloads are no longer kept, what they were normalised to stays. The last step removes what no
   * event says any more, keeps the versions, and marks every service: then facts follow.
   *
   * @returns nothing when no run of these versions is under way
   */
  replayStep(
    normalise: (record: StoredRecord) => InboxEntry,
    mapping: ServiceMapping,
    versions: Record<string, number>,
  ): Promise<ReplayStep | undefined>;
  /** All of that, from the beginning to the end. */
  replay(
    normalise: (record: StoredRecord) => InboxEntry,
    mapping: ServiceMapping,
  ): Promise<ReplayResult>;
}
