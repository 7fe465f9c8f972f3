import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express from 'express';

/** How streams say that there is nobody to send to any more. */
const GONE = ['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_UNABLE_TO_PIPE'];

/**
 * Sends rows as CSV while they are read: no faster than the asker takes them, so
 * that a file of any length costs the memory of a page, and no longer than the
 * asker is there.
 *
 * @throws what the first page throws, before anything is sent: it can still be
 *   answered as an error. What goes wrong later breaks the connection off, because
 *   a file that ends early would look whole.
 */
export async function sendCsv<T>(
  res: express.Response,
  file: { name: string; header: string; line: (item: T) => string },
  pages: AsyncGenerator<T[]>,
): Promise<void> {
  const first = await pages.next();
  async function* texts(): AsyncGenerator<string> {
    const text = (items: T[]) => items.map(file.line).join('');
    yield first.done ? file.header : `${file.header}${text(first.value)}`;
    for await (const items of pages) {
      yield text(items);
    }
  }
  res.type('text/csv; charset=utf-8');
  res.attachment(file.name);
  try {
    await pipeline(Readable.from(texts(), { highWaterMark: 1 }), res);
  } catch (error) {
    await pages.return(undefined);
    if (!GONE.includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw error;
    }
  }
}
