/**
 * Who is on call, asked of Opsgenie and JSM Operations.
 *
 * @packageDocumentation
 */
export { oncallModuleOpsgenie as default } from './module';
export { createOpsgenieProvider } from './OpsgenieReader';
