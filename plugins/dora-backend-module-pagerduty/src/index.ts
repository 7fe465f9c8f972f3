/**
 * PagerDuty incidents as a source of delivery events.
 *
 * @packageDocumentation
 */
export { doraModulePagerduty as default } from './module';
export { PagerDutySource } from './PagerDutySource';
