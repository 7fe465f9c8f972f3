import {
  DeliverySourceBackfill,
  DeliverySourceItem,
} from '@pavedroad/plugin-dora-common';
import {
  BackfillProgress,
  DeliveryEventSource,
} from '@pavedroad/plugin-dora-node';
import { SourceActivity, SourceStore } from '../database/SourceStore';

const DAY = 86_400_000;
/** Time over which receipts are counted, in days. */
const COUNTED_DAYS = 7;
/** How long an answer may be repeated, in milliseconds. */
const CACHE = 30_000;
/** Repositories listed of a backfill that did not get through. */
const MAX_PROBLEMS = 20;

/** Says which sources there are, what they need and what came in through them. */
export class SourcesService {
  private cached:
    | { at: number; items: Promise<DeliverySourceItem[]> }
    | undefined;

  static create(options: {
    sources: DeliveryEventSource[];
    store: SourceStore;
    now?: () => number;
  }): SourcesService {
    return new SourcesService(
      options.sources,
      options.store,
      options.now ?? Date.now,
    );
  }

  private constructor(
    private readonly sources: DeliveryEventSource[],
    private readonly store: SourceStore,
    private readonly now: () => number,
  ) {}

  /** Every source, by id. The counts may be half a minute old. */
  async list(): Promise<DeliverySourceItem[]> {
    if (!this.cached || this.now() - this.cached.at > CACHE) {
      const items = this.read();
      const cached = { at: this.now(), items };
      this.cached = cached;
      items.catch(() => {
        if (this.cached === cached) {
          this.cached = undefined;
        }
      });
    }
    return this.cached.items;
  }

  private async read(): Promise<DeliverySourceItem[]> {
    const [activity, backfills] = await Promise.all([
      this.store.activitySince(new Date(this.now() - COUNTED_DAYS * DAY)),
      this.backfills(),
    ]);
    return [...this.sources]
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(source =>
        sourceItem(source, activity.get(source.id), backfills.get(source.id)),
      );
  }

  private async backfills(): Promise<Map<string, BackfillProgress[]>> {
    const found = new Map<string, BackfillProgress[]>();
    for (const { source, value } of await this.store.states('backfill ')) {
      found.set(source, [
        ...(found.get(source) ?? []),
        value as unknown as BackfillProgress,
      ]);
    }
    return found;
  }
}

/** Pure. */
function sourceItem(
  source: DeliveryEventSource,
  activity: SourceActivity | undefined,
  backfills: BackfillProgress[] | undefined,
): DeliverySourceItem {
  const { id, description, webhook, configured } = source;
  return {
    id,
    title: description?.title ?? id,
    provides: description?.provides ?? [],
    access: description?.access ?? [],
    ...(description?.docs && { docs: description.docs }),
    configured: configured ?? true,
    ...(webhook && { webhookPath: `/api/dora/webhooks/${id}` }),
    ...(activity?.lastReceivedAt && {
      lastReceivedAt: activity.lastReceivedAt,
    }),
    last7Days: {
      received: activity?.received ?? 0,
      rejected: activity?.rejected ?? 0,
    },
    ...(backfills && { backfill: backfillItem(backfills) }),
  };
}

function backfillItem(backfills: BackfillProgress[]): DeliverySourceBackfill {
  return {
    repositories: backfills.length,
    complete: backfills.filter(({ completedAt }) => completedAt !== undefined)
      .length,
    events: backfills.reduce((sum, { events }) => sum + events, 0),
    problems: backfills
      .filter(({ problem }) => problem !== undefined)
      .slice(0, MAX_PROBLEMS)
      .map(({ repository, problem = '' }) => ({ repository, problem })),
  };
}
