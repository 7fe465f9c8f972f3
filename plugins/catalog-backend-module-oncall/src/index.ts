export { catalogModuleOnCall as default } from './module';
export { OnCallScheduleProcessor } from './OnCallScheduleProcessor';
