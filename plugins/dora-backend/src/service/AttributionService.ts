import { randomUUID } from 'node:crypto';
import { InputError, NotFoundError } from '@backstage/errors';
import {
  FailureAttribution,
  ManualAttributionRequest,
} from '@pavedroad/plugin-dora-common';
import { RawDeliveryEvent } from '@pavedroad/plugin-dora-node';
import { IncidentStore } from '../database/IncidentStore';
import { digestKey } from '../database/keys';
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
  /** False when it was so already, and nothing was recorded. */
  recorded: boolean;
  /** It counts when all events are normalised anew, which is under way; until then nothing shows it. */
  pending?: true;
}

/**
 * Corrections of attributions by people. Each resolves when the facts it touches
 * are right again, or says that they have to wait.
 */
export class AttributionService {
  static create(options: {
    store: QueryStore;
    incidents: IncidentStore;
    ingest: IngestService;
    /** Derives a service's facts anew and resolves when they are committed: whether that could be done now. */
    recompute: (serviceRef: string) => Promise<boolean>;
    now?: () => number;
  }): AttributionService {
    return new AttributionService(
      options.store,
      options.incidents,
      options.ingest,
      options.recompute,
      options.now ?? Date.now,
    );
  }

  private constructor(
    private readonly store: QueryStore,
    private readonly incidents: IncidentStore,
    private readonly ingest: IngestService,
    private readonly recompute: (serviceRef: string) => Promise<boolean>,
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
   * Blames a deployment, or says that none is to blame for a cause. Saying the same twice is saying it once.
   *
   * @throws NotFoundError, InputError when the deployment cannot be blamed or the cause is none of its service's
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
    const { serviceRef } = row;
    const { cause: given } = request;
    const reason = request.reason.trim();
    if (reason === '') {
      throw new InputError('A correction needs a reason');
    }
    if (request.noneToBlame && !given) {
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
    const cause =
      given && ((await this.requireCause(serviceRef, given)) ?? given);
    const attributionId = await this.nextAttributionId(
      { serviceRef, attempt, request: { ...request, cause }, reason },
      authorName,
    );
    if ('standing' in attributionId) {
      return {
        serviceRef,
        attributionIds: [attributionId.standing],
        recorded: false,
      };
    }
    const data: AttributedData = {
      serviceRef,
      attributionId: attributionId.fresh,
      ...(cause && { cause }),
      blame: request.noneToBlame ? 'none' : { id: attempt },
      author: { kind: 'person', name: authorName },
      recordedAt: new Date(this.now()).toISOString(),
      reason,
    };
    const recorded = await this.submit(
      ATTRIBUTED_TYPE,
      attributionId.fresh,
      data,
    );
    const counts = await this.recompute(serviceRef);
    return {
      serviceRef,
      attributionIds: [attributionId.fresh],
      recorded,
      ...(!counts && { pending: true }),
    };
  }

  /**
   * @returns the cause by the id of its incident, where that was named by what its tool calls it
   * @throws InputError when the service has nothing of the kind and id, or several incidents that are called so
   */
  private async requireCause(
    serviceRef: string,
    cause: NonNullable<ManualAttributionRequest['cause']>,
  ): Promise<ManualAttributionRequest['cause']> {
    const name = serviceRef.replace(/^component:default\//, '');
    if (cause.kind === 'incident') {
      const ids = await this.incidents.incidentsNamed(serviceRef, cause.id);
      if (ids.length !== 1) {
        throw new InputError(
          ids.length === 0
            ? `${name} has no incident ${cause.id}`
            : `${name} has several incidents ${cause.id}, name one of ${ids
                .slice(0, 5)
                .join(', ')}`,
        );
      }
      return { kind: 'incident', id: ids[0] };
    }
    // A revert is named by the deployment that brought it and the commit it takes back.
    const kinds = await this.incidents.kindsOfDeployment(
      serviceRef,
      cause.id.replace(/:[0-9a-f]{7,64}$/, ''),
    );
    if (!kinds.includes(cause.kind === 'fix' ? 'change' : 'rollback')) {
      throw new InputError(
        kinds.length === 0
          ? `${name} has no deployment ${cause.id}`
          : `The deployment ${cause.id} is no ${cause.kind}, it is a ${kinds[0]}`,
      );
    }
    return undefined;
  }

  /**
   * The id follows from what is said, so that a request that is sent twice, even at the same time, is recorded once. What
   * was taken back or overruled since can be said anew.
   */
  private async nextAttributionId(
    said: {
      serviceRef: string;
      attempt: string;
      request: ManualAttributionRequest;
      reason: string;
    },
    authorName: string,
  ): Promise<{ standing: string } | { fresh: string }> {
    const { serviceRef, attempt, request, reason } = said;
    for (let repetition = 0; ; repetition++) {
      const id = `m${digestKey(
        serviceRef,
        request.cause?.kind ?? 'report',
        request.cause?.id ?? '',
        request.noneToBlame ? 'none' : attempt,
        authorName,
        reason,
        String(repetition),
      )}`;
      const stored = await this.incidents.attribution(serviceRef, id);
      if (!stored) {
        return { fresh: id };
      }
      if (stored.state === 'live') {
        return { standing: id };
      }
    }
  }

  /**
   * Takes back attributions: the one named, or every live one by a person that blames the deployment or nobody for its
   * failures. Taking back what was taken back changes nothing.
   *
   * @throws NotFoundError when there is none, InputError when somebody else's is to be taken back without a reason
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
    const { serviceRef } = row;
    const members =
      'deployment' in row ? row.deployment.members : [row.attempt.id];
    const concerns = ({ blamed }: FailureAttribution) =>
      blamed === undefined || members.includes(blamed);
    const named = (
      attributionId === undefined
        ? (await this.store.attributions(serviceRef, members))
            .map(({ attribution }) => attribution)
            .filter(
              ({ author, state }) =>
                author.kind === 'person' && state !== 'withdrawn',
            )
        : [
            (await this.incidents.attribution(serviceRef, attributionId)) ?? [],
          ].flat()
    ).filter(concerns);
    if (named.length === 0) {
      throw new NotFoundError(
        attributionId === undefined
          ? 'No person has attributed a failure to this deployment'
          : `This deployment has no attribution ${attributionId}`,
      );
    }
    const withdrawn = named.filter(({ state }) => state !== 'withdrawn');
    const given = reason?.trim() || undefined;
    if (
      given === undefined &&
      withdrawn.some(
        ({ author }) => author.kind === 'person' && author.name !== authorName,
      )
    ) {
      throw new InputError(
        'Taking back what somebody else said needs a reason',
      );
    }
    for (const { id } of withdrawn) {
      const data: WithdrawnData = {
        serviceRef,
        attributionId: id,
        author: { kind: 'person', name: authorName },
        recordedAt: new Date(this.now()).toISOString(),
        ...(given !== undefined && { reason: given }),
      };
      await this.submit(WITHDRAWN_TYPE, randomUUID(), data);
    }
    const counts = withdrawn.length === 0 || (await this.recompute(serviceRef));
    return {
      serviceRef,
      attributionIds: named.map(({ id }) => id),
      recorded: withdrawn.length > 0,
      ...(!counts && { pending: true }),
    };
  }

  /** Whether it was new. */
  private async submit(
    type: string,
    id: string,
    data: AttributedData | WithdrawnData,
  ): Promise<boolean> {
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
    if (result.status !== 'accepted' && result.status !== 'duplicate') {
      throw new InputError(result.reason ?? 'The correction was not accepted');
    }
    return result.status === 'accepted';
  }
}
