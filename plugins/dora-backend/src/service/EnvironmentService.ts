import { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  DEFINITION_VERSION,
  EnvironmentItem,
  EnvironmentsResponse,
} from '@pavedroad/plugin-dora-common';
import { ScopeResolver } from '../catalog/ScopeResolver';
import {
  EnvironmentStore,
  SeenEnvironment,
} from '../database/EnvironmentStore';
import { QueryStore, ResolvedScope } from '../database/QueryStore';
import { DeliveryFigures } from './DeliveryFigures';
import { iso } from './present';

/** More than anybody chooses from; those that most services have go first. */
const MAX_ENVIRONMENTS = 100;
/** Asked for together: enough to be quick, few enough to leave connections to others. */
const AT_ONCE = 4;
/** Wide enough for every deployment that is kept. */
const BEGINNING = Date.UTC(2000, 0, 1);
const DAY = 86_400_000;

/** Answers which environments a scope deploys to, within what the catalog shows the asker. */
export class EnvironmentService {
  static create(options: {
    environments: EnvironmentStore;
    store: QueryStore;
    figures: DeliveryFigures;
    scopes: ScopeResolver;
    now?: () => number;
  }): EnvironmentService {
    return new EnvironmentService(
      options.environments,
      options.store,
      options.figures,
      options.scopes,
      options.now ?? Date.now,
    );
  }

  private constructor(
    private readonly environments: EnvironmentStore,
    private readonly store: QueryStore,
    private readonly figures: DeliveryFigures,
    private readonly scopes: ScopeResolver,
    private readonly now: () => number,
  ) {}

  /** @param entityRef - a scope as metrics take it; undefined: everything */
  async list(
    entityRef: string | undefined,
    credentials: BackstageCredentials,
  ): Promise<EnvironmentsResponse> {
    const { services } = await this.scopes.resolve(entityRef, credentials);
    const scope = await this.store.resolveScope(services, 'production');
    const seen = await this.environments.seen(
      scope.serviceIds,
      MAX_ENVIRONMENTS,
    );
    const items: EnvironmentItem[] = [];
    for (let start = 0; start < seen.length; start += AT_ONCE) {
      items.push(
        ...(await Promise.all(
          seen
            .slice(start, start + AT_ONCE)
            .map(environment => this.item(scope, environment)),
        )),
      );
    }
    return {
      items,
      definition: { version: DEFINITION_VERSION },
      sampleData: scope.services.some(({ sample }) => sample),
    };
  }

  private async item(
    scope: ResolvedScope,
    { name, tier, services, labelId }: SeenEnvironment,
  ): Promise<EnvironmentItem> {
    const own: ResolvedScope = {
      ...scope,
      label: labelId === undefined ? undefined : { id: labelId, isTier: false },
    };
    const filter = {
      window: { from: BEGINNING, to: this.now() + DAY },
      failureData: false,
      rework: false,
      attempts: false,
    };
    const [deployments, [last]] = await Promise.all([
      this.figures.count(own, filter),
      this.store.list(own, filter, { limit: 1 }),
    ]);
    return {
      name,
      tier,
      services,
      deployments,
      ...(last &&
        'deployment' in last && {
          lastDeploymentAt: iso(last.deployment.finishedAt),
        }),
    };
  }
}
