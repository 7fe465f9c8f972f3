import { InputError } from '@backstage/errors';
import {
  branchNameProblem,
  revisionProblem,
} from '@pavedroad/plugin-git-common';
import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** The list of commands, not the pack: some 100 000 refs. Also bounds what gzip may unfold. */
const MAX_COMMAND_BYTES = 16 * 1024 * 1024;
const SIDE_BAND_BYTES = 60_000;

const COMMAND = /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) /i;

/** One ref that a push wants to create, move or delete. */
export interface PushCommand {
  /** The name as sent; `undefined` when it is no UTF-8. */
  ref: string | undefined;
  /** Its bytes, to answer with. */
  rawRef: Buffer;
  deletes: boolean;
}

/** The commands of a push and what its client understands. */
export interface PushCommandList {
  commands: PushCommand[];
  capabilities: string[];
}

/** A push that asks for names the host does not keep. */
export class PushRefusedError extends Error {
  /** An answer in git's own protocol, which clients show per ref. */
  readonly report: Buffer;

  constructor(message: string, report: Buffer) {
    super(message);
    this.name = 'PushRefusedError';
    this.report = report;
  }
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      bytes,
    );
  } catch {
    return undefined;
  }
}

/**
 * Reads what stands before the pack in the body of a `git-receive-pack` request.
 *
 * @returns `undefined` while the list is not complete
 * @throws InputError when it is none, or signed
 */
export function parsePushCommands(body: Buffer): PushCommandList | undefined {
  const commands: PushCommand[] = [];
  let capabilities: string[] = [];
  let position = 0;
  while (position + 4 <= body.length) {
    const header = body.toString('latin1', position, position + 4);
    const length = /^[0-9a-f]{4}$/i.test(header) ? parseInt(header, 16) : 3;
    if (length === 3) {
      throw new InputError('The push is not in the protocol of git');
    }
    // Flush, and the other special packets: git stops reading there as well.
    if (length < 4) {
      return { commands, capabilities };
    }
    if (position + length > body.length) {
      return undefined;
    }
    let line = body.subarray(position + 4, position + length);
    position += length;
    if (line[line.length - 1] === 0x0a) {
      line = line.subarray(0, -1);
    }
    const nul = line.indexOf(0);
    if (nul >= 0) {
      capabilities = line
        .toString('latin1', nul + 1)
        .split(' ')
        .filter(word => word !== '');
      line = line.subarray(0, nul);
    }
    const text = line.toString('latin1');
    if (text.startsWith('shallow ')) {
      continue;
    }
    // Commands inside a certificate would be read by git and not by this.
    const match = COMMAND.exec(text);
    if (!match) {
      throw new InputError(
        text === 'push-cert'
          ? 'This host takes no signed pushes; push without --signed'
          : 'The push is not in the protocol of git',
      );
    }
    const rawRef = line.subarray(match[0].length);
    commands.push({
      ref: decodeUtf8(rawRef),
      rawRef,
      deletes: /^0+$/.test(match[2]),
    });
  }
  return undefined;
}

/**
 * Why a ref may not be created or moved. What can be pushed must also be
 * readable, comparable and deletable over the REST interface, so both share
 * their rules. Deleting is always fine; other refs than branches and tags are
 * git's to refuse.
 */
export function pushCommandProblem(command: PushCommand): string | undefined {
  if (command.deletes) {
    return undefined;
  }
  if (command.ref === undefined) {
    return 'The ref must be valid Unicode text';
  }
  const [, kind, name] = /^refs\/(heads|tags)\/(.*)$/s.exec(command.ref) ?? [];
  if (kind === 'heads') {
    return branchNameProblem(name);
  }
  return kind === 'tags'
    ? revisionProblem(name)?.replace(/^The revision/, 'The tag')
    : undefined;
}

function packet(payload: Buffer): Buffer {
  const length = (payload.length + 4).toString(16).padStart(4, '0');
  return Buffer.concat([Buffer.from(length, 'latin1'), payload]);
}

/** The answer to a push of which nothing is taken, as `git receive-pack` writes it. */
export function refusalReport(list: PushCommandList): Buffer {
  const flush = Buffer.from('0000');
  const report = Buffer.concat([
    packet(Buffer.from('unpack ok\n')),
    ...list.commands.map(command => {
      const reason =
        pushCommandProblem(command) ?? 'refused together with another ref';
      return packet(
        Buffer.concat([
          Buffer.from('ng '),
          command.rawRef,
          Buffer.from(` ${reason}\n`),
        ]),
      );
    }),
    flush,
  ]);
  if (!list.capabilities.includes('side-band-64k')) {
    return report;
  }
  const bands: Buffer[] = [];
  for (let start = 0; start < report.length; start += SIDE_BAND_BYTES) {
    bands.push(
      packet(
        Buffer.concat([
          Buffer.from([1]),
          report.subarray(start, start + SIDE_BAND_BYTES),
        ]),
      ),
    );
  }
  return Buffer.concat([...bands, flush]);
}

/**
 * Refuses a push, before git sees it, that names a ref the host does not keep.
 *
 * @param bodyFile - holds the whole body of the request
 * @throws PushRefusedError, InputError when the body cannot be read
 */
export async function assertPushedRefs(
  bodyFile: string,
  gzipped: boolean,
): Promise<void> {
  const source = createReadStream(bodyFile);
  const plain = new PassThrough();
  // Ends early on purpose once the list is read; broken gzip ends `plain` too.
  const flowing = (
    gzipped ? pipeline(source, createGunzip(), plain) : pipeline(source, plain)
  ).catch(() => undefined);
  let list: PushCommandList | undefined;
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    let parsedAt = 0;
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      // Doubling keeps a long list from being read again for every chunk.
      if (size >= 2 * parsedAt || size > MAX_COMMAND_BYTES) {
        parsedAt = size;
        list = parsePushCommands(Buffer.concat(chunks));
        if (list) {
          break;
        }
      }
      if (size > MAX_COMMAND_BYTES) {
        throw new InputError('The push names too many refs at once');
      }
    }
    list ??= parsePushCommands(Buffer.concat(chunks));
  } catch (error) {
    if ((error as Error).name === 'InputError') {
      throw error;
    }
    throw new InputError('The body of the push could not be read');
  } finally {
    plain.destroy();
    source.destroy();
    await flowing;
  }
  if (!list) {
    throw new InputError('The list of refs in the push is cut short');
  }
  const problem = list.commands
    .map(pushCommandProblem)
    .find(text => text !== undefined);
  if (problem) {
    throw new PushRefusedError(problem, refusalReport(list));
  }
}
