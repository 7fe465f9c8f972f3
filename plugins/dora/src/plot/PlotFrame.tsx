import { ReactNode, SVGProps, useRef, useState } from 'react';
import { CsvValue, toCsv } from '@pavedroad/portal-ui';
import { ScrollRegion } from '../components/ScrollRegion';
import { useNotedRows } from './PlotCaption';
import { usePlotFiles } from './usePlotFiles';
import { useWidth } from './useWidth';
import styles from './plot.module.css';

/** The same numbers as a table: to read, and to take along. */
export interface PlotTable {
  columns: string[];
  /** The first cell heads its row. */
  rows: string[][];
  /** Plain numbers for a file. */
  csv: () => Record<string, CsvValue>[];
}

/** In pixels, where nothing has a width. */
const FALLBACK_WIDTH = 480;

/**
 * What every plot has: a sentence that says it, the same numbers as a table, and the picture and the numbers as files.
 */
export function PlotFrame(props: {
  /** What is plotted: names the files and the picture. */
  title: string;
  /** The plot in a sentence, for those who do not see it. */
  description: string;
  /** What else the picture says of itself, such as its source. */
  lines?: readonly string[];
  /** In pixels; of a width, where it depends on it. */
  height: number | ((width: number) => number);
  /** Made when somebody asks for it: of many points it costs more than the picture. */
  table: () => PlotTable;
  /** Below the picture, such as what the pointer is at. */
  readout?: ReactNode;
  svgProps?: SVGProps<SVGSVGElement>;
  children: (width: number) => ReactNode;
}) {
  const { title, description, table, readout, svgProps } = props;
  const { ref, width: measured } = useWidth(FALLBACK_WIDTH);
  const width = measured ?? FALLBACK_WIDTH;
  const height =
    typeof props.height === 'number' ? props.height : props.height(width);
  const svg = useRef<SVGSVGElement>(null);
  const noted = useNotedRows();
  const files = usePlotFiles({
    title,
    lines: props.lines,
    picture: () => svg.current,
    csv: () => toCsv(noted(table().csv())),
  });

  return (
    <figure className={styles.figure}>
      <div ref={ref} className={styles.plot}>
        <svg
          {...svgProps}
          ref={svg}
          className={styles.svg}
          viewBox={`0 0 ${width} ${height}`}
          height={height}
          role="img"
          aria-label={description}
        >
          {measured === undefined ? undefined : props.children(measured)}
        </svg>
        {readout}
      </div>
      <div className={styles.tools}>
        <TableAlternative title={title} table={table} />
        {files.menu}
      </div>
      {files.error}
    </figure>
  );
}

function TableAlternative(props: { title: string; table: () => PlotTable }) {
  const [open, setOpen] = useState(false);
  return (
    <details
      className={styles.details}
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>Show as a table</summary>
      {open ? (
        <PointsTable title={props.title} table={props.table()} />
      ) : undefined}
    </details>
  );
}

function PointsTable(props: { title: string; table: PlotTable }) {
  const { columns, rows } = props.table;
  return (
    <ScrollRegion className={styles.scroll} label={`${props.title}, table`}>
      <table className={styles.table}>
        <thead>
          <tr>
            {columns.map(column => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([head, ...cells]) => (
            <tr key={head}>
              <th scope="row">{head}</th>
              {cells.map((cell, i) => (
                <td key={columns[i + 1]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
