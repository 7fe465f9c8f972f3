import type {
  AuthService,
  DiscoveryService,
  LoggerService,
} from '@backstage/backend-plugin-api';

import type { OnCallStore } from '../store/OnCallStore';
import { inForceAt } from './history';
import type { OnCallService } from './OnCallService';

const TIMEOUT = 10_000;
const PAGE = 200;
/** More incidents than that are not read; a window with so many says so. */
const MOST = 20_000;

/** An incident of the delivery metrics; times in milliseconds. */
export type Incident = {
  id: string;
  title: string;
  serviceRef: string;
  openedAt: number;
  resolvedAt?: number;
  durationSeconds?: number;
  url?: string;
  /** The schedule that answered for its service when it was opened. */
  scheduleRef?: string;
};

/** Incidents of a window, or why they are not known. */
export type Incidents =
  | { known: true; incidents: Incident[]; truncated: boolean }
  | { known: false; reason: string };

/** Reads incidents from the plugin that keeps delivery metrics, and finds the schedule that answered for each. */
export class IncidentReader {
  constructor(
    private readonly parts: {
      auth: AuthService;
      discovery: DiscoveryService;
      logger: LoggerService;
      store: Pick<OnCallStore, 'historyOf'>;
      service: OnCallService;
      fetch?: typeof fetch;
    },
  ) {}

  /** The incidents opened in a window in milliseconds, oldest first. A portal without delivery metrics knows none, and says so. */
  async opened(window: { from: number; to: number }): Promise<Incidents> {
    let found: Incident[];
    try {
      found = await this.#read(window);
    } catch (error) {
      this.parts.logger.warn(`Incidents could not be read: ${error}`);
      return {
        known: false,
        reason: 'The delivery metrics could not be asked for incidents',
      };
    }
    const truncated = found.length >= MOST;
    const incidents = found
      .slice(0, MOST)
      .sort((a, b) => a.openedAt - b.openedAt);
    await this.#addSchedules(incidents);
    return { known: true, incidents, truncated };
  }

  async #read(window: { from: number; to: number }): Promise<Incident[]> {
    const { auth, discovery } = this.parts;
    const [baseUrl, { token }] = await Promise.all([
      discovery.getBaseUrl('dora'),
      auth.getPluginRequestToken({
        onBehalfOf: await auth.getOwnServiceCredentials(),
        targetPluginId: 'dora',
      }),
    ]);
    const found: Incident[] = [];
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({
        from: new Date(window.from).toISOString(),
        to: new Date(window.to).toISOString(),
        limit: String(PAGE),
        ...(cursor === undefined ? {} : { cursor }),
      });
      const response = await (this.parts.fetch ?? fetch)(
        `${baseUrl}/incidents?${query}`,
        {
          headers: { authorization: `Bearer ${token}` },
          signal: AbortSignal.timeout(TIMEOUT),
        },
      );
      if (!response.ok) {
        throw new Error(`it answered ${response.status}`);
      }
      const body = (await response.json()) as {
        items?: unknown;
        nextCursor?: unknown;
      };
      if (!Array.isArray(body.items)) {
        throw new Error('its answer is not as expected');
      }
      found.push(...body.items.flatMap(readIncident));
      cursor =
        typeof body.nextCursor === 'string' ? body.nextCursor : undefined;
    } while (cursor !== undefined && found.length < MOST);
    return found;
  }

  /** The search follows the catalog as it is now, and the schedules in force when each was opened. */
  async #addSchedules(incidents: Incident[]): Promise<void> {
    if (incidents.length === 0) {
      return;
    }
    const { service, store } = this.parts;
    // Which schedules there were and whose they were; overrides do not matter for that.
    const history = await store.historyOf(
      undefined,
      incidents[0].openedAt,
      8.64e15,
    );
    const changes = history.schedules
      .map(version => version.takenUpAt)
      .sort((a, b) => a - b);
    let answering: Map<string, string> | undefined;
    let next = 0;
    for (const incident of incidents) {
      while (next < changes.length && changes[next] <= incident.openedAt) {
        next += 1;
        answering = undefined;
      }
      answering ??= await service.answering(
        inForceAt(history, incident.openedAt),
      );
      const scheduleRef = answering.get(incident.serviceRef);
      if (scheduleRef !== undefined) {
        incident.scheduleRef = scheduleRef;
      }
    }
  }
}

function readIncident(item: unknown): Incident[] {
  const { id, title, serviceRef, openedAt, resolvedAt, durationSeconds, url } =
    item as Record<string, unknown>;
  if (
    typeof id !== 'string' ||
    typeof serviceRef !== 'string' ||
    typeof openedAt !== 'string'
  ) {
    return [];
  }
  return [
    {
      id,
      title: typeof title === 'string' ? title : id,
      serviceRef,
      openedAt: Date.parse(openedAt),
      ...(typeof resolvedAt === 'string'
        ? { resolvedAt: Date.parse(resolvedAt) }
        : {}),
      ...(typeof durationSeconds === 'number' ? { durationSeconds } : {}),
      ...(typeof url === 'string' && /^https?:\/\//i.test(url) ? { url } : {}),
    },
  ];
}
