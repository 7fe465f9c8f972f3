import {
  ReadTreeResponseFactory,
  ReadUrlResponseFactory,
} from '@backstage/backend-defaults/urlReader';
import {
  UrlReaderService,
  UrlReaderServiceReadTreeOptions,
  UrlReaderServiceReadTreeResponse,
  UrlReaderServiceReadUrlOptions,
  UrlReaderServiceReadUrlResponse,
  UrlReaderServiceSearchOptions,
  UrlReaderServiceSearchResponse,
} from '@backstage/backend-plugin-api';
import {
  InputError,
  NotFoundError,
  NotModifiedError,
  ResponseError,
} from '@backstage/errors';
import {
  FileUrl,
  fileUrl,
  parseFileUrl,
  Tree,
} from '@pavedroad/plugin-git-common';
import { minimatch } from 'minimatch';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

const MAX_SEARCH_RESULTS = 1000;

// Patterns come from catalog data: only what cannot be made to run for ever.
const GLOB_OPTIONS = {
  dot: true,
  nobrace: true,
  nocomment: true,
  noext: true,
  nonegate: true,
};

/** Where a ref ends and a path begins, and the commit the ref is at. */
interface ResolvedUrl {
  ref: string;
  commit: string;
  path: string;
}

/**
 * Reads files and folders of the embedded git host for the catalog, the
 * scaffolder and TechDocs, in the name of the plugin that reads.
 */
export class GitHostUrlReader implements UrlReaderService {
  readonly #externalBaseUrl: string;
  readonly #internalBaseUrl: () => Promise<string>;
  readonly #serviceToken: () => Promise<string>;
  readonly #treeResponseFactory: ReadTreeResponseFactory;

  /**
   * @param options.externalBaseUrl - how URLs of the host begin, `<portal>/api/git`
   * @param options.internalBaseUrl - where to reach it from here
   * @param options.serviceToken - a token of the reading plugin for plugin `git`
   */
  constructor(options: {
    externalBaseUrl: string;
    internalBaseUrl: () => Promise<string>;
    serviceToken: () => Promise<string>;
    treeResponseFactory: ReadTreeResponseFactory;
  }) {
    this.#externalBaseUrl = options.externalBaseUrl.replace(/\/+$/, '');
    this.#internalBaseUrl = options.internalBaseUrl;
    this.#serviceToken = options.serviceToken;
    this.#treeResponseFactory = options.treeResponseFactory;
  }

  /** Whether the URL is the git host's: same scheme, host and port, below its path. */
  handles(url: URL): boolean {
    const base = new URL(this.#externalBaseUrl);
    return (
      url.origin === base.origin && url.pathname.startsWith(`${base.pathname}/`)
    );
  }

  /**
   * One file. The etag is the object id: it stays while the file is unchanged,
   * whatever else is pushed. `lastModifiedAfter` is not honoured, since the
   * date of a commit does not tell when it was pushed.
   *
   * @throws NotFoundError, NotModifiedError
   */
  async readUrl(
    url: string,
    options?: UrlReaderServiceReadUrlOptions,
  ): Promise<UrlReaderServiceReadUrlResponse> {
    const file = this.#parse(url);
    const response = await this.#fetch(
      `/${file.owner}/${file.name}/blob/${encode(file.refAndPath)}`,
      options,
      options?.etag,
    );
    return ReadUrlResponseFactory.fromReadable(bodyOf(response), {
      etag: etagOf(response),
    });
  }

