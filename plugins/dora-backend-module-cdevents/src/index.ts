/**
 * CDEvents as a source of delivery events.
 *
 * @packageDocumentation
 */
export { doraModuleCdevents as default } from './module';
export { cdeventsSource, createCdeventsSource } from './source';
export { type CdeventsOptions, readCdeventsOptions } from './options';
