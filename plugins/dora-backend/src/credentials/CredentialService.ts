import { randomBytes, randomUUID } from 'node:crypto';
import {
  AuditorService,
  AuthService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import {
  Entity,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import {
  CreatedReportingCredential,
  doraCredentialsManagePermission,
  doraMetricsReadPermission,
  ReportingCredential,
  ReportingCredentialRequest,
  ReportingCredentialsResponse,
} from '@pavedroad/plugin-dora-common';
import type { Request } from 'express';
import { CorrectionPolicy } from '../service/CorrectionPolicy';
import { CredentialStore } from './CredentialStore';
import { reportingCredentialOf, reportingToken } from './reportingToken';

/** Of one service, at a time: one for each place that reports, and the next ones while they are exchanged. */
const MAX_VALID = 20;

interface Asker {
  credentials: BackstageCredentials;
  request?: Request;
}

/** Makes and revokes what repositories report with, and says for which service one reports. */
export class CredentialService {
  static create(options: {
    store: CredentialStore;
    policy: CorrectionPolicy;
    catalog: CatalogService;
    auth: AuthService;
    auditor: AuditorService;
    now?: () => number;
  }): CredentialService {
    return new CredentialService(
      options.store,
      options.policy,
      options.catalog,
      options.auth,
      options.auditor,
      options.now ?? Date.now,
    );
  }

  private constructor(
    private readonly store: CredentialStore,
    private readonly policy: CorrectionPolicy,
    private readonly catalog: CatalogService,
    private readonly auth: AuthService,
    private readonly auditor: AuditorService,
    private readonly now: () => number,
  ) {}

  /**
   * Those of a service, for those who may manage them.
   *
   * @throws InputError, NotAllowedError, NotFoundError when the catalog does not show the service to the asker
   */
  async list(
    entityRef: string,
    credentials: BackstageCredentials,
  ): Promise<ReportingCredentialsResponse> {
    await this.policy.require(credentials, doraMetricsReadPermission);
    const entity = await this.serviceOf(entityRef, credentials);
    if (!(await this.mayManage(entity, credentials))) {
      return { items: [], mayManage: false };
    }
    return {
      items: await this.store.ofService(stringifyEntityRef(entity)),
      mayManage: true,
    };
  }

  /**
   * Makes one. Its token is in this answer and nowhere else.
   *
   * @throws InputError, NotAllowedError, NotFoundError, ConflictError when the service has too many
   */
  async create(
    given: ReportingCredentialRequest,
    asker: Asker,
  ): Promise<CreatedReportingCredential> {
    return this.audited(
      'create',
      { entityRef: given.entityRef },
      asker,
      async () => {
        const entity = await this.serviceOf(given.entityRef, asker.credentials);
        const createdBy = await this.requireManager(entity, asker.credentials);
        const label = given.label.trim();
        if (label === '') {
          throw new InputError('The label says where the credential is used');
        }
        const entityRef = stringifyEntityRef(entity);
        const id = randomUUID();
        const token = reportingToken(id, randomBytes(32));
        const credential: ReportingCredential = {
          id,
          entityRef,
          label,
          createdBy,
          createdAt: new Date(this.now()).toISOString(),
        };
        if (!(await this.store.add(credential, token, MAX_VALID))) {
          throw new ConflictError(
            `${entityRef} has ${MAX_VALID} credentials that are valid. Revoke one that is not used any more first.`,
          );
        }
        return { ...credential, token };
      },
    );
  }

  /**
   * Revokes one; from then on nothing is taken from whoever has it. Revoking it again changes nothing.
   *
   * @throws NotAllowedError, NotFoundError
   */
  async revoke(id: string, asker: Asker): Promise<ReportingCredential> {
    return this.audited('revoke', { id }, asker, async () => {
      const credential = await this.store.get(id);
      if (!credential) {
        throw new NotFoundError(`There is no reporting credential ${id}`);
      }
      const entity = await this.catalog.getEntityByRef(credential.entityRef, {
        credentials: asker.credentials,
      });
      // The service may be gone; what reported for it can still be revoked, by administrators.
      const by = await this.requireManager(entity, asker.credentials);
      await this.store.revoke(id, by, new Date(this.now()).toISOString());
      return (await this.store.get(id)) ?? credential;
    });
  }

  /**
   * The only service for which somebody may report; undefined when they are not bound to one.
   *
   * @throws NotAllowedError when the credential was revoked meanwhile
   */
  async boundTo(
    credentials: BackstageCredentials,
  ): Promise<string | undefined> {
    const id = this.idIn(credentials);
    if (id === undefined) {
      return undefined;
    }
    const credential = await this.store.get(id);
    if (!credential || credential.revokedAt) {
      throw new NotAllowedError('The reporting credential is revoked');
    }
    return credential.entityRef;
  }

  private idIn(credentials: BackstageCredentials): string | undefined {
    return reportingCredentialOf(this.auth, credentials);
  }

  private async serviceOf(
    text: string,
    credentials: BackstageCredentials,
  ): Promise<Entity> {
    let ref: string;
    try {
      ref = stringifyEntityRef(parseEntityRef(text));
    } catch {
      throw new InputError(
        `An entity ref looks like component:namespace/name, got ${JSON.stringify(
          text.slice(0, 100),
        )}`,
      );
    }
    if (!ref.startsWith('component:')) {
      throw new InputError(`Components are deployed; ${ref} is none`);
    }
    const entity = await this.catalog.getEntityByRef(ref, { credentials });
    if (!entity) {
      throw new NotFoundError(`The catalog has no ${ref}`);
    }
    return entity;
  }

  private async mayManage(
    entity: Entity | undefined,
    credentials: BackstageCredentials,
  ): Promise<boolean> {
    return (
      this.idIn(credentials) === undefined &&
      this.policy.owns(credentials, entity, doraCredentialsManagePermission)
    );
  }

  private async requireManager(
    entity: Entity | undefined,
    credentials: BackstageCredentials,
  ): Promise<string> {
    if (!(await this.mayManage(entity, credentials))) {
      throw new NotAllowedError(
        'Only owners of the service and administrators manage its reporting credentials',
      );
    }
    return (await this.policy.callerOf(credentials)).name;
  }

  private async audited<T extends ReportingCredential>(
    action: 'create' | 'revoke',
    given: Record<string, string>,
    { request }: Asker,
    run: () => Promise<T>,
  ): Promise<T> {
    const auditEvent = await this.auditor.createEvent({
      eventId: 'reporting-credential-change',
      severityLevel: 'high',
      ...(request && { request }),
      meta: { action, ...given },
    });
    try {
      const result = await run();
      const { id, entityRef, label } = result;
      await auditEvent.success({ meta: { id, entityRef, label } });
      return result;
    } catch (error) {
      await auditEvent.fail({ error: error as Error });
      throw error;
    }
  }
}
