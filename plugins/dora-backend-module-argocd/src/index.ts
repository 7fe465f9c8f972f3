/**
 * Syncs of Argo CD as a source of delivery events.
 *
 * @packageDocumentation
 */
export { doraModuleArgocd as default } from './module';
export { ArgoCdSource } from './ArgoCdSource';
