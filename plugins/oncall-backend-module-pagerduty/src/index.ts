/**
 * Who is on call, asked of PagerDuty.
 *
 * @packageDocumentation
 */
export { oncallModulePagerduty as default } from './module';
export { createPagerDutyProvider } from './PagerDutyReader';
