import {
  AuditorService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import {
  doraFailuresAttributePermission,
  ManualAttributionRequest,
} from '@pavedroad/plugin-dora-common';
import type { Request } from 'express';
import { AttributionService, Correction } from './AttributionService';
import { CorrectionPolicy } from './CorrectionPolicy';

/** Who asks for a correction, and the request it came with, if it came with one. */
export interface CorrectionAsker {
  credentials: BackstageCredentials;
  request?: Request;
}

/** Corrections of failure attributions: for owners of the service and administrators, and audited either way. */
export class CorrectionService {
  static create(options: {
    attributions: AttributionService;
    policy: CorrectionPolicy;
    catalog: CatalogService;
    auditor: AuditorService;
    /** Does something before what nobody waits for. */
    first: <T>(work: () => Promise<T>) => Promise<T>;
  }): CorrectionService {
    return new CorrectionService(
      options.attributions,
      options.policy,
      options.catalog,
      options.auditor,
      options.first,
    );
  }

  private constructor(
    private readonly attributions: AttributionService,
    private readonly policy: CorrectionPolicy,
    private readonly catalog: CatalogService,
    private readonly auditor: AuditorService,
    private readonly first: <T>(work: () => Promise<T>) => Promise<T>,
  ) {}

  /** See {@link AttributionService.attribute}. @throws NotAllowedError */
  async attribute(
    deploymentId: string,
    request: ManualAttributionRequest,
    asker: CorrectionAsker,
  ): Promise<Correction> {
    return this.first(() =>
      this.audited('attribute', deploymentId, asker, author =>
        this.attributions.attribute(deploymentId, request, author),
      ),
    );
  }

  /** See {@link AttributionService.withdraw}. @throws NotAllowedError */
  async withdraw(
    deploymentId: string,
    { attributionId, reason }: { attributionId?: string; reason?: string },
    asker: CorrectionAsker,
  ): Promise<Correction> {
    return this.first(() =>
      this.audited('withdraw', deploymentId, asker, author =>
        this.attributions.withdraw(deploymentId, attributionId, reason, author),
      ),
    );
  }

  private async audited(
    action: 'attribute' | 'withdraw',
    deploymentId: string,
    { credentials, request }: CorrectionAsker,
    run: (author: string) => Promise<Correction>,
  ): Promise<Correction> {
    const auditEvent = await this.auditor.createEvent({
      eventId: 'failure-attribution',
      severityLevel: 'medium',
      ...(request && { request }),
      meta: { action, deploymentId },
    });
    try {
      await this.policy.require(credentials, doraFailuresAttributePermission);
      const serviceRef = await this.attributions.serviceOf(deploymentId);
      const entity = await this.catalog.getEntityByRef(serviceRef, {
        credentials,
      });
      if (!entity) {
        throw new NotFoundError(`There is no deployment ${deploymentId}`);
      }
      const author = await this.policy.requireAuthor(credentials, entity);
      const correction = await run(author);
      await auditEvent.success({ meta: { ...correction, author } });
      return correction;
    } catch (error) {
      await auditEvent.fail({ error: error as Error });
      throw error;
    }
  }
}
