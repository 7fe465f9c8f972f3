import { ReactNode, SVGProps, useRef, useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger } from '@backstage/ui';
import {
  CsvValue,
  downloadText,
  ErrorState,
  toCsv,
} from '@pavedroad/portal-ui';
import { RiDownload2Line } from '@remixicon/react';
import { ScrollRegion } from '../components/ScrollRegion';
import { fileName, pictureToPng, plotPicture, saveBlob } from './exportPlot';
import { usePlotCaption } from './PlotCaption';
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

/**
 * What every plot has: a sentence that says it, the same numbers as a table, and the picture and the numbers as files.
 */
export function PlotFrame(props: {
  /** What is plotted: names the files and the picture. */
  title: string;
  /** The plot in a sentence, for those who do not see it. */
  description: string;
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
  const { ref, width } = useWidth(480);
  const height =
    typeof props.height === 'number' ? props.height : props.height(width);
  const svg = useRef<SVGSVGElement>(null);
  const lines = usePlotCaption();
  const [error, setError] = useState<unknown>();

  const save = async (kind: 'svg' | 'png' | 'csv') => {
    const name = `${fileName([title, ...lines.slice(0, 1)].join(' '))}.${kind}`;
    try {
      setError(undefined);
      if (kind === 'csv') {
        downloadText(name, 'text/csv', toCsv(table().csv()));
      } else if (svg.current) {
        const picture = plotPicture(svg.current, { title, lines });
        if (kind === 'svg') {
          downloadText(name, 'image/svg+xml', picture.svg);
        } else {
          saveBlob(name, await pictureToPng(picture));
        }
      }
    } catch (failure) {
      setError(failure);
    }
  };

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
          {props.children(width)}
        </svg>
        {readout}
      </div>
      <div className={styles.tools}>
        <TableAlternative title={title} table={table} />
        <MenuTrigger>
          <Button
            size="small"
            variant="tertiary"
            iconStart={<RiDownload2Line aria-hidden />}
            aria-label={`Download: ${title}`}
          >
            Download
          </Button>
          <Menu onAction={key => save(key as 'svg' | 'png' | 'csv')}>
            <MenuItem id="png">Picture (PNG)</MenuItem>
            <MenuItem id="svg">Picture (SVG)</MenuItem>
            <MenuItem id="csv">Numbers (CSV)</MenuItem>
          </Menu>
        </MenuTrigger>
      </div>
      {error ? (
        <ErrorState action="The file could not be made" error={error} />
      ) : undefined}
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
