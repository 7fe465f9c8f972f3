/** A note as it is kept; times in milliseconds. */
export type Note = {
  id: string;
  scheduleRef: string;
  text: string;
  author: string;
  createdAt: number;
  closedAt?: number;
  closedBy?: string;
  /** In the order in which they confirmed. */
  readBy: string[];
};

/** Somebody's shift that begins. */
export type Handoff = {
  scheduleRef: string;
  level: number;
  person: string;
  /** Milliseconds. */
  beginsAt: number;
};

/** Keeps notes, who has read them, and who was told of a shift. */
export interface HandoverStore {
  /** Adds a note; undefined when the schedule has as many open ones as it may have. */
  add(
    note: { scheduleRef: string; text: string; author: string },
    limit: number,
  ): Promise<Note | undefined>;

  /** A note, or undefined when there is none of that id. */
  byId(id: string): Promise<Note | undefined>;

  /** The open notes of a schedule, oldest first; or those that were closed, the last closed first. */
  list(scheduleRef: string, closed: boolean, limit: number): Promise<Note[]>;

  /** Puts on record that somebody has read a note; the first time counts. */
  markRead(id: string, reader: string): Promise<void>;

  /** Closes a note, or opens it again. False when it was so before. */
  setClosed(id: string, closed: boolean, by: string): Promise<boolean>;

  /**
   * Claims the telling of a shift for this back end. False when it was told, or another back end is at it; one that began it and has not
   * finished within `retryAfter` milliseconds is taken over.
   */
  claim(handoff: Handoff, retryAfter: number): Promise<boolean>;

  /** Puts on record that somebody was told. */
  told(handoff: Handoff): Promise<void>;

  /** Forgets whom was told of shifts that began before an instant in milliseconds. */
  forgetBefore(instant: number): Promise<void>;
}
