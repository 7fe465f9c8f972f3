import { Button } from '@backstage/ui';
import { CsvValue, downloadText, toCsv } from '@pavedroad/portal-ui';

/** Hands the rows of a table over as a file. */
export function CsvButton(props: {
  /** Of the file, without its ending. */
  name: string;
  /** What the table shows, where a screen has several: `Services`. */
  of: string;
  /** There is nothing to hand over. */
  isEmpty?: boolean;
  /** Made when somebody asks for them: they may be thousands. */
  rows: () => Record<string, CsvValue>[];
}) {
  const { name, of, isEmpty, rows } = props;
  return (
    <Button
      variant="secondary"
      aria-label={`Download CSV: ${of}`}
      isDisabled={isEmpty}
      onPress={() => downloadText(`${name}.csv`, 'text/csv', toCsv(rows()))}
    >
      Download CSV
    </Button>
  );
}
