import { LoggerService } from '@backstage/backend-plugin-api';
import { DeliveryEventSource } from '@pavedroad/plugin-dora-node';
import { CatalogServiceDirectory } from '../catalog/CatalogServiceDirectory';
import { DeliveryStore, ReplayResult } from '../database/DeliveryStore';
import { digestKey } from '../database/keys';
import { IngestService } from './IngestService';

/**
 * Normalises the inbox anew: what a source understands better, or a new source
 * understands at all, counts for everything that was ever received.
 */
export class ReplayService {
  static create(options: {
    store: DeliveryStore;
    sources: DeliveryEventSource[];
    ingest: IngestService;
    directory: CatalogServiceDirectory;
    logger: LoggerService;
  }): ReplayService {
    return new ReplayService(
      options.store,
      options.sources,
      options.ingest,
      options.directory,
      options.logger,
    );
  }

  private constructor(
    private readonly store: DeliveryStore,
    private readonly sources: DeliveryEventSource[],
    private readonly ingest: IngestService,
    private readonly directory: CatalogServiceDirectory,
    private readonly logger: LoggerService,
  ) {}

  /**
   * Replays when a source is new or newer than the one that normalised what is
   * stored. An older one changes nothing: during an update both are about.
   */
  async replayIfOutdated(): Promise<void> {
    const stored = await this.store.normaliserVersions();
    const versions = { ...stored };
    for (const { id, normaliserVersion, settings } of this.sources) {
      versions[id] = Math.max(versions[id] ?? 0, normaliserVersion);
      applySettings(versions, id, settings);
    }
    if (JSON.stringify(versions) === JSON.stringify(stored)) {
      return;
    }
    const { normalised, kept } = await this.replay();
    await this.store.saveNormaliserVersions(versions);
    if (normalised > 0) {
      this.logger.info(
        `Normalised ${normalised} delivery events anew, because their sources changed`,
      );
    }
    if (kept > 0) {
      this.logger.warn(
        `${kept} delivery events stay as they were understood before, because their raw payloads are no longer kept (dora.retention.rawPayloads)`,
      );
    }
  }

  /** @returns how many events were normalised, and how many could not be */
  async replay(): Promise<ReplayResult> {
    const mapping = await this.directory.fresh(0);
    return this.store.replay(
      ({ event }) => this.ingest.normalise(event),
      mapping,
    );
  }
}

/** Keeps the name of a source's settings as a key of its own: of each source there is at most one. */
function applySettings(
  versions: Record<string, number>,
  sourceId: string,
  settings: string | undefined,
): void {
  const prefix = `${sourceId}#`;
  const wanted = settings && `${prefix}${digestKey(settings)}`;
  for (const key of Object.keys(versions)) {
    if (key.startsWith(prefix) && key !== wanted) {
      delete versions[key];
    }
  }
  if (wanted) {
    versions[wanted] ??= 1;
  }
}
