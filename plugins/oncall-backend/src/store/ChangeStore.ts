import type { ChangeKind } from '@pavedroad/plugin-oncall-common';

import type { NamedRequest } from './changeRequests';
import type {
  Decision,
  OverrideDefinition,
  OverrideVersion,
} from './OnCallStore';

/** A change that was made; times in milliseconds. */
export type Change = {
  id: string;
  kind: ChangeKind;
  reason?: string;
  author: string;
  createdAt: number;
  undoneAt?: number;
  undoneBy?: string;
  /** As they were made, and whether each has been taken back. */
  overrides: (OverrideVersion & { takenBack: boolean })[];
};

/** Keeps changes. Those that touch the same schedule happen one after the other. */
export interface ChangeStore {
  /**
   * Makes a change, all of it or nothing. A request that was carried out before makes nothing: nothing is decided, and the change it led to is
   * answered.
   * @throws ConflictError when the key of the request was used for another one.
   */
  make(
    change: {
      kind: ChangeKind;
      reason?: string;
      author: string;
      overrides: OverrideDefinition[];
    },
    decision: Decision,
    request?: NamedRequest,
  ): Promise<{ change: Change; fresh: boolean }>;

  /**
   * The change that a request has led to, made or taken back by it; undefined when it was never carried out.
   * @throws ConflictError when its key was used for another request.
   */
  byRequest(request: NamedRequest): Promise<Change | undefined>;

  /** A change, or undefined when there never was one of that id. */
  byId(id: string): Promise<Change | undefined>;

  /**
   * Takes back what is left of a change from now on: the overrides that have not ended and were not taken back. False when it was undone before
   * or nothing is left, also when this very request did it.
   * @throws ConflictError when the key of the request was used for another one.
   */
  undo(
    id: string,
    author: string,
    request?: NamedRequest,
    decision?: Decision,
  ): Promise<boolean>;

  /** Forgets the keys of requests made before an instant in milliseconds. */
  forgetRequests(before: number): Promise<void>;

  /** Changes, newest first, of one schedule or of all; `after` is the last of the page before. */
  list(query: {
    scheduleRef?: string;
    limit: number;
    after?: string;
  }): Promise<Change[]>;
}
