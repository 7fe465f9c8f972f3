import { Button } from '@backstage/ui';
import { CsvValue, downloadText, toCsv } from '@pavedroad/portal-ui';

/** Hands the rows of a table over as a file. */
export function CsvButton(props: {
  /** Of the file, without its ending. */
  name: string;
  /** What the table shows, where a screen has several: `Services`. */
  of: string;
  /** None: there is nothing to hand over. */
  rows: () => Record<string, CsvValue>[] | undefined;
}) {
  const { name, of, rows } = props;
  return (
    <Button
      variant="secondary"
      aria-label={`Download CSV: ${of}`}
      isDisabled={!rows()?.length}
      onPress={() =>
        downloadText(`${name}.csv`, 'text/csv', toCsv(rows() ?? []))
      }
    >
      Download CSV
    </Button>
  );
}
