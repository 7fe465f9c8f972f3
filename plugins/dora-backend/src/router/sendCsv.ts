import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { dataQualityText } from '@pavedroad/plugin-dora-common';
import express from 'express';
import { CsvPage } from '../service/csv';

/** How streams say that there is nobody to send to any more. */
const GONE = ['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_UNABLE_TO_PIPE'];

/**
 * Sends rows as CSV while they are read: no faster than the asker takes them, so
 * that a file of any length costs the memory of a page, and no longer than the
 * asker is there. Why rows may be missing stands in the header `x-data-quality`
 * too: a file without rows says it nowhere else.
 *
 * @throws what the first page throws, before anything is sent: it can still be
 *   answered as an error. What goes wrong later breaks the connection off, because
 *   a file that ends early would look whole.
 */
export async function sendCsv<T, P extends CsvPage<T>>(
  res: express.Response,
  file: {
    name: string;
    csv: { header: string; line: (item: T, page: P) => string };
  },
  pages: AsyncGenerator<P & CsvPage<T>>,
): Promise<void> {
  const { header, line } = file.csv;
  const first = await pages.next();
  async function* texts(): AsyncGenerator<string> {
    const text = (page: P & CsvPage<T>) =>
      page.items.map(item => line(item, page)).join('');
    yield first.done ? header : `${header}${text(first.value)}`;
    for await (const page of pages) {
      yield text(page);
    }
  }
  res.type('text/csv; charset=utf-8');
  res.attachment(file.name);
  if (!first.done && first.value.dataQuality?.length) {
    res.setHeader('x-data-quality', dataQualityText(first.value.dataQuality));
  }
  try {
    await pipeline(Readable.from(texts(), { highWaterMark: 1 }), res);
  } catch (error) {
    await pages.return(undefined);
    if (!GONE.includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw error;
    }
  }
}
