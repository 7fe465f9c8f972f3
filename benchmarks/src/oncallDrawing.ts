import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium } from '@playwright/test';
import { build } from 'esbuild';
import { Benchmark, numberOption, quantile, round } from './benchmark';

/** Milliseconds that the timeline of 50 schedules over a month may take. */
const LIMIT = 200;

type Drawn = { script: number; painted: number; pieces: number };

/**
 * Drawing of the on-call timeline in a browser: from the text of an answer to painted. The ratio is against a tenth of the schedules: it
 * is near 1 because only what is near the screen is drawn.
 *
 * Options: --schedules, --rounds.
 */
export const oncallDrawing: Benchmark = async context => {
  const schedules = numberOption(context, 'schedules', 50);
  const rounds = numberOption(context, 'rounds', 30);
  const bundle = await build({
    entryPoints: [path.join(import.meta.dirname, 'browser', 'timeline.tsx')],
    bundle: true,
    write: false,
    outdir: 'out',
    format: 'iife',
    platform: 'browser',
    jsx: 'automatic',
    minify: true,
    loader: {
      '.module.css': 'local-css',
      '.svg': 'dataurl',
      '.png': 'dataurl',
      '.woff': 'dataurl',
      '.woff2': 'dataurl',
    },
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    logLevel: 'error',
  });
  const [code, styles] = ['.js', '.css'].map(
    extension =>
      bundle.outputFiles.find(file => file.path.endsWith(extension))?.text ??
      '',
  );
  const browser = await chromium.launch({
    // Without an installed Chromium, Playwright's own is used.
    executablePath: [
      process.env.CHROMIUM,
      '/usr/bin/chromium',
      '/usr/bin/chromium-browser',
      '/usr/bin/google-chrome',
    ].find(candidate => candidate !== undefined && existsSync(candidate)),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  try {
    const page = await browser.newPage({
      viewport: { width: 1400, height: 900 },
    });
    await page.setContent('<!doctype html><body></body>');
    await page.addStyleTag({ content: styles });
    await page.addScriptTag({ content: code });
    const measure = (count: number) =>
      page.evaluate(
        number =>
          (window as unknown as { draw: (n: number) => Promise<Drawn> }).draw(
            number,
          ),
        count,
      );
    // The engine compiles what runs often; readers meet the first drawing.
    const first = await measure(schedules);
    const whole: Drawn[] = [];
    const tenth: number[] = [];
    for (let number = 0; number < rounds; number++) {
      whole.push(await measure(schedules));
      tenth.push((await measure(Math.ceil(schedules / 10))).script);
    }
    const waits: number[] = await page.evaluate(async () => {
      const { idle } = window as unknown as { idle: () => Promise<number> };
      return [await idle(), await idle(), await idle()];
    });
    const of = (share: number, key: keyof Drawn) =>
      quantile(
        whole.map(drawn => drawn[key]),
        share,
      );
    return {
      schedules,
      limitMilliseconds: LIMIT,
      shiftsDrawn: first.pieces,
      firstPaintedMilliseconds: round(first.painted),
      p50Milliseconds: round(of(0.5, 'script')),
      p95Milliseconds: round(of(0.95, 'script')),
      p95PaintedMilliseconds: round(of(0.95, 'painted')),
      twoEmptyFramesMilliseconds: round(quantile(waits, 0.5)),
      withinLimit: of(0.95, 'painted') <= LIMIT,
      ratioToTenthOfTheSchedules: round(
        of(0.5, 'script') / quantile(tenth, 0.5),
        2,
      ),
    };
  } finally {
    await browser.close();
  }
};
