/**
 * Alerts of Opsgenie and Jira Service Management as a source of delivery events.
 *
 * @packageDocumentation
 */
export { doraModuleOpsgenie as default } from './module';
export { OpsgenieSource } from './OpsgenieSource';
