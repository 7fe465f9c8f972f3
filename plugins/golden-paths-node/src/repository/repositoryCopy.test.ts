import {
  mkdir,
  mkdtemp,
  readdir,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UrlReaderService } from '@backstage/backend-plugin-api';
import { copyRepository } from './repositoryCopy';

let work: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'repository-copy-'));
});
afterEach(() => rm(work, { recursive: true, force: true }));

/** A host that does not say beforehand how large files are. */
function reader(bytes: number): UrlReaderService {
  const unsupported = async (): Promise<never> => {
    throw new Error('Only folders are read');
  };
  return {
    readUrl: unsupported,
    search: unsupported,
    readTree: async () => ({
      etag: 'one',
      files: async () => [],
      archive: unsupported,
      async dir(options) {
        const folder = join(options?.targetDir ?? '', 'assets');
        await mkdir(folder);
        for (const name of ['a.bin', 'b.bin']) {
          await writeFile(join(folder, name), '');
          await truncate(join(folder, name), bytes / 2);
        }
        return folder;
      },
    }),
  };
}

describe('copyRepository', () => {
  const treeUrl = 'https://host.example/payments/ledger/tree/main/';
  const MIB = 1024 * 1024;

  it('counts what was copied where the host does not say', async () => {
    await expect(
      copyRepository({
        reader: reader(102 * MIB),
        treeUrl,
        folder: join(work, 'ledger'),
      }),
    ).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/5000 files or 100 MiB/),
    });
    expect(await readdir(work)).toEqual([]);
  });

  it('copies what is not too large', async () => {
    await expect(
      copyRepository({
        reader: reader(MIB),
        treeUrl,
        folder: join(work, 'ledger'),
      }),
    ).resolves.toEqual({ files: 2, leftOut: [], etag: 'one' });
  });
});
