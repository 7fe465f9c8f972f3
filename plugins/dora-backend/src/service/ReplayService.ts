import { LoggerService } from '@backstage/backend-plugin-api';
import { DeliveryEventSource } from '@pavedroad/plugin-dora-node';
import { CatalogServiceDirectory } from '../catalog/CatalogServiceDirectory';
import { sameVersions } from '../database/DatabaseDeliveryStore';
import {
  DeliveryStore,
  KnownReplay,
  ReplayState,
  ReplayStep,
} from '../database/DeliveryStore';
import { digestKey } from '../database/keys';
import { IngestService } from './IngestService';

const PROGRESS_MILLISECONDS = 10_000;
const BACKOFF_MILLISECONDS = 5_000;
/** What the catalog says is read again this often meanwhile. */
const MAPPING_AGE = 60_000;
/** A run that went no further for this long has nobody any more who could go on with it. */
const PATIENCE_MILLISECONDS = 10 * 60_000;
const LOOK_MILLISECONDS = 10_000;

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
    /** Called when facts can be derived again. */
    onDone: () => void;
    patienceMilliseconds?: number;
  }): ReplayService {
    return new ReplayService(
      options.store,
      options.sources,
      options.ingest,
      options.directory,
      options.logger,
      options.onDone,
      options.patienceMilliseconds ?? PATIENCE_MILLISECONDS,
    );
  }

  private stopped = false;
  private running: Promise<void> | undefined;

  private constructor(
    private readonly store: DeliveryStore,
    private readonly sources: DeliveryEventSource[],
    private readonly ingest: IngestService,
    private readonly directory: CatalogServiceDirectory,
    private readonly logger: LoggerService,
    private readonly onDone: () => void,
    private readonly patience: number,
  ) {}

  /**
   * Begins when a source is new or newer than the one that normalised what is stored, and goes on with what a backend of
   * the same sources began. An older one changes nothing: during an update both are about. Only when nobody goes on with
   * it any more, because the update was taken back, it begins anew by what it understands itself. Resolves as soon as that
   * is known; the work is done in the background, and facts wait for it.
   */
  async start(): Promise<void> {
    const { versions, underWay } = await this.wanted();
    if (versions) {
      this.running = this.run(versions);
    } else if (underWay) {
      this.running = this.wait(underWay);
    }
  }

  /** Resolves when the step in progress is done; another start goes on from there. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /** @returns the versions to normalise by, when that is to be done by this backend; the run of newer sources that is under way */
  private async wanted(): Promise<{
    versions?: Record<string, number>;
    underWay?: ReplayState;
  }> {
    for (;;) {
      const known = await this.known();
      const before = known.underWay?.versions ?? known.stored;
      const versions = this.applyOwn(before, Math.max);
      if (!sameVersions(versions, before)) {
        if (await this.store.beginReplay(versions, known)) {
          return { versions };
        }
        continue;
      }
      const newest = this.sources.every(
        ({ id, normaliserVersion }) => versions[id] === normaliserVersion,
      );
      return known.underWay && newest
        ? { versions }
        : { underWay: known.underWay };
    }
  }

  private async known(): Promise<KnownReplay> {
    const underWay = await this.store.replaying();
    return {
      stored: await this.store.normaliserVersions(),
      ...(underWay && { underWay }),
    };
  }

  /** Versions with those of the own sources in them. */
  private applyOwn(
    before: Record<string, number>,
    choose: (before: number, own: number) => number,
  ): Record<string, number> {
    const versions = { ...before };
    for (const { id, normaliserVersion, settings } of this.sources) {
      versions[id] = choose(versions[id] ?? 0, normaliserVersion);
      applySettings(versions, id, settings);
    }
    return versions;
  }

  /** Waits for a run of newer sources, and takes its place when it stands still. */
  private async wait(underWay: ReplayState): Promise<void> {
    let last = JSON.stringify(underWay);
    let movedAt = performance.now();
    while (!this.stopped) {
      await this.pause(Math.min(LOOK_MILLISECONDS, this.patience));
      try {
        const known = await this.known();
        if (!known.underWay) {
          return;
        }
        const now = JSON.stringify(known.underWay);
        if (now !== last) {
          last = now;
          movedAt = performance.now();
        } else if (performance.now() - movedAt >= this.patience) {
          const versions = this.applyOwn(known.stored, (_, own) => own);
          if (await this.store.beginReplay(versions, known)) {
            this.logger.warn(
              'Normalising delivery events anew by the sources of this backend: newer ones began, and nobody goes on with that',
            );
            await this.run(versions);
            return;
          }
        }
      } catch (error) {
        this.logger.warn(
          `Could not see how far the normalising of delivery events is: ${error}`,
        );
      }
    }
  }

  private async run(versions: Record<string, number>): Promise<void> {
    let saidAt = performance.now();
    while (!this.stopped) {
      try {
        const step = await this.store.replayStep(
          ({ event }) => this.ingest.normalise(event),
          await this.directory.fresh(MAPPING_AGE),
          versions,
        );
        if (!step || step.done) {
          this.sayDone(step);
          this.onDone();
          return;
        }
        if (performance.now() - saidAt > PROGRESS_MILLISECONDS) {
          saidAt = performance.now();
          this.logger.info(
            `Normalising delivery events anew, because their sources changed: ${
              step.normalised + step.kept
            } so far, ${progress(
              step,
            )} %. Figures stay as they were until that is done`,
          );
        }
      } catch (error) {
        this.logger.error(
          'Could not normalise delivery events anew; going on from where it was',
          error instanceof Error ? error : undefined,
        );
        await this.pause(BACKOFF_MILLISECONDS);
      }
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    const until = performance.now() + milliseconds;
    while (!this.stopped && performance.now() < until) {
      await new Promise(resolve => {
        setTimeout(resolve, 100);
      });
    }
  }

  private sayDone(step: ReplayStep | undefined): void {
    if (step && step.normalised > 0) {
      this.logger.info(
        `Normalised ${step.normalised} delivery events anew, because their sources changed`,
      );
    }
    if (step && step.kept > 0) {
      this.logger.warn(
        `${step.kept} delivery events stay as they were understood before, because their raw payloads are no longer kept (dora.retention.rawPayloads)`,
      );
    }
  }
}

/** Per cent of the inbox; its rows are numbered nearly without gaps. */
function progress({ stage, after, last }: ReplayStep): number {
  return stage === 'kept' || last === '0'
    ? 0
    : Math.min(99, Math.floor((Number(after) / Number(last)) * 100));
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
