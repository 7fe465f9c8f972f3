import { createContext, useContext } from 'react';

/** What a picture or a printed page must say about itself, once it has left the page it came from. */
export interface PlotCaption {
  /** `Everything`, or the name of the scope. */
  scope: string;
  /** Period, zone and environment. */
  window: string;
  /** Version of the definitions. */
  definition: string;
}

const CaptionContext = createContext<PlotCaption | undefined>(undefined);

/** Gives every plot below it the words that go with it when it is saved. */
export const PlotCaptionProvider = CaptionContext.Provider;

/** The words that go with a saved plot, a line each. */
export function usePlotCaption(): string[] {
  const caption = useContext(CaptionContext);
  return caption ? [caption.scope, caption.window, caption.definition] : [];
}
