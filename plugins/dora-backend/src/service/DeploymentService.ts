import { BackstageCredentials } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import {
  DeploymentAttribution,
  DeploymentDetailResponse,
  OnCallLevelAnswer,
} from '@pavedroad/plugin-dora-common';
import { PeopleDirectory } from '../catalog/PeopleDirectory';
import { IncidentStore, nameKey } from '../database/IncidentStore';
import { encodeChangeCursor } from '../router/request/changeCursor';
import { CorrectionPolicy } from './CorrectionPolicy';
import { MetricsService } from './MetricsService';
import { OnCallClient } from './OnCallClient';

/** Answers about one deployment: the facts, with people's names, links between deployments, and what the asker may do. */
export class DeploymentService {
  static create(options: {
    metrics: MetricsService;
    incidents: IncidentStore;
    people: PeopleDirectory;
    policy: CorrectionPolicy;
    catalog: CatalogService;
    onCall: OnCallClient;
    now?: () => number;
  }): DeploymentService {
    return new DeploymentService(
      options.metrics,
      options.incidents,
      options.people,
      options.policy,
      options.catalog,
      options.onCall,
      options.now ?? Date.now,
    );
  }

  private constructor(
    private readonly metrics: MetricsService,
    private readonly incidents: IncidentStore,
    private readonly people: PeopleDirectory,
    private readonly policy: CorrectionPolicy,
    private readonly catalog: CatalogService,
    private readonly onCall: OnCallClient,
    private readonly now: () => number,
  ) {}

  /** @throws NotFoundError when there is no such deployment, or its service is not shown to the asker */
  async deployment(
    id: string,
    credentials: BackstageCredentials,
  ): Promise<DeploymentDetailResponse> {
    const detail = await this.metrics.deployment(id, credentials);
    const { serviceRef } = detail;
    const [entity, onCallNow, deployments] = await Promise.all([
      this.catalog.getEntityByRef(serviceRef, { credentials }),
      this.onCall.onCallAt(
        serviceRef,
        new Date(this.now()).toISOString(),
        credentials,
      ),
      this.incidents.deploymentNames(
        detail.attributions.flatMap(({ blamed }) =>
          blamed === undefined ? [] : { serviceRef, attempt: blamed },
        ),
      ),
    ]);
    if (!entity) {
      throw new NotFoundError(`There is no deployment ${id}`);
    }
    const refs = new Set([
      ...(detail.onCall ?? []).flatMap(({ userRefs }) => userRefs),
      ...(onCallNow ?? []).flatMap(({ userRefs }) => userRefs),
      ...detail.attributions.flatMap(({ author, withdrawn }) => [
        author.name,
        ...(withdrawn ? [withdrawn.by] : []),
      ]),
    ]);
    const [names, attribute] = await Promise.all([
      this.people.displayNames(refs),
      this.policy.mayAttribute(credentials, entity),
    ]);
    const named = (level: OnCallLevelAnswer) => namedLevel(level, names);
    const own = new Set(detail.attempts.map(attempt => attempt.id));
    return {
      ...detail,
      ...(detail.onCall && { onCall: detail.onCall.map(named) }),
      ...(onCallNow && { onCallNow: onCallNow.map(named) }),
      attributions: detail.attributions
        .map(attribution =>
          withNames(
            {
              ...attribution,
              blames: blames(attribution.blamed, own),
              ...(attribution.blamed !== undefined && {
                deploymentId: own.has(attribution.blamed)
                  ? id
                  : deployments.get(nameKey(serviceRef, attribution.blamed))
                      ?.id,
              }),
            },
            names,
          ),
        )
        .sort((a, b) => rank(a) - rank(b)),
      permissions: { attribute },
      ...moreChanges(detail),
    };
  }
}

/** Where the changes that are not shown begin, if there are any. */
function moreChanges({
  id,
  changes,
  changeRows,
}: DeploymentDetailResponse): Pick<
  DeploymentDetailResponse,
  'nextChangesCursor'
> {
  const last = changeRows[changeRows.length - 1];
  return last && changeRows.length < changes
    ? {
        nextChangesCursor: encodeChangeCursor(id, {
          committedAt: Date.parse(last.committedAt),
          commit: last.commit,
        }),
      }
    : {};
}

/** What holds before what held, and what is about this deployment before what is about another. */
function rank({ state, blames: whom }: DeploymentAttribution): number {
  return (state === 'live' ? 0 : 2) + (whom === 'another' ? 1 : 0);
}

function blames(
  blamed: string | undefined,
  own: ReadonlySet<string>,
): DeploymentAttribution['blames'] {
  if (blamed === undefined) {
    return 'none';
  }
  return own.has(blamed) ? 'this' : 'another';
}

/** A level with the names the catalog knows, but for people whose names are kept from the asker. */
export function namedLevel(
  { level, userRefs, people }: OnCallLevelAnswer,
  names: ReadonlyMap<string, string>,
): OnCallLevelAnswer {
  return {
    level,
    userRefs,
    people: userRefs.map((ref, index) => {
      const person = people?.[index];
      return person?.hidden
        ? person
        : {
            ref,
            displayName: names.get(ref) ?? person?.displayName ?? ref,
          };
    }),
  };
}

/** An attribution with the names of those who made it and took it back. */
export function withNames(
  attribution: DeploymentAttribution,
  names: ReadonlyMap<string, string>,
): DeploymentAttribution {
  const { author, withdrawn } = attribution;
  const by = withdrawn && names.get(withdrawn.by);
  return {
    ...attribution,
    author: namedAuthor(author, names),
    ...(withdrawn && {
      withdrawn: { ...withdrawn, ...(by && { byDisplayName: by }) },
    }),
  };
}

/** An author with the name to show, where there is one. */
export function namedAuthor<T extends { name: string }>(
  author: T,
  names: ReadonlyMap<string, string>,
): T & { displayName?: string } {
  const displayName = names.get(author.name);
  return { ...author, ...(displayName && { displayName }) };
}
