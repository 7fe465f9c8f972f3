import { Temporal } from 'temporal-polyfill';

/** What a view of the delivery page shows. */
export interface DeliveryView {
  entityRef?: string;
  /** ISO instants, half-open. */
  window: { from: string; to: string; timeZone: string };
  /** The window compared with, when it is not the one of equal length before. */
  compare?: { from: string; to: string };
  environment: string;
  tab?: 'deployments';
  /** Filters of the list of deployments. */
  filter?: Record<string, string | boolean | undefined>;
  /** Id of the deployment to open. */
  deployment?: string;
}

/**
 * The path of the view of the portal that shows it, from the portal's root. Views begin and end with days: a window that
 * does not is widened to them.
 */
export function deliveryViewPath(view: DeliveryView): string {
  const { timeZone } = view.window;
  const search = new URLSearchParams();
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined) {
      search.set(name, value);
    }
  };
  set('scope', view.entityRef);
  set('tab', view.tab);
  set('from', dayOf(view.window.from, timeZone));
  set('until', lastDayOf(view.window.to, timeZone));
  set('timeZone', timeZone);
  set('environment', view.environment);
  set('compareFrom', view.compare && dayOf(view.compare.from, timeZone));
  set('compareUntil', view.compare && lastDayOf(view.compare.to, timeZone));
  for (const [name, value] of Object.entries(view.filter ?? {})) {
    if (value !== undefined && value !== false) {
      search.set(name, String(value));
    }
  }
  set('deployment', view.deployment);
  return `/delivery?${search}`;
}

function dayOf(instant: string, timeZone: string): string {
  return Temporal.Instant.from(instant)
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .toString();
}

function lastDayOf(to: string, timeZone: string): string {
  return dayOf(
    Temporal.Instant.from(to).subtract({ milliseconds: 1 }).toString(),
    timeZone,
  );
}
