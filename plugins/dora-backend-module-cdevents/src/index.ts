/**
 * CDEvents as a source of delivery events.
 *
 * @packageDocumentation
 */
export { doraModuleCdevents as default } from './module';
export { cdeventsSource } from './source';
