import { Counter, Histogram, type Registry } from 'prom-client';
import { pageOf, PAGES } from '../shared/pages.js';
import { DEVICES, ERROR_KINDS, type ErrorReport, type VitalsReport } from '../shared/reports.js';

/** Directives a violation is counted under; any other is `other`. */
const DIRECTIVES = ['connect-src', 'font-src', 'frame-src', 'img-src', 'script-src', 'style-src'] as const;

const REFUSAL_REASONS = ['foreign', 'rate'] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export type BrowserMetrics = {
  observeVitals(report: VitalsReport): void;
  countError(report: ErrorReport): void;
  /** Counts a violation of the content security policy; answers the label it was counted under. */
  countViolation(directive: string): string;
  countRefusal(reason: RefusalReason): void;
};

/** What browsers report. Every label has a known set of values: what browsers send is theirs to choose. */
export function createBrowserMetrics(registry: Registry): BrowserMetrics {
  const labelNames = ['page', 'device'] as const;
  const lcp = new Histogram({
    name: 'web_vitals_lcp_seconds',
    help: 'Largest Contentful Paint of page loads, in seconds.',
    labelNames,
    // 2.5 s is the objective; up to 4 s needs work, beyond is bad.
    buckets: [0.5, 1, 1.5, 2, 2.5, 3, 4, 6, 10],
    registers: [registry],
  });
  const inp = new Histogram({
    name: 'web_vitals_inp_seconds',
    help: 'Interaction to Next Paint of page loads, in seconds.',
    labelNames,
    // Good up to 0.2 s, bad beyond 0.5 s.
    buckets: [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2],
    registers: [registry],
  });
  const cls = new Histogram({
    name: 'web_vitals_cls_ratio',
    help: 'Cumulative Layout Shift of page loads, without a unit.',
    labelNames,
    // Good up to 0.1, bad beyond 0.25.
    buckets: [0.01, 0.05, 0.1, 0.15, 0.25, 0.5, 1],
    registers: [registry],
  });
  const errors = new Counter({
    name: 'browser_errors_total',
    help: 'Errors in browsers, by page and kind.',
    labelNames: ['page', 'kind'] as const,
    registers: [registry],
  });
  const violations = new Counter({
    name: 'csp_violations_total',
    help: 'Reported violations of the content security policy, by directive.',
    labelNames: ['directive'] as const,
    registers: [registry],
  });
  const refusals = new Counter({
    name: 'browser_reports_refused_total',
    help: 'Reports of browsers that were not taken: too many, or from another site.',
    labelNames: ['reason'] as const,
    registers: [registry],
  });

  // Every series is there from the start, at zero: the first event is an increase, and no label comes later.
  for (const page of [...PAGES, 'other']) {
    for (const device of DEVICES) {
      [lcp, inp, cls].forEach(vital => vital.zero({ page, device }));
    }
    ERROR_KINDS.forEach(kind => errors.inc({ page, kind }, 0));
  }
  [...DIRECTIVES, 'other'].forEach(directive => violations.inc({ directive }, 0));
  REFUSAL_REASONS.forEach(reason => refusals.inc({ reason }, 0));

  return {
    observeVitals(report) {
      const labels = { page: pageOf(report.page), device: report.device };
      if (report.lcp !== undefined) {
        lcp.observe(labels, report.lcp);
      }
      if (report.inp !== undefined) {
        inp.observe(labels, report.inp);
      }
      if (report.cls !== undefined) {
        cls.observe(labels, report.cls);
      }
    },
    countError: report => errors.inc({ page: pageOf(report.page), kind: report.kind }),
    countViolation(directive) {
      // `script-src-elem` and `script-src-attr` are both about scripts.
      const known = DIRECTIVES.find(name => directive === name || directive.startsWith(`${name}-`)) ?? 'other';
      violations.inc({ directive: known });
      return known;
    },
    countRefusal: reason => refusals.inc({ reason }),
  };
}
