/**
 * GitHub as a source of delivery events.
 *
 * @packageDocumentation
 */
export { doraModuleGithub as default } from './module';
