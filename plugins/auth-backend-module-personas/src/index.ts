export { authModulePersonas as default } from './module';
export type { Persona } from './personas';
