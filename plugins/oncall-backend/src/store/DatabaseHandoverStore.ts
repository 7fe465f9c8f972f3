import { randomUUID } from 'crypto';
import type { Knex } from 'knex';

import type { Handoff, HandoverStore, Note } from './HandoverStore';

type NoteRow = {
  id: string;
  schedule_ref: string;
  text: string;
  author: string;
  created_at: Date;
  closed_at: Date | null;
  closed_by: string | null;
};

/** Keeps notes in PostgreSQL. */
export class DatabaseHandoverStore implements HandoverStore {
  constructor(private readonly db: Knex) {}

  async add(
    note: { scheduleRef: string; text: string; author: string },
    limit: number,
  ): Promise<Note | undefined> {
    const { rows } = await this.db.raw<{ rows: NoteRow[] }>(
      `insert into handover_notes (id, schedule_ref, text, author)
       select ?::uuid, ?::text, ?::text, ?::text
        where (select count(*) from handover_notes where schedule_ref = ? and closed_at is null) < ?
       returning *`,
      [
        randomUUID(),
        note.scheduleRef,
        note.text,
        note.author,
        note.scheduleRef,
        limit,
      ],
    );
    return rows.length > 0 ? toNote(rows[0], []) : undefined;
  }

  async byId(id: string): Promise<Note | undefined> {
    const row = await this.db<NoteRow>('handover_notes').where({ id }).first();
    return row && (await this.#withReaders([row]))[0];
  }

  async list(
    scheduleRef: string,
    closed: boolean,
    limit: number,
  ): Promise<Note[]> {
    const query = this.db<NoteRow>('handover_notes')
      .where({ schedule_ref: scheduleRef })
      .limit(limit);
    return await this.#withReaders(
      closed
        ? await query.whereNotNull('closed_at').orderBy('closed_at', 'desc')
        : await query.whereNull('closed_at').orderBy('created_at'),
    );
  }

  async markRead(id: string, reader: string): Promise<void> {
    await this.db('handover_reads')
      .insert({ note_id: id, reader })
      .onConflict(['note_id', 'reader'])
      .ignore();
  }

  async setClosed(id: string, closed: boolean, by: string): Promise<boolean> {
    const changed = await this.db<NoteRow>('handover_notes')
      .where({ id })
      .modify(query => {
        if (closed) {
          query.whereNull('closed_at');
        } else {
          query.whereNotNull('closed_at');
        }
      })
      .update({
        closed_at: closed
          ? (this.db.raw('clock_timestamp()') as unknown as Date)
          : null,
        closed_by: closed ? by : null,
      });
    return changed > 0;
  }

  async claim(handoff: Handoff, retryAfter: number): Promise<boolean> {
    const { rows } = await this.db.raw<{ rows: unknown[] }>(
      `insert into handoff_notices (schedule_ref, level, person, begins_at)
       values (?, ?, ?, ?)
       on conflict (schedule_ref, level, person, begins_at) do update set claimed_at = clock_timestamp()
        where handoff_notices.sent_at is null
          and handoff_notices.claimed_at < clock_timestamp() - make_interval(secs => ?)
       returning person`,
      [
        handoff.scheduleRef,
        handoff.level,
        handoff.person,
        new Date(handoff.beginsAt),
        retryAfter / 1000,
      ],
    );
    return rows.length > 0;
  }

  async told(handoff: Handoff): Promise<void> {
    await this.db('handoff_notices')
      .where({
        schedule_ref: handoff.scheduleRef,
        level: handoff.level,
        person: handoff.person,
        begins_at: new Date(handoff.beginsAt),
      })
      .update({ sent_at: this.db.raw('clock_timestamp()') });
  }

  async forgetBefore(instant: number): Promise<void> {
    await this.db('handoff_notices')
      .where('begins_at', '<', new Date(instant))
      .delete();
  }

  async #withReaders(rows: NoteRow[]): Promise<Note[]> {
    const reads = await this.db<{ note_id: string; reader: string }>(
      'handover_reads',
    )
      .whereIn(
        'note_id',
        rows.map(row => row.id),
      )
      .orderBy('read_at');
    return rows.map(row =>
      toNote(
        row,
        reads.filter(r => r.note_id === row.id).map(r => r.reader),
      ),
    );
  }
}

function toNote(row: NoteRow, readBy: string[]): Note {
  return {
    id: row.id,
    scheduleRef: row.schedule_ref,
    text: row.text,
    author: row.author,
    createdAt: row.created_at.getTime(),
    ...(row.closed_at ? { closedAt: row.closed_at.getTime() } : {}),
    ...(row.closed_by === null ? {} : { closedBy: row.closed_by }),
    readBy,
  };
}