  /**
   * A folder and everything in it. The etag is the commit.
   *
   * @throws NotFoundError, NotModifiedError
   */
  async readTree(
    url: string,
    options?: UrlReaderServiceReadTreeOptions,
  ): Promise<UrlReaderServiceReadTreeResponse> {
    const file = this.#parse(url);
    // The commit is settled first, so that etag and content belong together.
    const { commit, path } = await this.#resolve(file, options);
    if (options?.etag === commit) {
      throw new NotModifiedError();
    }
    const response = await this.#fetch(
      `${repository(file)}/archive?${new URLSearchParams({
        ref: commit,
        path,
      })}`,
      options,
    );
    return this.#treeResponseFactory.fromTarArchive({
      stream: bodyOf(response),
      etag: commit,
      filter: options?.filter,
    });
  }

  /**
   * Files whose path matches the URL, in which `*`, `**` and `[ab]`
   * have their usual meaning. A URL without them is that one file. Nothing
   * found is no error.
   *
   * @throws NotModifiedError
   */
  async search(
    url: string,
    options?: UrlReaderServiceSearchOptions,
  ): Promise<UrlReaderServiceSearchResponse> {
    const file = this.#parse(url);
    try {
      if (!/[*[]/.test(file.refAndPath.join('/'))) {
        const response = await this.readUrl(url, options);
        return {
          files: [{ url, content: response.buffer }],
          etag: response.etag ?? '',
        };
      }
      const { ref, commit, path: pattern } = await this.#resolve(file, options);
      if (options?.etag === commit) {
        throw new NotModifiedError();
      }
      const response = await this.#fetch(
        `${repository(file)}/tree?${new URLSearchParams({
          ref: commit,
          recursive: 'true',
        })}`,
        options,
      );
      const tree = (await response.json()) as Tree;
      const found = tree.entries.filter(
        ({ path, type }) =>
          type === 'file' && minimatch(path, pattern, GLOB_OPTIONS),
      );
      if (tree.truncated || found.length > MAX_SEARCH_RESULTS) {
        throw new InputError(
          `The pattern of '${url}' covers too many files; name a narrower one`,
        );
      }
      return {
        etag: commit,
        files: found.map(({ path }) => ({
          url: fileUrl(this.#externalBaseUrl, file, 'blob', ref, path),
          content: async () => {
            const blob = await this.#fetch(
              `${repository(file)}/raw?${new URLSearchParams({
                ref: commit,
                path,
              })}`,
              options,
            );
            return Buffer.from(await blob.arrayBuffer());
          },
        })),
      };
    } catch (error) {
      if ((error as Error).name === 'NotFoundError') {
        return { files: [], etag: '' };
      }
      throw error;
    }
  }

  toString(): string {
    return `gitHost{${this.#externalBaseUrl}}`;
  }

  #parse(url: string): FileUrl {
    const file = parseFileUrl(this.#externalBaseUrl, url);
    if (!file) {
      throw new InputError(
        `'${url}' is not the address of a file or folder of the git host`,
      );
    }
    return file;
  }

  async #resolve(
    file: FileUrl,
    options: { token?: string; signal?: AbortSignal } | undefined,
  ): Promise<ResolvedUrl> {
    const response = await this.#fetch(
      `${repository(file)}/resolve?${new URLSearchParams({
        refAndPath: file.refAndPath.join('/'),
      })}`,
      options,
    );
    return (await response.json()) as ResolvedUrl;
  }

  async #fetch(
    path: string,
    options: { token?: string; signal?: AbortSignal } | undefined,
    etag?: string,
  ): Promise<Response> {
    const [baseUrl, token] = await Promise.all([
      this.#internalBaseUrl(),
      options?.token ?? this.#serviceToken(),
    ]);
    const response = await fetch(`${baseUrl}${path}`, {
      headers: {
        authorization: `Bearer ${token}`,
        ...(etag ? { 'if-none-match': `"${etag}"` } : {}),
      },
      // The host answers itself; a redirect would carry the token elsewhere.
      redirect: 'error',
      signal: options?.signal,
    });
    if (response.status === 304) {
      throw new NotModifiedError();
    }
    if (!response.ok) {
      const error = await ResponseError.fromResponse(response);
      if (response.status === 404) {
        throw new NotFoundError(error.cause.message);
      }
      throw error;
    }
    return response;
  }
}

function repository(file: FileUrl): string {
  return `/v1/repositories/${file.owner}/${file.name}`;
}

function encode(segments: string[]): string {
  return segments.map(encodeURIComponent).join('/');
}

function etagOf(response: Response): string | undefined {
  return response.headers.get('etag')?.replace(/^W\/|"/g, '');
}

function bodyOf(response: Response): Readable {
  return response.body
    ? Readable.fromWeb(response.body as ReadableStream)
    : Readable.from([]);
}
