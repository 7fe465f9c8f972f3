/**
 * Alerts of Prometheus Alertmanager as a source of delivery events.
 *
 * @packageDocumentation
 */
export { doraModuleAlertmanager as default } from './module';
export { AlertmanagerSource } from './AlertmanagerSource';
