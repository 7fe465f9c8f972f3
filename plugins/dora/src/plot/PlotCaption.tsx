import { createContext, useCallback, useContext } from 'react';
import { CsvValue } from '@pavedroad/portal-ui';

/** What a picture, a file or a printed page must say about itself, once it has left the page it came from. */
export interface PlotCaption {
  /** `Everything`, or the name of the scope. */
  scope: string;
  /** Period, zone and environment. */
  window: string;
  /** Version of the definitions. */
  definition: string;
  /** Why the numbers are not the whole truth at this moment, in words. */
  notes: string[];
  /** Everything that is missing behind the numbers, as a cell of a file has it. */
  dataQuality: string;
}

const CaptionContext = createContext<PlotCaption | undefined>(undefined);

/** Gives every plot below it the words that go with it when it is saved. */
export const PlotCaptionProvider = CaptionContext.Provider;

/** The words that go with a saved plot, a line each. */
export function usePlotCaption(): string[] {
  const caption = useContext(CaptionContext);
  return caption
    ? [caption.scope, caption.window, caption.definition, ...caption.notes]
    : [];
}

/** Adds to the rows of a file what is missing behind its numbers, as the files of the API say it. */
export function useNotedRows(): (
  rows: Record<string, CsvValue>[],
) => Record<string, CsvValue>[] {
  const dataQuality = useContext(CaptionContext)?.dataQuality;
  return useCallback(
    rows =>
      dataQuality === undefined
        ? rows
        : rows.map(row => ({ ...row, data_quality: dataQuality })),
    [dataQuality],
  );
}
