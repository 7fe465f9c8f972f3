import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

import { Benchmark, numberOption, quantile, round } from './benchmark';

/** How often is asked whether a step is done, in milliseconds: the error of a measurement. */
const EVERY = 100;
/** After this, in milliseconds, a step counts as never done. */
const PATIENCE = 120_000;

/**
 * How long it takes until a schedule that was pushed is in effect, step by step, on a portal that runs (`--portal=`, with the file of its machine
 * token in `--token=`): from the commit until the catalog answers with it, and from then until on-call does. With `--entities=` so many entities
 * of the catalog are told to be read again just before each push, as after a start.
 */
export const oncallMerge: Benchmark = async context => {
  const { options, note } = context;
  if (!options.portal || !options.token) {
    return {
      skipped:
        'it measures a portal that runs: --portal=<url> --token=<file of its machine token>',
    };
  }
  const portal = options.portal.replace(/\/+$/, '');
  const token = (await readFile(options.token, 'utf8')).trim();
  const rounds = numberOption(context, 'rounds', 10);
  const backlog =
    options.entities === undefined ? 0 : numberOption(context, 'entities', 1);
  const repository = options.repository ?? 'payments/on-call';
  const file = options.file ?? 'payments.yaml';
  const name = options.schedule ?? 'payments';

  const call = async (path: string, body?: object) => {
    const response = await fetch(`${portal}/api/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    }
    return response;
  };
  const json = async (path: string) => (await call(path)).json();
  const until = async (title: string, read: () => Promise<string>) => {
    const started = performance.now();
    while ((await read()) !== title) {
      if (performance.now() - started > PATIENCE) {
        throw new Error(`“${title}” is not in effect after ${PATIENCE} ms`);
      }
      await wait(EVERY);
    }
  };
  const inCatalog = async () =>
    (await json(`catalog/entities/by-name/oncallschedule/default/${name}`))
      .metadata.title;
  const onCall = async () =>
    (await json(`oncall/now?entityRef=oncallschedule:default/${name}`)).schedule
      .title;

  const text = await (await call(`git/${repository}/blob/main/${file}`)).text();
  const refs: string[] =
    backlog === 0
      ? []
      : (
          await json(
            `catalog/entities?fields=kind,metadata.name,metadata.namespace&limit=${backlog}`,
          )
        ).map(
          ({
            kind,
            metadata,
          }: {
            kind: string;
            metadata: { name: string; namespace: string };
          }) => `${kind}:${metadata.namespace}/${metadata.name}`,
        );
  const commit = async (title: string) =>
    await call(`git/v1/repositories/${repository}/commits`, {
      branch: 'main',
      message: `Call it ${title}`,
      files: [
        {
          path: file,
          content: text.replace(/^  title: .*$/m, `  title: ${title}`),
        },
      ],
    });
  const original = /^  title: (.*)$/m.exec(text)?.[1];
  if (!original) {
    throw new Error(`${repository} ${file} has no title to change`);
  }

  const catalog: number[] = [];
  const whole: number[] = [];
  let pushed = false;
  try {
    for (let number = 1; number <= rounds; number++) {
      const title = `Round ${number} of ${Date.now()}`;
      for (const entityRef of refs) {
        // The catalog updates many of them at a time itself: who loses a deadlock is read again anyhow.
        await call('catalog/refresh', { entityRef }).catch(() => undefined);
      }
      const started = performance.now();
      await commit(title);
      pushed = true;
      await Promise.all([
        until(title, inCatalog).then(() =>
          catalog.push(performance.now() - started),
        ),
        until(title, onCall).then(() =>
          whole.push(performance.now() - started),
        ),
      ]);
      note(
        `${number}: the catalog after ${round(
          catalog[number - 1] / 1000,
        )} s, on-call after ${round(whole[number - 1] / 1000)} s`,
      );
    }
  } finally {
    if (pushed) {
      await commit(original);
    }
  }
  const after = whole.map((total, index) => total - catalog[index]);
  const figures = (values: number[]) => ({
    p50Milliseconds: round(quantile(values, 0.5), 0),
    maxMilliseconds: round(quantile(values, 1), 0),
  });
  return {
    rounds,
    entitiesReadAgain: refs.length,
    untilCatalog: figures(catalog),
    untilOnCall: figures(whole),
    onCallAfterCatalog: figures(after),
    partOfOnCall: round(
      quantile(after, 0.5) / Math.max(1, quantile(whole, 0.5)),
      2,
    ),
  };
};
