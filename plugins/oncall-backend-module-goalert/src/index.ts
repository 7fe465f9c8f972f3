/**
 * Who is on call, asked of GoAlert.
 *
 * @packageDocumentation
 */
export { oncallModuleGoAlert as default } from './module';
export { createGoAlertProvider } from './GoAlertReader';
