import type {
  AuditorService,
  AuthService,
  DiscoveryService,
  RootConfigService,
  UrlReaderService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { RepositoryHost } from '../hosts/types';

/** What the actions are made of. */
export type ActionServices = {
  auditor: AuditorService;
  auth: AuthService;
  catalog: CatalogService;
  config: RootConfigService;
  discovery: DiscoveryService;
  host: RepositoryHost;
  reader: UrlReaderService;
  userInfo: UserInfoService;
};

/** The default branch of new repositories. */
export function readDefaultBranch(config: RootConfigService): string {
  return (
    config.getOptionalString('goldenPaths.publish.defaultBranch') ?? 'main'
  );
}
