/**
 * Who is on call, asked of Grafana IRM.
 *
 * @packageDocumentation
 */
export { oncallModuleGrafana as default } from './module';
export { createGrafanaProvider } from './GrafanaReader';
