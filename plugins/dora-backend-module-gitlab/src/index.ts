/**
 * GitLab as a source of delivery events.
 *
 * @packageDocumentation
 */
export { doraModuleGitlab as default } from './module';
