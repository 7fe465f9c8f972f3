import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import knexFactory, { Knex } from 'knex';

/** Where the server of a run is; a server of its own is started without it. */
const CONNECTION = 'PAVEDROAD_BENCH_DATABASE';

/**
 * Runs something on an empty database. The server is the one that the environment
 * variable PAVEDROAD_BENCH_DATABASE names, else a fresh embedded one with the settings the
 * portal starts it with.
 */
export async function withDatabase<T>(
  run: (knex: Knex, address: string) => Promise<T>,
): Promise<T> {
  return withServer(connection => onDatabase(connection, run));
}

/** Runs something on a server, given as the address of one of its databases. */
export async function withServer<T>(
  run: (connection: string) => Promise<T>,
): Promise<T> {
  const given = process.env[CONNECTION];
  if (given) {
    return run(given);
  }
  const root = path.resolve(__dirname, '../..');
  const { startPostgres } = await import(
    path.join(root, 'packages/launcher/src/postgres.mjs')
  );
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pavedroad-bench-'));
  // The server refuses to run as root, and then needs to reach its folder.
  fs.chmodSync(folder, 0o755);
  const server = await startPostgres({
    root,
    folder: path.join(folder, 'postgres'),
    logFile: path.join(folder, 'postgres.log'),
    password: 'bench',
  });
  try {
    return await run(
      `postgresql://portal:bench@127.0.0.1:${server.port}/postgres`,
    );
  } finally {
    await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs something on an empty database of a server, given with its address.
 *
 * @param keep - name of a database that is kept afterwards, and taken again where it is there
 */
export async function onDatabase<T>(
  connection: string,
  run: (knex: Knex, address: string) => Promise<T>,
  keep?: string,
): Promise<T> {
  const name = keep ?? `bench_${process.pid}_${Date.now()}`;
  const server = knexFactory({ client: 'pg', connection });
  try {
    const { rows: known } = await server.raw(
      'SELECT FROM pg_database WHERE datname = ?',
      [name],
    );
    if (known.length === 0) {
      await server.raw('CREATE DATABASE ??', [name]);
    }
    const url = new URL(connection);
    url.pathname = `/${name}`;
    const knex = knexFactory({
      client: 'pg',
      connection: url.toString(),
      pool: { min: 0, max: 10 },
    });
    try {
      return await run(knex, url.toString());
    } finally {
      await knex.destroy();
      if (keep === undefined) {
        await server.raw('DROP DATABASE ?? WITH (FORCE)', [name]);
      }
    }
  } finally {
    await server.destroy();
  }
}
