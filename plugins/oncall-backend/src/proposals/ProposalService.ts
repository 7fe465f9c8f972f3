import { createHash } from 'node:crypto';
import type {
  AuthService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import { ANNOTATION_LOCATION } from '@backstage/catalog-model';
import {
  ConflictError,
  InputError,
  isError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import type {
  ChangeProposal,
  ChangeProposer,
  HostedFile,
  ProposedChange,
} from '@pavedroad/plugin-git-node';
import {
  appendDocument,
  mentionsOf,
  readScheduleSource,
  type ScheduleCheck,
  type ScheduleProposal,
  type ScheduleProposalRequest,
  type ScheduleSource,
  type ScheduleTarget,
  sliceSchedule,
} from '@pavedroad/plugin-oncall-common';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import { nestedRefs } from '../service/history';
import type { ScheduleStates } from '../service/ScheduleStates';
import { checkSchedule } from './checkSchedule';

/** Schedules of a group whose files are looked at for a place to put a new one. */
const MOST_FILES = 20;

/** Who proposes, as far as the proposal depends on it. */
export type Proposer = { name: string; credentials: BackstageCredentials };

/** What is to be proposed, checked, and whose it is. */
export type PreparedProposal = {
  scheduleRef: string;
  /** Groups the caller has to belong to: the owner as it is, and as it would be. */
  ownerRefs: string[];
  run: (proposer: Proposer) => Promise<ScheduleProposal>;
};

/** Schedules as code: checks their source, finds where they are kept and proposes changes there as pull requests. */
export class ProposalService {
  constructor(
    private readonly parts: {
      directory: CatalogDirectory;
      states: ScheduleStates;
      changes: ChangeProposer;
      auth: AuthService;
      clock: () => number;
      /** Address of the folder new schedules are kept in, from `oncall.proposals.repository`. */
      repository: string | undefined;
    },
  ) {}

  /** What is wrong with a source, and what it would mean. Nothing is kept. */
  async check(yaml: string): Promise<ScheduleCheck> {
    const { directory, states, clock } = this.parts;
    let snapshot = await directory.snapshot();
    const { schedule } = readScheduleSource(yaml);
    // Somebody may have been registered a moment ago, whom an older view does not know.
    if (
      schedule &&
      mentionsOf(schedule).some(
        ({ kind, ref }) => kind === 'person' && !snapshot.contacts.has(ref),
      )
    ) {
      snapshot = await directory.snapshotAfter(snapshot);
    }
    return checkSchedule(yaml, {
      snapshot,
      inForce: await states.present(),
      now: clock(),
    });
  }

  /**
   * Schedules whose people a source would put on call and that the schedule of its name does not contain now: a draft must not show whom those
   * name to somebody who may not see it there.
   */
  async takesFrom(yaml: string): Promise<string[]> {
    const { scheduleRef, schedule } = readScheduleSource(yaml);
    const inForce = await this.parts.states.present();
    const current =
      scheduleRef === undefined ? undefined : inForce.get(scheduleRef);
    const known = new Set(current ? nestedRefs(current.schedule) : []);
    return (schedule ? nestedRefs(schedule) : []).filter(
      ref => ref !== scheduleRef && inForce.has(ref) && !known.has(ref),
    );
  }

  /**
   * Who owns a schedule of the catalog, also one that is not valid.
   * @throws NotFoundError
   */
  async ownerOf(scheduleRef: string): Promise<string> {
    const entity = await this.parts.directory.entity(scheduleRef);
    if (!entity) {
      throw new NotFoundError(`The catalog has no ${scheduleRef}`);
    }
    const inForce = await this.parts.states.present();
    const owned = entity.relations?.find(r => r.type === 'ownedBy')?.targetRef;
    return (
      owned ??
      inForce.get(scheduleRef)?.version.ownerRef ??
      readScheduleSource(JSON.stringify(entity)).ownerRef ??
      'group:default/unknown'
    );
  }

  /**
   * The source of a schedule. `proposable` is false, with the reason, when it is kept where the portal cannot propose.
   * @throws NotFoundError when the catalog has no such schedule
   */
  async source(scheduleRef: string): Promise<ScheduleSource> {
    const entity = await this.parts.directory.entity(scheduleRef);
    if (!entity) {
      throw new NotFoundError(`The catalog has no ${scheduleRef}`);
    }
    const location = entity.metadata.annotations?.[ANNOTATION_LOCATION] ?? '';
    const closed = (reason: string): ScheduleSource => ({
      scheduleRef,
      yaml: '',
      url: /^url:https?:/.test(location) ? location.slice(4) : '',
      basedOn: '',
      proposable: false,
      reason,
    });
    if (!location.startsWith('url:')) {
      return closed(
        // Which folder of which machine is nobody's business here.
        `It is read from ${
          location.startsWith('file:')
            ? `the portal’s own disk (${location.split('/').pop()})`
            : 'an unknown place'
        }, which is no file of a repository`,
      );
    }
    const url = location.slice('url:'.length);
    if (!this.parts.changes.repositoryOf(url)) {
      return closed(
        'Its repository is on no host of integrations.github or integrations.gitlab, nor on the portal’s own',
      );
    }
    let file: HostedFile;
    try {
      file = await this.#read(url);
    } catch (error) {
      return closed(
        `Its file could not be read: ${
          isError(error) ? error.message : String(error)
        }`,
      );
    }
    const slice = sliceSchedule(file.content, scheduleRef);
    return slice
      ? {
          scheduleRef,
          yaml: slice.text,
          url,
          basedOn: fingerprint(file.content),
          proposable: true,
        }
      : closed(`Its file does not hold ${scheduleRef} any more`);
  }

  /** Where a new schedule of a group may be kept: beside its other schedules, or in the configured repository. */
  async targets(ownerRef: string, name: string): Promise<ScheduleTarget[]> {
    const { changes, directory, repository } = this.parts;
    const snapshot = await directory.snapshot();
    const targets = new Map<string, ScheduleTarget>();
    if (repository) {
      const url = `${repository
        .replace('/tree/', '/blob/')
        .replace(/\/+$/, '')}/${encodeURIComponent(name)}.yaml`;
      targets.set(url, { url, label: labelOf(url), append: false });
    }
    const siblings = snapshot.schedules.filter(s => s.ownerRef === ownerRef);
    for (const { scheduleRef } of siblings.slice(0, MOST_FILES)) {
      const entity = await directory.entity(scheduleRef);
      const location = entity?.metadata.annotations?.[ANNOTATION_LOCATION];
      const url = location?.startsWith('url:') ? location.slice(4) : undefined;
      if (url && changes.repositoryOf(url)) {
        targets.set(url, { url, label: labelOf(url), append: true });
      }
    }
    return [...targets.values()];
  }

  /**
   * Checks a proposal. Who may make it is for the caller to decide, by `ownerRefs`, before `run`.
   * @throws InputError when the schedule is not valid or nothing says where to keep it
   */
  async prepare(request: ScheduleProposalRequest): Promise<PreparedProposal> {
    const reading = readScheduleSource(request.yaml);
    const { problems } = await this.check(request.yaml);
    const errors = problems.filter(p => p.severity === 'error');
    const { scheduleRef, ownerRef } = reading;
    if (errors.length > 0 || !scheduleRef || !ownerRef) {
      throw new InputError(
        `The schedule is not valid: ${errors
          .slice(0, 10)
          .map(p => `line ${p.line}: ${p.path} ${p.message}`.trim())
          .join('; ')}`,
      );
    }
    const name = scheduleRef.slice(scheduleRef.lastIndexOf('/') + 1);
    const existing = await this.parts.directory.entity(scheduleRef);
    const ownerRefs = new Set([ownerRef]);
    if (existing) {
      ownerRefs.add(await this.ownerOf(scheduleRef));
    }
    return {
      scheduleRef,
      ownerRefs: [...ownerRefs],
      run: async proposer => {
        const place = existing
          ? await this.#placeOfExisting(scheduleRef, request)
          : await this.#placeOfNew(scheduleRef, ownerRef, name, request);
        const label = reading.title ?? name;
        const proposed = await this.#propose(
          {
            repositoryUrl: place.url,
            ...(place.ref ? { baseBranch: place.ref } : {}),
            // Named after the content: proposing it again finds the same pull request.
            branch: `on-call/${name}-${fingerprint(place.content).slice(
              0,
              10,
            )}`,
            files: [{ path: place.path, content: place.content }],
            title:
              request.title?.trim() ||
              `${existing ? 'Change' : 'Add'} the on-call schedule ${label}`,
            body: [
              request.message?.trim(),
              `Proposed by ${proposer.name} in the portal, where its next eight weeks were shown. It takes effect when it is merged and the catalog has read it.`,
            ]
              .filter(Boolean)
              .join('\n\n'),
            author: await this.#author(proposer.name),
          },
          proposer,
        );
        const { url, number, branch, created } = proposed;
        return { url, number, branch, created, scheduleRef };
      },
    };
  }

  async #placeOfExisting(
    scheduleRef: string,
    request: ScheduleProposalRequest,
  ) {
    const source = await this.source(scheduleRef);
    if (!source.proposable) {
      throw new InputError(
        `The portal cannot propose a change of ${scheduleRef}: ${source.reason}`,
      );
    }
    const file = await this.#read(source.url);
    const slice = sliceSchedule(file.content, scheduleRef);
    if (!slice || request.basedOn !== fingerprint(file.content)) {
      throw new ConflictError(
        'The file has changed since it was opened here. Nothing was written; open it again and repeat the change',
      );
    }
    const text = withEnd(request.yaml);
    return {
      url: source.url,
      ref: file.ref,
      path: file.path,
      content: `${slice.before}${text}${slice.after}`,
    };
  }

  async #placeOfNew(
    scheduleRef: string,
    ownerRef: string,
    name: string,
    request: ScheduleProposalRequest,
  ): Promise<{ url: string; ref?: string; path: string; content: string }> {
    const targets = await this.targets(ownerRef, name);
    const target = request.targetUrl
      ? targets.find(({ url }) => url === request.targetUrl)
      : targets[0];
    if (!target) {
      throw new InputError(
        targets.length === 0
          ? `Nothing says where schedules of ${ownerRef} are kept: set oncall.proposals.repository, or add its first schedule to a repository by hand`
          : 'targetUrl must be one of those GET /schedules/targets answers with',
      );
    }
    const text = withEnd(request.yaml);
    let file: HostedFile | undefined;
    try {
      file = await this.#read(target.url);
    } catch (error) {
      if (!isError(error) || error.name !== 'NotFoundError' || target.append) {
        throw error;
      }
    }
    if (!file) {
      return { url: target.url, path: pathIn(target.url), content: text };
    }
    // A schedule of that name on its way into the catalog is in the file already.
    if (sliceSchedule(file.content, scheduleRef)) {
      throw new ConflictError(
        `${target.label} holds ${scheduleRef} already; the catalog has not read it yet`,
      );
    }
    return {
      url: target.url,
      ref: file.ref,
      path: file.path,
      content: appendDocument(file.content, text),
    };
  }

  /**
   * Proposes in the name of the user where the user may. A team's schedule may be kept in a repository of others, such as one for all
   * schedules: then the portal proposes, as it does on GitHub and GitLab, and whoever owns the repository decides.
   */
  async #propose(
    proposal: ChangeProposal,
    proposer: Proposer,
  ): Promise<ProposedChange> {
    const { changes, auth } = this.parts;
    try {
      return await changes.propose(proposal, {
        credentials: proposer.credentials,
      });
    } catch (error) {
      if (isError(error) && error.name === 'NotAllowedError') {
        return await changes.propose(proposal, {
          credentials: await auth.getOwnServiceCredentials(),
        });
      }
      // A host that refuses the portal is no reason to ask the user to sign in.
      if (isError(error) && error.name === 'AuthenticationError') {
        throw new ServiceUnavailableError(error.message, error);
      }
      throw error;
    }
  }

  async #read(url: string): Promise<HostedFile> {
    const credentials = await this.parts.auth.getOwnServiceCredentials();
    return await this.parts.changes.readFile(url, { credentials });
  }

  async #author(name: string): Promise<{ name: string; email: string }> {
    const snapshot = await this.parts.directory.snapshot();
    const contact = snapshot.contacts.get(name);
    const id = name.slice(name.lastIndexOf('/') + 1).replace(/[^\w.-]/g, '-');
    const displayName = (contact?.displayName ?? id)
      .replace(/[<>\p{Cc}]/gu, '')
      .trim();
    return {
      name: displayName || id,
      email: contact?.email ?? `${id}@users.noreply.portal`,
    };
  }
}

/** Tells one content from another. */
function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Ends in a line break, so that what follows in the file starts on a line of its own. */
function withEnd(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** The path of the file in an address of a folder on a branch without slashes. */
function pathIn(url: string): string {
  const [, inside = ''] = new URL(url).pathname.split('/blob/');
  return inside.split('/').slice(1).map(decodeURIComponent).join('/');
}

/** `owner/name: path` from the address of a file. */
function labelOf(url: string): string {
  const [repository, inside = ''] = decodeURIComponent(
    new URL(url).pathname,
  ).split(/\/(?:-\/)?blob\//);
  return `${repository.replace(/^\/(?:api\/git\/)?/, '')}: ${inside
    .split('/')
    .slice(1)
    .join('/')}`;
}
