export { permissionModulePortalPolicy as default } from './module';
export { PortalPermissionPolicy } from './PortalPermissionPolicy';
export { portalRules } from './rules';
export type { PortalRule } from './rules';
