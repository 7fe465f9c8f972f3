import { ResponseError } from '@backstage/errors';
import type {
  Preview,
  PreviewRequest,
} from '@pavedroad/plugin-golden-paths-common';

/** Asks what a template would write. Rejects with the portal's words where it cannot be shown. */
export async function fetchPreview(
  request: PreviewRequest,
  apis: {
    discoveryApi: { getBaseUrl(pluginId: string): Promise<string> };
    fetchApi: { fetch: typeof fetch };
  },
): Promise<Preview> {
  const base = await apis.discoveryApi.getBaseUrl('golden-paths');
  const response = await apis.fetchApi.fetch(`${base}/preview`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  if (!response.ok) {
    throw await ResponseError.fromResponse(response);
  }
  return response.json();
}

/** What the portal does not take of the answers, one sentence each; `undefined` where that is not why there is no preview. */
export function refusedAnswers(error: unknown): string[] | undefined {
  if (!(error instanceof ResponseError) || error.response.status !== 400) {
    return undefined;
  }
  const [, list] =
    /refuses these answers:\n([\s\S]*)/.exec(error.cause.message) ?? [];
  return list?.split('\n').map(line => line.replace(/^- /, ''));
}

/** Whether the portal said no, and would to creating it as well. What only broke, took too long or was asked too often may go well then. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof ResponseError &&
    [400, 401, 403, 404, 409, 413].includes(error.response.status)
  );
}
