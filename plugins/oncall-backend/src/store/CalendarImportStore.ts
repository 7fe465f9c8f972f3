import type { Knex } from 'knex';

import type { CalendarEvent } from '../ical/readCalendar';

/** A calendar as it was read last. Times are milliseconds since the epoch. */
export type CalendarImport = {
  key: string;
  etag?: string;
  lastModified?: string;
  year?: number;
  events?: CalendarEvent[];
  problem?: string;
  readAt?: number;
  failures: number;
};

type Row = {
  key: string;
  etag: string | null;
  last_modified: string | null;
  year: number | null;
  events: CalendarEvent[] | null;
  problem: string | null;
  read_at: Date | null;
  tried_at: Date;
  failures: number;
};

/** Keeps what calendars said in PostgreSQL, so that all back ends know it, also after a restart. */
export class CalendarImportStore {
  constructor(private readonly db: Knex) {}

  /** What is known of some calendars. */
  async get(keys: string[]): Promise<Map<string, CalendarImport>> {
    const rows =
      keys.length === 0
        ? []
        : await this.db<Row>('calendar_imports').whereIn('key', keys);
    return new Map(
      rows.map(row => [
        row.key,
        {
          key: row.key,
          etag: row.etag ?? undefined,
          lastModified: row.last_modified ?? undefined,
          year: row.year ?? undefined,
          events: row.events ?? undefined,
          problem: row.problem ?? undefined,
          readAt: row.read_at?.getTime(),
          failures: row.failures,
        },
      ]),
    );
  }

  /** Claims the next attempt to read a calendar, for one of the back ends. */
  async claim(key: string, now: number, triedBefore: number): Promise<boolean> {
    const claimed = await this.db<Row>('calendar_imports')
      .insert({ key, tried_at: new Date(now) })
      .onConflict('key')
      .merge({ tried_at: new Date(now) })
      .where('calendar_imports.tried_at', '<', new Date(triedBefore))
      .returning('key');
    return claimed.length > 0;
  }

  /** Records what was read. */
  async succeeded(
    key: string,
    read: {
      at: number;
      /** Absent when it is as it was. */
      content?: {
        events: CalendarEvent[];
        year: number;
        etag?: string;
        lastModified?: string;
      };
    },
  ): Promise<void> {
    await this.db<Row>('calendar_imports')
      .where({ key })
      .update({
        read_at: new Date(read.at),
        problem: null,
        failures: 0,
        ...(read.content
          ? {
              events: JSON.stringify(
                read.content.events,
              ) as unknown as CalendarEvent[],
              year: read.content.year,
              etag: read.content.etag ?? null,
              last_modified: read.content.lastModified ?? null,
            }
          : {}),
      });
  }

  /** Records why it could not be read; what was read before stays. */
  async failed(key: string, problem: string): Promise<void> {
    await this.db<Row>('calendar_imports')
      .where({ key })
      .update({ problem, failures: this.db.raw('failures + 1') as never });
  }

  /** Forgets calendars that no schedule follows any more, a while after the last attempt. */
  async forgetOthers(keys: string[], triedBefore: number): Promise<void> {
    await this.db<Row>('calendar_imports')
      .whereNotIn('key', keys)
      .where('tried_at', '<', new Date(triedBefore))
      .delete();
  }
}
