/**
 * Back end of delivery metrics.
 *
 * @packageDocumentation
 */
export { doraPlugin as default } from './plugin';
export { reportingTokenHandler } from './credentials/reportingTokenHandler';
