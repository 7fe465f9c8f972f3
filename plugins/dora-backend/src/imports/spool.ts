import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { InputError } from '@backstage/errors';
import {
  PayloadTooLargeError,
  UnsupportedMediaTypeError,
} from '../inbox/errors';

/** A body on disk, to be read more than once. */
export interface SpooledFile {
  path: string;
  remove(): Promise<void>;
}

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

function sizeLimit(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        done(
          new PayloadTooLargeError(
            `The file is larger than ${maxBytes} bytes after decompression: split it, or raise dora.imports.maxBytes`,
          ),
        );
      } else {
        done(undefined, chunk);
      }
    },
  });
}

/** Spreadsheets write other encodings, of which names and titles would be garbled. */
function utf8Check(): Transform {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const broken = () =>
    new InputError(
      'The file is not UTF-8 text: save it as “CSV UTF-8” or convert it',
    );
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        decoder.decode(chunk, { stream: true });
        done(undefined, chunk);
      } catch {
        done(broken());
      }
    },
    flush(done) {
      try {
        decoder.decode();
        done();
      } catch {
        done(broken());
      }
    },
  });
}

async function* peeked(first: Buffer, rest: AsyncIterator<Buffer>) {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    yield next.value;
  }
}

/**
 * Writes a body to a temporary file, decompressed. Nothing but a bounded piece of
 * it is in memory at any time.
 *
 * @throws PayloadTooLargeError 413, UnsupportedMediaTypeError 415, InputError 400
 */
export async function spool(
  body: Readable,
  options: { contentEncoding?: string; maxBytes: number },
): Promise<SpooledFile> {
  const encoding = options.contentEncoding?.toLowerCase() ?? 'identity';
  if (!['identity', 'gzip', 'x-gzip', ''].includes(encoding)) {
    throw new UnsupportedMediaTypeError(
      `The content encoding ${JSON.stringify(
        encoding.slice(0, 40),
      )} is not known: send the file as it is or with gzip`,
    );
  }
  const path = join(tmpdir(), `dora-import-${randomUUID()}`);
  const remove = () => rm(path, { force: true });
  // The body itself outlives a refusal: its rest is read and thrown away.
  const through = new PassThrough();
  const broken = () => through.destroy(new InputError('The body broke off'));
  body.once('error', broken);
  body.once('aborted', broken);
  body.pipe(through);
  try {
    const chunks: AsyncIterator<Buffer> = through[Symbol.asyncIterator]();
    const first = await chunks.next();
    const start: Buffer = first.done ? Buffer.alloc(0) : first.value;
    // A compressed file is sent as it is by programs that do not know what it holds.
    const compressed =
      encoding.endsWith('gzip') || start.subarray(0, 2).equals(GZIP_MAGIC);
    const stages = [
      sizeLimit(options.maxBytes),
      utf8Check(),
      createWriteStream(path, { flags: 'wx', mode: 0o600 }),
    ] as const;
    const source = Readable.from(peeked(start, chunks));
    if (compressed) {
      await pipeline(source, createGunzip(), ...stages);
    } else {
      await pipeline(source, ...stages);
    }
    return { path, remove };
  } catch (error) {
    await remove();
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (/^Z_/.test(code)) {
      throw new InputError('The file is not whole gzip data');
    }
    throw error;
  } finally {
    body.unpipe(through);
    through.destroy();
    body.off('error', broken);
    body.off('aborted', broken);
  }
}
