import { DiscoveryApi, FetchApi } from '@backstage/frontend-plugin-api';
import { ResponseError } from '@backstage/errors';
import {
  ImportFormatsResponse,
  ImportReport,
} from '@pavedroad/plugin-dora-common';

/** How far an import is, in records. */
export interface ImportProgress {
  done: number;
  total: number;
}

/** What is done with a file. */
export interface ImportChoice {
  dryRun: boolean;
  /** Leave broken records out instead of refusing the whole file. */
  skipErrors: boolean;
}

/** By the name of the file: CSV unless it says that it holds JSON. */
export function formatOf(fileName: string): 'csv' | 'ndjson' {
  return /\.(ndjson|jsonl|json)(\.gz)?$/i.test(fileName) ? 'ndjson' : 'csv';
}

/** Hands files of delivery history to the backend. Rejects with `ResponseError`. */
export class ImportClient {
  static create(options: {
    discoveryApi: DiscoveryApi;
    fetchApi: FetchApi;
  }): ImportClient {
    return new ImportClient(options.discoveryApi, options.fetchApi);
  }

  private constructor(
    private readonly discoveryApi: DiscoveryApi,
    private readonly fetchApi: FetchApi,
  ) {}

  async formats(): Promise<ImportFormatsResponse> {
    return (await this.request('/formats')).json();
  }

  /** An example file, as text. */
  async example(name: string): Promise<string> {
    return (await this.request(`/examples/${encodeURIComponent(name)}`)).text();
  }

  /** A file with problems is no error: they are in the report. */
  async send(
    file: File,
    choice: ImportChoice,
    onProgress: (progress: ImportProgress) => void = () => {},
  ): Promise<ImportReport> {
    const format = formatOf(file.name);
    const query = new URLSearchParams({
      format,
      ...(choice.dryRun && { dryRun: 'true' }),
      ...(choice.skipErrors && { onError: 'skip' }),
    });
    const response = await this.request(`?${query}`, {
      method: 'POST',
      headers: {
        'content-type': format === 'csv' ? 'text/csv' : 'application/x-ndjson',
        accept: choice.dryRun ? 'application/json' : 'application/x-ndjson',
      },
      body: file,
    });
    if (response.status === 422) {
      return (await response.json()).report;
    }
    return /ndjson/.test(response.headers.get('content-type') ?? '')
      ? lastReport(response, onProgress)
      : response.json();
  }

  private async request(path: string, init?: RequestInit): Promise<Response> {
    const baseUrl = await this.discoveryApi.getBaseUrl('dora');
    const response = await this.fetchApi.fetch(
      `${baseUrl}/imports${path}`,
      init,
    );
    if (!response.ok && !(init && response.status === 422)) {
      throw await ResponseError.fromResponse(response);
    }
    return response;
  }
}

async function lastReport(
  response: Response,
  onProgress: (progress: ImportProgress) => void,
): Promise<ImportReport> {
  let report: ImportReport | undefined;
  const read = (line: string) => {
    const said = JSON.parse(line);
    if (said.error) {
      throw new Error(
        `${said.error.message}. Part of the file may be kept: import it again, what is known is recognised.`,
      );
    }
    if (said.report) {
      report = said.report;
    } else {
      onProgress(said);
    }
  };
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const lines = rest.split('\n');
    rest = lines.pop()!;
    lines.filter(line => line !== '').forEach(read);
    if (done) {
      break;
    }
  }
  if (!report) {
    throw new Error(
      'The connection broke off. Import the file again: what is known is recognised.',
    );
  }
  return report;
}
