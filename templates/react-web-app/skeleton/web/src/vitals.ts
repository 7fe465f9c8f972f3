import { onCLS, onINP, onLCP } from 'web-vitals';
import { type Device, PAGE_LENGTH, VITALS_URL, type VitalsReport } from '../../shared/reports.js';
import type { RuntimeConfig } from '../../shared/runtimeConfig.js';
import { send } from './send.js';

const deviceOf = (): Device => (window.matchMedia('(max-width: 600px)').matches ? 'phone' : 'desktop');

/** Three digits are what is measured; more would say how fast this very machine is. */
const rounded = (value: number) => Math.round(value * 1000) / 1000;

/**
 * Measures what this page load feels like and sends it once, when the page is first hidden or left: the largest paint is final then, and
 * a page that is left on a phone may never be heard of again. Only the sampled share of loads takes part.
 */
export function reportVitals(config: Pick<RuntimeConfig, 'vitalsSampleRate'>, random: () => number = Math.random): void {
  if (random() >= config.vitalsSampleRate) {
    return;
  }
  const report: VitalsReport = { page: window.location.pathname.slice(0, PAGE_LENGTH), device: deviceOf() };
  onLCP(({ value }) => (report.lcp = rounded(value / 1000)), { reportAllChanges: true });
  onINP(({ value }) => (report.inp = rounded(value / 1000)), { reportAllChanges: true });
  onCLS(({ value }) => (report.cls = rounded(value)), { reportAllChanges: true });

  const leave = () => {
    if (document.visibilityState === 'hidden') {
      document.removeEventListener('visibilitychange', leave);
      send(VITALS_URL, report);
    }
  };
  // After the listeners of the measurements, so that these are finished first.
  document.addEventListener('visibilitychange', leave);
}
