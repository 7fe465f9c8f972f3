import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { UrlReaderService } from '@backstage/backend-plugin-api';
import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import { NotFoundError } from '@backstage/errors';
import type { ScmIntegrations } from '@backstage/integration';
import {
  copyRepository,
  type Template,
  templateOf,
} from '@pavedroad/plugin-golden-paths-node';
import { isWanted, templateFolders } from './templateLocation';

/** For how long the host is not asked again whether there is something new, in milliseconds. */
const FRESH_MS = 15_000;

/** Most templates kept. */
const MAX_KEPT = 24;

/** The files of one template in one state. */
type Kept = {
  folder: string;
  etag: string;
  askedAt: number;
  users: number;
  dropped: boolean;
};

/** Reads the folders of templates from where they are, and keeps them for as long as they stay the same. */
export class TemplateSource {
  private readonly kept = new Map<string, Kept>();
  private readonly reading = new Map<string, Promise<Kept>>();
  private count = 0;

  constructor(
    private readonly options: {
      reader: UrlReaderService;
      integrations: ScmIntegrations;
      /** Where files are kept; made when needed. */
      folder: string;
      /** Milliseconds since the epoch. */
      now?: () => number;
    },
  ) {}

  /**
   * Calls `work` with a template and its files. They are there until it ends.
   *
   * @throws InputError for what is no template with files beside it, NotFoundError where they cannot be read
   */
  async use<T>(
    entity: Entity,
    signal: AbortSignal,
    work: (template: Template, state: { etag: string }) => Promise<T>,
  ): Promise<T> {
    let kept = await this.find(entity, signal);
    // Something newer may have taken its place meanwhile.
    while (kept.dropped) {
      kept = await this.find(entity, signal);
    }
    kept.users += 1;
    try {
      return await work(this.templateIn(entity, kept), { etag: kept.etag });
    } finally {
      kept.users -= 1;
      await this.removeIfDone(kept);
    }
  }

  private templateIn(entity: Entity, kept: Kept): Template {
    const { above, wanted } = this.foldersOf(entity);
    // A template without anything above it is in a folder that stands for the one above.
    return templateOf(
      entity,
      above === 0
        ? join(kept.folder, 'template')
        : join(kept.folder, ...wanted[0].split('/')),
      kept.folder,
    );
  }

  private foldersOf(entity: Entity) {
    const { steps } = templateOf(entity, '/');
    return templateFolders(
      entity,
      steps
        .filter(step => step.action === 'fetch:template')
        .map(step => String(step.input?.url ?? '.')),
    );
  }

  private async find(entity: Entity, signal: AbortSignal): Promise<Kept> {
    const key = JSON.stringify([
      stringifyEntityRef(entity),
      this.foldersOf(entity),
    ]);
    const found = this.kept.get(key);
    if (found && this.now() - found.askedAt < FRESH_MS) {
      return found;
    }
    const under = this.reading.get(key);
    if (under) {
      return under;
    }
    const reading = this.read(key, entity, signal).finally(() =>
      this.reading.delete(key),
    );
    this.reading.set(key, reading);
    return reading;
  }

  private async read(
    key: string,
    entity: Entity,
    signal: AbortSignal,
  ): Promise<Kept> {
    const { baseUrl, above, wanted } = this.foldersOf(entity);
    const known = this.kept.get(key);
    const askedAt = this.now();
    this.count += 1;
    const folder = join(this.options.folder, `template-${this.count}`);
    const copyTo = above === 0 ? join(folder, 'template') : folder;
    try {
      const { etag } = await copyRepository({
        reader: this.options.reader,
        treeUrl: this.options.integrations.resolveUrl({
          url: above === 0 ? './' : '../'.repeat(above),
          base: baseUrl,
        }),
        folder: copyTo,
        signal,
        etag: known?.etag,
        filter: path => isWanted(wanted, path),
      });
      const kept = { folder, etag, askedAt, users: 0, dropped: false };
      this.kept.delete(key);
      this.kept.set(key, kept);
      await this.drop(known);
      await this.evict();
      return kept;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      if (known && (error as Error).name === 'NotModifiedError') {
        known.askedAt = askedAt;
        return known;
      }
      if ((error as Error).name === 'InputError' || signal.aborted) {
        throw error;
      }
      throw new NotFoundError(
        'The files of this template cannot be read right now.',
        error,
      );
    }
  }

  private async evict(): Promise<void> {
    for (const [key, kept] of this.kept) {
      if (this.kept.size <= MAX_KEPT) {
        return;
      }
      this.kept.delete(key);
      await this.drop(kept);
    }
  }

  private async drop(kept: Kept | undefined): Promise<void> {
    if (kept) {
      kept.dropped = true;
      await this.removeIfDone(kept);
    }
  }

  private async removeIfDone(kept: Kept): Promise<void> {
    if (kept.dropped && kept.users === 0) {
      await rm(kept.folder, { recursive: true, force: true });
    }
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }
}
