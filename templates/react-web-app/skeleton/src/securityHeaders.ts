import { randomBytes } from 'node:crypto';
import { CSP_REPORTS_URL } from '../shared/reports.js';

/** A number used once: only scripts that carry it run. */
export function createNonce(): string {
  return randomBytes(16).toString('base64');
}

/**
 * What a page may load and run: scripts with this answer's nonce and what those load themselves, everything else from here only, nothing
 * inline. A host that is needed (an API, a font) is added to its own directive, never to `default-src`.
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    // Every browser knows it; its successor, report-to, is silent where a page comes without TLS, and silences this one.
    `report-uri ${CSP_REPORTS_URL}`,
  ].join('; ');
}

/** Headers of pages alone. */
export function pageHeaders(nonce: string): Record<string, string> {
  return {
    'content-security-policy': contentSecurityPolicy(nonce),
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'referrer-policy': 'strict-origin-when-cross-origin',
  };
}

/** Headers of every answer. Strict-Transport-Security counts only where TLS is, in front of this process. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'cross-origin-resource-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** For answers that are no page: were one ever shown as a document, it could load nothing. */
export const NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'";
