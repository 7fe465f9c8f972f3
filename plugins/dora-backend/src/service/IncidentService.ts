import { BackstageCredentials } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import {
  DEFINITION_VERSION,
  FailureAttribution,
  IncidentDetailResponse,
  IncidentListItem,
  IncidentListResponse,
  MetricsQuery,
  notesOfList,
  OnCallMoment,
} from '@pavedroad/plugin-dora-common';
import { CatalogService } from '@backstage/plugin-catalog-node';
import { PeopleDirectory } from '../catalog/PeopleDirectory';
import { ScopeResolver } from '../catalog/ScopeResolver';
import {
  IncidentPosition,
  IncidentRow,
  IncidentStore,
  nameKey,
} from '../database/IncidentStore';
import { QueryStore } from '../database/QueryStore';
import { CorrectionPolicy } from './CorrectionPolicy';
import { CsvPage } from './csv';
import { namedAuthor, namedLevel, withNames } from './DeploymentService';
import { LiveNotes } from './LiveNotes';
import { OnCallClient } from './OnCallClient';
import { iso, presentAttributions } from './present';

const CSV_PAGE = 1_000;

/** A question for incidents: the scope of metrics, a window by opening, and filters. */
export interface IncidentQuery
  extends Pick<MetricsQuery, 'entityRef' | 'from' | 'to' | 'environment'> {
  status?: 'open' | 'resolved';
  attributed?: boolean;
}

/** Answers questions about incidents, within what the catalog shows the asker. */
export class IncidentService {
  static create(options: {
    store: QueryStore;
    incidents: IncidentStore;
    scopes: ScopeResolver;
    people: PeopleDirectory;
    policy: CorrectionPolicy;
    catalog: CatalogService;
    onCall: OnCallClient;
    notes: LiveNotes;
  }): IncidentService {
    return new IncidentService(
      options.store,
      options.incidents,
      options.scopes,
      options.people,
      options.policy,
      options.catalog,
      options.onCall,
      options.notes,
    );
  }

  private constructor(
    private readonly store: QueryStore,
    private readonly incidents: IncidentStore,
    private readonly scopes: ScopeResolver,
    private readonly people: PeopleDirectory,
    private readonly policy: CorrectionPolicy,
    private readonly catalog: CatalogService,
    private readonly onCall: OnCallClient,
    private readonly notes: LiveNotes,
  ) {}

  /** A page, with what the asker may do about each row. */
  async list(
    question: IncidentQuery,
    page: { limit: number; after?: IncidentPosition },
    credentials: BackstageCredentials,
  ): Promise<{ response: IncidentListResponse; next?: IncidentPosition }> {
    const { response, next } = await this.page(question, page, credentials);
    const { items } = response;
    const correctable = await this.correctable(
      [...new Set(items.map(({ serviceRef }) => serviceRef))],
      credentials,
    );
    return {
      response: {
        ...response,
        items: items.map(item => ({
          ...item,
          permissions: { attribute: correctable.has(item.serviceRef) },
        })),
      },
      next,
    };
  }

  /**
   * One incident: what is known of its cause, and who was on call when it was opened and when it was resolved.
   *
   * @param id - as {@link IncidentListItem.id} has it
   * @throws NotFoundError when there is no such incident, or its service is not shown to the asker
   */
  async detail(
    serviceRef: string,
    id: string,
    credentials: BackstageCredentials,
  ): Promise<IncidentDetailResponse> {
    const [entity, dataQuality] = await Promise.all([
      this.catalog.getEntityByRef(serviceRef, { credentials }),
      this.notes.ofRows([serviceRef], Infinity),
    ]);
    const found = entity && (await this.incidents.find(serviceRef, id));
    if (!entity || !found) {
      throw new NotFoundError(`There is no incident ${id} of ${serviceRef}`);
    }
    const { incident, attributions, deployments } = found;
    const at = (moment: number) =>
      this.onCall.momentOf(serviceRef, iso(moment), credentials);
    const [opened, resolved, attribute] = await Promise.all([
      at(incident.openedAt),
      incident.resolvedAt === undefined ? undefined : at(incident.resolvedAt),
      this.policy.mayAttribute(credentials, entity),
    ]);
    const moments = [opened, ...(resolved ? [resolved] : [])];
    const names = await this.people.displayNames(
      new Set([
        ...attributions.flatMap(({ author, withdrawn }) => [
          author.name,
          ...(withdrawn ? [withdrawn.by] : []),
        ]),
        ...moments.flatMap(({ levels }) =>
          levels.flatMap(({ people }) =>
            people.flatMap(({ ref, hidden }) => (hidden ? [] : ref)),
          ),
        ),
      ]),
    );
    const named = (moment: OnCallMoment): OnCallMoment => ({
      ...moment,
      levels: moment.levels.map(level => namedLevel(level, names)),
    });
    const blamed = ({ blamed: attempt }: FailureAttribution) =>
      attempt === undefined
        ? undefined
        : deployments.get(nameKey(serviceRef, attempt));
    const live = attributions.find(({ state }) => state === 'live');
    return {
      ...incidentItem(
        {
          serviceRef,
          incident,
          ...(live && { attribution: live, deployment: blamed(live) }),
        },
        names,
      ),
      attributions: presentAttributions(
        attributions.map(attribution => ({ attribution, incident })),
      ).map(attribution => {
        const deployment = blamed(attribution);
        return withNames(
          {
            ...attribution,
            blames: attribution.blamed === undefined ? 'none' : 'another',
            ...(deployment && { deploymentId: deployment.id }),
          },
          names,
        );
      }),
      onCall: {
        opened: named(opened),
        ...(resolved && { resolved: named(resolved) }),
      },
      permissions: { attribute },
      ...(dataQuality.length > 0 && { dataQuality }),
      definition: { version: DEFINITION_VERSION },
    };
  }

