/** What a page load felt like, sent once when the page is left. Values that were not seen are left out. */
export type VitalsReport = {
  page: string;
  device: Device;
  /** Largest Contentful Paint, in seconds. */
  lcp?: number;
  /** Interaction to Next Paint, in seconds. */
  inp?: number;
  /** Cumulative Layout Shift, without a unit. */
  cls?: number;
};

export const DEVICES = ['phone', 'desktop'] as const;
export type Device = (typeof DEVICES)[number];

/** Something that went wrong in a browser. */
export type ErrorReport = {
  page: string;
  kind: ErrorKind;
  message: string;
  stack?: string;
};

/** `render`: caught by the error boundary; `script`: thrown outside; `promise`: rejected and not handled. */
export const ERROR_KINDS = ['render', 'script', 'promise'] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

export const VITALS_URL = '/v1/vitals';
export const ERRORS_URL = '/v1/errors';
export const CSP_REPORTS_URL = '/v1/csp-reports';

/** Longest path, message and stack that are sent and accepted, in characters. */
export const PAGE_LENGTH = 200;
export const MESSAGE_LENGTH = 500;
export const STACK_LENGTH = 4000;
