import { GitHostClient } from './GitHostClient';

function client(answer: Response) {
  const fetchMock = jest.fn<Promise<Response>, [string, RequestInit]>(
    async () => answer,
  );
  return {
    fetchMock,
    client: new GitHostClient({
      discovery: { getBaseUrl: async id => `http://portal/api/${id}` },
      fetchApi: { fetch: fetchMock as unknown as typeof fetch },
    }),
  };
}

describe('GitHostClient', () => {
  it('sends names as one segment each, and leaves out what is not asked', async () => {
    const { client: git, fetchMock } = client(Response.json({ items: [] }));
    await git.listCommits('payments/api', {
      ref: 'feature/a b',
      path: undefined,
    });
    expect(fetchMock.mock.calls[0][0]).toBe(
      'http://portal/api/git/v1/repositories/payments/api/commits?ref=feature%2Fa+b',
    );
    const other = client(new Response(undefined, { status: 204 }));
    await other.client.deleteBranch('payments/api', 'feature/a', {
      token: 't',
    });
    expect(other.fetchMock).toHaveBeenCalledWith(
      'http://portal/api/git/v1/repositories/payments/api/branches/feature%2Fa',
      expect.objectContaining({
        method: 'DELETE',
        headers: { authorization: 'Bearer t' },
      }),
    );
  });

  it('rejects with the sentence of the host and its status', async () => {
    const { client: git } = client(
      Response.json(
        {
          error: { name: 'ConflictError', message: 'It has moved' },
          response: { statusCode: 409 },
        },
        { status: 409 },
      ),
    );
    await expect(git.mergePull('payments/api', 1)).rejects.toMatchObject({
      name: 'ResponseError',
      message: 'It has moved (409)',
      statusCode: 409,
    });
  });

  it('gives files as bytes with their etag', async () => {
    const { client: git } = client(
      new Response(new Uint8Array([0, 255]), {
        headers: {
          etag: 'W/"abc"',
          'content-type': 'application/octet-stream',
        },
      }),
    );
    expect(await git.getFile('payments/api', { path: 'a' })).toEqual({
      content: new Uint8Array([0, 255]),
      etag: 'abc',
      contentType: 'application/octet-stream',
    });
  });
});
