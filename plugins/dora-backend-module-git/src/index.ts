/**
 * Pushes to the portal's git host as a source of delivery events.
 *
 * @packageDocumentation
 */
export { doraModuleGit as default } from './module';
