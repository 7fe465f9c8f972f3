import { DataQualityNote, urgentNotes } from '@pavedroad/plugin-dora-common';
import { StatusBadge, StatusLevel } from '@pavedroad/portal-ui';
import { noteKey, noteTitle, QUALITY_WORDS } from '../words/notes';
import styles from './delivery.module.css';

const LOOK: Record<string, { level: StatusLevel; words: string }> = {
  facts_failed: { level: 'bad', words: 'Out of date' },
  beyond_retention: { level: 'warning', words: 'Not all kept' },
  facts_pending: { level: 'info', words: 'Still counting' },
};

/** Why what stands below is not the whole truth at this moment, and what to do about it; nothing, when it is. */
export function UrgentNotes(props: {
  notes: readonly DataQualityNote[] | undefined;
  /** The reader's, when left out. */
  timeZone?: string;
}) {
  const notes = urgentNotes(props.notes);
  if (notes.length === 0) {
    return null;
  }
  return (
    <ul className={styles.urgent} aria-label="What these numbers lack">
      {notes.map(note => {
        const { level, words } = LOOK[note.code];
        return (
          <li key={noteKey(note)}>
            <StatusBadge level={level}>{words}</StatusBadge>{' '}
            <strong>{`${noteTitle(note, props.timeZone)}.`}</strong>{' '}
            <span className={styles.muted}>
              {QUALITY_WORDS[note.code].advice}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
