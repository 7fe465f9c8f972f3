import { InputError, NotFoundError } from '@backstage/errors';
import type {
  HygieneAnswer,
  OwnershipFinding,
  OwnershipFindingCode,
} from '@pavedroad/plugin-oncall-common';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import type { CatalogSnapshot } from '../catalog/CatalogSnapshot';
import { countFindings, findingsOf, ownershipFindings } from './hygiene';
import type { CoverageService } from './CoverageService';
import type { OnCallService } from './OnCallService';
import type { InForce, ScheduleStates } from './ScheduleStates';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
/** How far ahead gaps and double bookings are looked for, in days. */
const AHEAD = 14;
/** For how long the findings of an unchanged catalog are good, in milliseconds. */
const FRESH = MINUTE;

type Findings = {
  at: number;
  services: number;
  servicesCovered: number;
  findings: OwnershipFinding[];
};

/** Finds what about ownership wants mending. */
export class HygieneService {
  #known:
    | { snapshot: CatalogSnapshot; inForce: InForce; value: Findings }
    | undefined;

  constructor(
    private readonly parts: {
      directory: CatalogDirectory;
      states: ScheduleStates;
      service: OnCallService;
      coverage: Pick<CoverageService, 'coverage'>;
      clock: () => number;
    },
  ) {}

  /**
   * Findings, what is bad first, a page at a time; the counts are of all that are asked for, on whatever page.
   * @throws NotFoundError for a group that does not exist; InputError for a cursor that is none.
   */
  async hygiene(query: {
    codes?: OwnershipFindingCode[];
    groupRef?: string;
    limit: number;
    cursor?: string;
  }): Promise<HygieneAnswer> {
    const snapshot = await this.parts.directory.snapshot();
    const { groupRef, codes, cursor, limit } = query;
    if (groupRef !== undefined && !snapshot.entities.has(groupRef)) {
      throw new NotFoundError(`The catalog has no ${groupRef}`);
    }
    const start = cursor === undefined ? 0 : readPosition(cursor);
    const known = await this.#findings(snapshot);
    const ofGroup =
      groupRef === undefined
        ? known.findings
        : findingsOf(groupRef, known.findings, snapshot);
    const wanted =
      codes === undefined
        ? ofGroup
        : ofGroup.filter(({ code }) => codes.includes(code));
    return {
      at: new Date(known.at).toISOString(),
      services: known.services,
      servicesCovered: known.servicesCovered,
      counts: countFindings(ofGroup),
      findings: wanted.slice(start, start + limit),
      ...(wanted.length > start + limit
        ? { nextCursor: String(start + limit) }
        : {}),
    };
  }

  async #findings(snapshot: CatalogSnapshot): Promise<Findings> {
    const { clock, service, states } = this.parts;
    const at = clock();
    const inForce = await states.present();
    if (
      this.#known?.snapshot === snapshot &&
      this.#known.inForce === inForce &&
      at - this.#known.value.at < FRESH
    ) {
      return this.#known.value;
    }
    const [now, coverage] = await Promise.all([
      service.everybodyNow(at, { ownershipRefs: [] }, true),
      this.parts.coverage.coverage({ from: at, to: at + AHEAD * DAY }),
    ]);
    const covered = now.services!.filter(
      s =>
        s.coverage === 'full' ||
        (s.coverage === 'gap' && s.reason?.code === 'level-empty'),
    );
    const value = {
      at,
      services: now.totals.services,
      servicesCovered: covered.length,
      findings: ownershipFindings({
        snapshot,
        now,
        coverage,
        schedules: new Map(
          [...inForce].map(([ref, { version, schedule }]) => [
            ref,
            { title: version.title, ownerRef: version.ownerRef, schedule },
          ]),
        ),
      }),
    };
    this.#known = { snapshot, inForce, value };
    return value;
  }
}

function readPosition(cursor: string): number {
  if (!/^\d{1,7}$/.test(cursor)) {
    throw new InputError('cursor must be the nextCursor of the page before');
  }
  return Number(cursor);
}
