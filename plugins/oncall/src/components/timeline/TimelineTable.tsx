import { Box, Button } from '@backstage/ui';
import {
  formatDateTime,
  formatPlural,
  type CsvValue,
} from '@pavedroad/portal-ui';
import { useState } from 'react';

import pageStyles from '../styles.module.css';
import { clipPiece, type TimelineBlock } from './rows';
import { endOf, startOf, type Scale } from './scale';
import styles from './timeline.module.css';

/** Rows drawn at once. */
const SHOWN = 200;

/** The timeline as rows, of each schedule the days that are shown. Instants in milliseconds. */
export function tableRows(
  blocks: TimelineBlock[],
  scaleFor: (block: TimelineBlock) => Scale,
) {
  return blocks.flatMap(block => {
    const scale = scaleFor(block);
    return block.rows.flatMap(row =>
      row.pieces.flatMap(whole => {
        const piece = clipPiece(whole, startOf(scale), endOf(scale));
        return piece ? [{ block, row, piece, zone: scale.zone }] : [];
      }),
    );
  });
}

/** The rows for a file: instants in UTC, so that programs can read them. Pure. */
export function csvRows(
  rows: ReturnType<typeof tableRows>,
): Record<string, CsvValue>[] {
  return rows.map(({ block, row, piece }) => ({
    schedule: block.schedule.ref,
    title: block.schedule.title,
    level: row.level,
    level_name: row.name,
    kind: piece.kind,
    person: piece.ref,
    name: piece.kind === 'gap' ? undefined : piece.name,
    in_place_of: piece.replaces,
    from: new Date(piece.from).toISOString(),
    to: new Date(piece.to).toISOString(),
  }));
}

/** The same as the plot, in rows. */
export function TimelineTable(props: {
  blocks: TimelineBlock[];
  scaleFor: (block: TimelineBlock) => Scale;
}) {
  const rows = tableRows(props.blocks, props.scaleFor);
  const [shown, setShown] = useState(SHOWN);
  return (
    <Box
      className={styles.scroll}
      role="region"
      aria-label="Shifts"
      tabIndex={0}
    >
      <table className={pageStyles.table}>
        <thead>
          <tr>
            <th scope="col">Schedule</th>
            <th scope="col">Level</th>
            <th scope="col">Who</th>
            <th scope="col">From</th>
            <th scope="col">Until</th>
            <th scope="col">Time zone</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map(({ block, row, piece, zone }) => (
            <tr key={`${row.key} ${piece.from} ${piece.line}`}>
              <td>{block.schedule.title}</td>
              <td>{row.name}</td>
              <td>
                {piece.kind === 'gap' ? (
                  <strong>Nobody</strong>
                ) : (
                  `${piece.name}${
                    piece.replaces ? ` (in place of ${piece.replaces})` : ''
                  }`
                )}
              </td>
              <td>{formatDateTime(new Date(piece.from), zone)}</td>
              <td>{formatDateTime(new Date(piece.to), zone)}</td>
              <td>{zone}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shown ? (
        <Button
          variant="secondary"
          onPress={() => setShown(shown + SHOWN)}
        >{`Show more of ${formatPlural(rows.length, 'row')}`}</Button>
      ) : undefined}
    </Box>
  );
}
