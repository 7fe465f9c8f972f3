import { randomUUID } from 'node:crypto';
import { InputError, NotFoundError } from '@backstage/errors';
import { ManualAttributionRequest } from '@pavedroad/plugin-dora-common';
import { RawDeliveryEvent } from '@pavedroad/plugin-dora-node';
import { QueryStore } from '../database/QueryStore';
import {
  ATTRIBUTED_TYPE,
  AttributedData,
  MANUAL_SOURCE,
  WITHDRAWN_TYPE,
  WithdrawnData,
} from '../manual/manualSource';
import { IngestService } from './IngestService';

/** What a correction did. */
export interface Correction {
  serviceRef: string;
  attributionIds: string[];
}

/**
 * Corrections of attributions by people. Each resolves when the facts it touches
 * are right again.
 */
export class AttributionService {
  static create(options: {
    store: QueryStore;
    ingest: IngestService;
    /** Derives a service's facts anew and resolves when they are committed. */
    recompute: (serviceRef: string) => Promise<unknown>;
    now?: () => number;
  }): AttributionService {
    return new AttributionService(
      options.store,
      options.ingest,
      options.recompute,
      options.now ?? Date.now,
    );
  }

  private constructor(
    private readonly store: QueryStore,
    private readonly ingest: IngestService,
    private readonly recompute: (serviceRef: string) => Promise<unknown>,
    private readonly now: () => number,
  ) {}

  /** The service of a deployment. @throws NotFoundError */
  async serviceOf(deploymentId: string): Promise<string> {
    const row = await this.store.find(deploymentId);
    if (!row) {
      throw new NotFoundError(`There is no deployment ${deploymentId}`);
    }
    return row.serviceRef;
  }

  /**
   * Blames a deployment, or says that none is to blame for a cause.
   *
   * @throws NotFoundError, InputError when the deployment cannot be blamed
   */
  async attribute(
    deploymentId: string,
    request: ManualAttributionRequest,
    authorName: string,
  ): Promise<Correction> {
    const row = await this.store.find(deploymentId);
    if (!row) {
      throw new NotFoundError(`There is no deployment ${deploymentId}`);
    }
    if (request.noneToBlame && !request.cause) {
      throw new InputError('noneToBlame needs the cause it is about');
    }
    const attempt =
      'deployment' in row ? row.deployment.members[0] : row.attempt.id;
    const kind = 'deployment' in row ? row.deployment.kind : undefined;
    if (!request.noneToBlame && kind !== 'change') {
      throw new InputError(
        `Only deployments of kind change can be blamed, this one is ${
          kind === undefined ? 'a failed attempt' : `a ${kind}`
        }`,
      );
    }
    const attributionId = `m${randomUUID()}`;
    const data: AttributedData = {
      serviceRef: row.serviceRef,
      attributionId,
      ...(request.cause && { cause: request.cause }),
      blame: request.noneToBlame ? 'none' : { id: attempt },
      author: { kind: 'person', name: authorName },
      recordedAt: new Date(this.now()).toISOString(),
      reason: request.reason,
    };
    await this.submit(ATTRIBUTED_TYPE, `${attributionId}`, data);
    await this.recompute(row.serviceRef);
    return { serviceRef: row.serviceRef, attributionIds: [attributionId] };
  }

  /**
   * Takes back attributions that blame a deployment: the one named, or every
   * live one that a person made.
   *
   * @throws NotFoundError when there is none
   */
  async withdraw(
    deploymentId: string,
    attributionId: string | undefined,
    reason: string | undefined,
    authorName: string,
  ): Promise<Correction> {
    const row = await this.store.find(deploymentId);
    if (!row) {
      throw new NotFoundError(`There is no deployment ${deploymentId}`);
    }
    const members =
      'deployment' in row ? row.deployment.members : [row.attempt.id];
    const stored = await this.store.attributions(row.serviceRef, members);
    const withdrawn = stored
      .map(({ attribution }) => attribution)
      .filter(attribution =>
        attributionId === undefined
          ? attribution.author.kind === 'person' &&
            attribution.state !== 'withdrawn'
          : attribution.id === attributionId,
      );
    if (withdrawn.length === 0) {
      throw new NotFoundError(
        attributionId === undefined
          ? 'No person has attributed a failure to this deployment'
          : `This deployment has no attribution ${attributionId}`,
      );
    }
    for (const { id } of withdrawn) {
      const data: WithdrawnData = {
        serviceRef: row.serviceRef,
        attributionId: id,
        author: { kind: 'person', name: authorName },
        recordedAt: new Date(this.now()).toISOString(),
        ...(reason !== undefined && { reason }),
      };
      await this.submit(WITHDRAWN_TYPE, randomUUID(), data);
    }
    await this.recompute(row.serviceRef);
    return {
      serviceRef: row.serviceRef,
      attributionIds: withdrawn.map(({ id }) => id),
    };
  }

  private async submit(
    type: string,
    id: string,
    data: AttributedData | WithdrawnData,
  ): Promise<void> {
    const event: RawDeliveryEvent = {
      id,
      source: MANUAL_SOURCE,
      type,
      time: data.recordedAt,
      // Through JSON: exactly what the inbox gives back to a replay.
      data: JSON.parse(JSON.stringify(data)),
      extensions: {},
      sample: false,
      receivedAt: data.recordedAt,
    };
    const [result] = await this.ingest.ingest([event]);
    if (result.status !== 'accepted') {
      throw new InputError(result.reason ?? 'The correction was not accepted');
    }
  }
}