  /** Services of which the asker may correct failures. */
  private async correctable(
    serviceRefs: string[],
    credentials: BackstageCredentials,
  ): Promise<Set<string>> {
    const may = await this.policy.corrector(credentials);
    if (serviceRefs.length === 0 || !may) {
      return new Set();
    }
    const { items } = await this.catalog.getEntitiesByRefs(
      {
        entityRefs: serviceRefs,
        fields: ['kind', 'metadata.name', 'metadata.namespace', 'relations'],
      },
      { credentials },
    );
    return new Set(
      serviceRefs.filter((_, index) => {
        const entity = items[index];
        return entity !== undefined && may(entity);
      }),
    );
  }

  private async page(
    question: IncidentQuery,
    page: { limit: number; after?: IncidentPosition },
    credentials: BackstageCredentials,
  ): Promise<{ response: IncidentListResponse; next?: IncidentPosition }> {
    const scope = await this.scopes.resolve(question.entityRef, credentials);
    const dataQuality = await this.notes.ofRows(scope.services, question.from);
    const resolved = await this.store.resolveScope(
      scope.services,
      question.environment,
    );
    const filter = {
      window: { from: question.from, to: question.to },
      status: question.status,
      attributed: question.attributed,
    };
    const [rows, totalItems] = await Promise.all([
      this.incidents.list(resolved, filter, page),
      page.after ? undefined : this.incidents.count(resolved, filter),
    ]);
    const shown = rows.slice(0, page.limit);
    const names = await this.people.displayNames(
      new Set(
        shown.flatMap(({ attribution }) => attribution?.author.name ?? []),
      ),
    );
    const last = shown[shown.length - 1];
    return {
      response: {
        items: shown.map(row => incidentItem(row, names)),
        ...(totalItems !== undefined && { totalItems }),
        ...(dataQuality.length > 0 && {
          dataQuality: notesOfList(dataQuality),
        }),
        definition: {
          version: DEFINITION_VERSION,
          environment: question.environment,
        },
        sampleData: resolved.services.some(({ sample }) => sample),
      },
      ...(rows.length > page.limit && {
        next: {
          openedAt: last.incident.openedAt,
          serviceRef: last.serviceRef,
          key: last.incident.id,
        },
      }),
    };
  }

  /** Every incident of a question, page by page, each with why rows may be missing. */
  async *all(
    question: IncidentQuery,
    credentials: BackstageCredentials,
  ): AsyncGenerator<CsvPage<IncidentListItem>> {
    // Nothing is opened at the end of the window, so this begins before the first row and asks for no count.
    let after: IncidentPosition | undefined = {
      openedAt: question.to,
      serviceRef: '',
      key: '',
    };
    while (after) {
      const { response, next } = await this.page(
        question,
        { limit: CSV_PAGE, after },
        credentials,
      );
      yield response;
      after = next;
    }
  }
}

function incidentItem(
  { serviceRef, incident, attribution, deployment }: IncidentRow,
  names: ReadonlyMap<string, string>,
): IncidentListItem {
  const { openedAt, resolvedAt } = incident;
  return {
    id: incident.id,
    localId: incident.localId,
    serviceRef,
    title: incident.title,
    url: incident.url,
    environment: incident.environment,
    tier: incident.tier,
    status: resolvedAt === undefined ? 'open' : 'resolved',
    openedAt: iso(openedAt),
    ...(resolvedAt !== undefined && {
      resolvedAt: iso(resolvedAt),
      durationSeconds: (resolvedAt - openedAt) / 1000,
    }),
    reopened: incident.reopened,
    ...(attribution && {
      attribution: {
        attributionId: attribution.id,
        method: attribution.method,
        confidence: attribution.confidence,
        evidence: attribution.evidence,
        author: namedAuthor(attribution.author, names),
        ...(deployment && {
          deploymentId: deployment.id,
          deploymentFinishedAt: iso(deployment.finishedAt),
        }),
        noneToBlame: attribution.blamed === undefined,
      },
    }),
    sampleData: incident.sample,
  };
}
