import {
  dataQualityText,
  MetricsResponse,
  urgentNotes,
} from '@pavedroad/plugin-dora-common';
import { formatDate } from '@pavedroad/portal-ui';
import { PlotCaption } from '../plot/PlotCaption';
import { ViewState } from '../state/viewState';
import { noteTitle } from './notes';

/** What numbers are held against, in words. */
export interface Against {
  /** Another part of the organisation, not another period. */
  isScope: boolean;
  /** `the period before`: ends "compare with …". */
  name: string;
  /** `in the period before`: ends "It was 3 …". */
  when: string;
  /** Short: stands beside a line and above a column. */
  label: string;
}

/** The period of equal length just before: what is compared with unless a reader chooses. */
export const PERIOD_BEFORE: Against = {
  isScope: false,
  name: 'the period before',
  when: 'in the period before',
  label: 'Period before',
};

/**
 * `Payments (group)`: which part of the organisation.
 *
 * @param title - what people call it; its name unless known
 */
export function scopeName(
  entityRef: string | undefined,
  title?: string,
): string {
  if (!entityRef) {
    return 'Everything';
  }
  const [, kind, name] = /^([^:]*):(?:[^/]*\/)?(.*)$/.exec(entityRef) ?? [];
  return name ? `${title ?? name} (${kind})` : entityRef;
}

/** First and last day of a half-open window. */
export function windowWords(
  { from, to }: { from: string; to: string },
  timeZone: string,
): string {
  // The end is not part of the window: its last day is that of the moment before.
  const last = new Date(Date.parse(to) - 1);
  return `${formatDate(from, timeZone)} to ${formatDate(last, timeZone)}`;
}

/** What a saved plot or a printed page says of itself. */
export function captionOf(
  {
    scope,
    window,
    definition,
    dataQuality,
  }: Pick<MetricsResponse, 'scope' | 'window' | 'definition' | 'dataQuality'>,
  scopeTitle?: string,
): PlotCaption {
  return {
    scope: scopeName(scope.entityRef, scopeTitle),
    window: `${windowWords(window, window.timeZone)}, per ${window.interval}, ${
      definition.environment
    }, ${window.timeZone}`,
    definition: `Delivery metrics, definition version ${definition.version}`,
    notes: urgentNotes(dataQuality).map(note =>
      noteTitle(note, window.timeZone),
    ),
    dataQuality: dataQualityText(dataQuality),
  };
}

/** What the answer is held against, as the reader chose it. */
export function againstWords(
  state: Pick<ViewState, 'comparison' | 'compareScope' | 'timeZone'>,
  { comparison }: Pick<MetricsResponse, 'comparison'>,
  otherTitle?: string,
): Against {
  switch (state.comparison) {
    case 'scope': {
      const name =
        otherTitle ??
        scopeName(comparison.scope?.entityRef ?? state.compareScope).replace(
          / \(.*/,
          '',
        );
      return { isScope: true, name, when: `in ${name}`, label: name };
    }
    case 'year':
      return {
        isScope: false,
        name: 'the same days a year before',
        when: 'a year before',
        label: 'A year before',
      };
    case 'dates': {
      const words = windowWords(comparison.window, state.timeZone);
      return {
        isScope: false,
        name: words,
        when: `from ${words}`,
        label: 'Other period',
      };
    }
    default:
      return PERIOD_BEFORE;
  }
}
