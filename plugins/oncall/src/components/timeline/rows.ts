import type { TimelineAnswer } from '@pavedroad/plugin-oncall-common';
import type { CSSProperties } from 'react';

type AnswerSchedule = TimelineAnswer['schedules'][number];

/** A piece of a level: somebody's shift, or a time with nobody. Instants in milliseconds. */
export type Piece = {
  kind: 'shift' | 'gap';
  from: number;
  to: number;
  /** Name in full; `Nobody` for a gap. */
  name: string;
  /** The person; absent for a gap. */
  ref?: string;
  /** Whether the reader may not see who it is: `name` is none. */
  hidden?: boolean;
  override?: string;
  /** Who is stood in for, by name and by ref. */
  replaces?: string;
  replacesRef?: string;
  /** Whether it began before what is shown, or ends after it. */
  cut: boolean;
  /** Which line of the level: several people can be on call on one level at once. */
  line: number;
};

/** What of a piece lies in a half-open time in milliseconds, or undefined. Pure. */
export function clipPiece(
  piece: Piece,
  from: number,
  to: number,
): Piece | undefined {
  if (piece.to <= from || piece.from >= to) {
    return undefined;
  }
  return piece.from >= from && piece.to <= to
    ? piece
    : {
        ...piece,
        from: Math.max(piece.from, from),
        to: Math.min(piece.to, to),
        cut: true,
      };
}

/** A level of a schedule. */
export type TimelineRow = {
  key: string;
  level: number;
  name: string;
  lines: number;
  pieces: Piece[];
};

/** A schedule with its levels. */
export type TimelineBlock = {
  schedule: AnswerSchedule['schedule'];
  editable: boolean;
  problem?: string;
  rows: TimelineRow[];
};

/** Makes an answer ready to draw: times read once, and a line for each of those who are on call on one level at once. Pure. */
export function blocksOf(answer: TimelineAnswer): TimelineBlock[] {
  const nameOf = (ref: string) => answer.people[ref]?.displayName ?? ref;
  const [start, end] = [Date.parse(answer.from), Date.parse(answer.to)];
  const timesOf = (item: { from: string; to: string }) => {
    const [from, to] = [Date.parse(item.from), Date.parse(item.to)];
    return { from, to, cut: from <= start || to >= end };
  };
  return answer.schedules.map(({ schedule, editable, levels, problem }) => ({
    schedule,
    editable,
    ...(problem ? { problem } : {}),
    rows: levels.map(({ level, name, shifts, gaps }) => {
      const pieces = [
        ...shifts.map(shift => ({
          kind: 'shift' as const,
          ...timesOf(shift),
          name: nameOf(shift.person),
          ref: shift.person,
          ...(answer.people[shift.person]?.hidden ? { hidden: true } : {}),
          ...(shift.override ? { override: shift.override } : {}),
          ...(shift.replaces
            ? {
                replaces: nameOf(shift.replaces),
                replacesRef: shift.replaces,
              }
            : {}),
          line: 0,
        })),
        ...gaps.map(gap => ({
          kind: 'gap' as const,
          ...timesOf(gap),
          name: 'Nobody',
          line: 0,
        })),
      ].sort((a, b) => a.from - b.from || a.name.localeCompare(b.name));
      // Each goes on the first line that is free by then.
      const ends: number[] = [];
      for (const piece of pieces) {
        const free = ends.findIndex(busyUntil => busyUntil <= piece.from);
        piece.line = free < 0 ? ends.length : free;
        ends[piece.line] = piece.to;
      }
      return {
        key: `${schedule.ref} ${level}`,
        level,
        name,
        lines: Math.max(1, ends.length),
        pieces,
      };
    }),
  }));
}

/** Keeps what a reader looks for: by schedule, owner, level or person; of a person's own schedules only, when asked. Pure. */
export function filterBlocks(
  blocks: TimelineBlock[],
  options: {
    search: string;
    /** The reader and the groups that the reader belongs to; left out: everybody's. */
    mine?: readonly string[];
    schedule?: string;
  },
): TimelineBlock[] {
  const wanted = options.search.trim().toLocaleLowerCase();
  const own = options.mine && new Set(options.mine);
  return blocks.filter(({ schedule, rows }) => {
    const people = () => rows.flatMap(row => row.pieces);
    if (options.schedule && schedule.ref !== options.schedule) {
      return false;
    }
    if (
      own &&
      !own.has(schedule.ownerRef) &&
      !people().some(({ ref }) => ref !== undefined && own.has(ref))
    ) {
      return false;
    }
    return (
      wanted === '' ||
      [
        schedule.title,
        schedule.ref,
        schedule.ownerRef,
        ...rows.map(row => row.name),
        ...people().flatMap(({ name, ref }) => (ref ? [name, ref] : [])),
      ].some(text => text.toLocaleLowerCase().includes(wanted))
    );
  });
}

/**
 * A person's colour: always the same for the same person. The hue is in degrees and never near red, which is for gaps; the tone, 0, 1 or
 * 2, tells those apart who happen to share a hue. Pure.
 */
export function colourOf(ref: string): { hue: number; tone: number } {
  // FNV-1a: spreads even names that differ in one letter.
  let hash = 0x811c9dc5;
  for (let i = 0; i < ref.length; i++) {
    hash = Math.imul(hash ^ ref.charCodeAt(i), 0x01000193);
  }
  // Its low bits are the weakest.
  const mixed = (hash ^ (hash >>> 15)) >>> 0;
  return {
    hue: 30 + ((mixed % 19) * 300) / 19,
    tone: Math.floor(mixed / 19) % 3,
  };
}

/** The colour of a person for styles that read `--hue` and `--tone`. */
export function colourStyle(ref: string | undefined): CSSProperties {
  if (ref === undefined) {
    return {};
  }
  const { hue, tone } = colourOf(ref);
  return { '--hue': hue, '--tone': tone } as CSSProperties;
}

/** Whom another override of a piece is about: overrides do not chain, so it is whoever is stood in for. Pure. */
export function whomOverridesConcern(
  piece: Piece | undefined,
): { ref: string; displayName: string } | undefined {
  if (piece?.replacesRef && piece.replaces) {
    return { ref: piece.replacesRef, displayName: piece.replaces };
  }
  return piece?.ref ? { ref: piece.ref, displayName: piece.name } : undefined;
}
