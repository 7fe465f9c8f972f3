import { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  deliveryViewPath,
  DeploymentListItem,
  explainMetric,
  MetricExplanation,
  MetricName,
  MetricsQuery,
  ROWS_BEHIND,
} from '@pavedroad/plugin-dora-common';
import { MetricsService } from './MetricsService';

/** Explains single numbers, with links into the portal. */
export class ExplainService {
  static create(options: {
    metrics: MetricsService;
    /** Address of the portal in a browser. */
    appBaseUrl: string;
  }): ExplainService {
    return new ExplainService(
      options.metrics,
      options.appBaseUrl.replace(/\/$/, ''),
    );
  }

  private constructor(
    private readonly metrics: MetricsService,
    private readonly appBaseUrl: string,
  ) {}

  /**
   * One metric, what it rests on, and the newest deployments behind it.
   *
   * @param rows - how many of them to list, at least 1
   */
  async explain(
    metric: MetricName,
    query: MetricsQuery,
    rows: number,
    credentials: BackstageCredentials,
  ): Promise<MetricExplanation> {
    const filter = ROWS_BEHIND[metric];
    const [response, list] = await Promise.all([
      this.metrics.metrics(query, credentials),
      this.metrics.deployments(
        {
          ...query,
          kind: filter.kind,
          outcome: filter.outcome,
          failureData: filter.failureData ?? false,
          rework: filter.rework ?? false,
          attempts: false,
        },
        { limit: rows },
        credentials,
      ),
    ]);
    const view = {
      entityRef: response.scope.entityRef,
      window: response.window,
      environment: response.definition.environment,
    };
    const link = (path: string) => `${this.appBaseUrl}${path}`;
    const { items, totalItems } = list.response;
    return {
      ...explainMetric(metric, response),
      rows: {
        filter,
        ...(totalItems !== undefined && { total: totalItems }),
        items: items.map(item => ({
          ...item,
          link: link(deliveryViewPath({ ...view, deployment: item.id })),
        })),
        link: link(
          deliveryViewPath({
            ...view,
            tab: 'deployments',
            filter: { ...filter },
          }),
        ),
      },
      link: link(deliveryViewPath(view)),
    };
  }

  /** The address of one deployment in the portal. */
  deploymentLink({ id, serviceRef }: DeploymentListItem): string {
    const search = new URLSearchParams({ scope: serviceRef, deployment: id });
    return `${this.appBaseUrl}/delivery?${search}`;
  }
}
