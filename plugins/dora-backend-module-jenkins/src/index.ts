/**
 * Jenkins as a source of delivery events, through its CDEvents plugin.
 *
 * @packageDocumentation
 */
export { doraModuleJenkins as default } from './module';
export { createJenkinsSource } from './source';
export { type JenkinsOptions, readJenkinsOptions } from './options';
