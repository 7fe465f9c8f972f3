import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium, Page } from '@playwright/test';
import { build } from 'esbuild';
import { Benchmark, numberOption, quantile, round } from './benchmark';

const METRICS = ['changeLeadTime', 'deploymentFrequency'] as const;

/** Milliseconds that a plot of two years of days may take. */
const LIMIT = 100;

/**
 * Drawing of the delivery plots in a browser: from data to painted, with another period beside, an interval as a band, and 240
 * marks. The ratio is against a plot of a tenth of the points. Readers meet the first drawing of a page, before the engine has compiled
 * anything: that is measured in pages of their own.
 *
 * Options: --points, --rounds, --pages.
 */
export const doraPlots: Benchmark = async context => {
  const points = numberOption(context, 'points', 730);
  const rounds = numberOption(context, 'rounds', 30);
  const pages = numberOption(context, 'pages', 10);
  const bundle = await build({
    entryPoints: [path.join(import.meta.dirname, 'browser', 'plots.tsx')],
    bundle: true,
    write: false,
    outdir: 'out',
    format: 'iife',
    platform: 'browser',
    jsx: 'automatic',
    minify: true,
    loader: { '.module.css': 'local-css' },
    define: { 'process.env.NODE_ENV': '"production"' },
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
    const open = async () => {
      // A context of its own is a process of its own, with nothing compiled.
      const fresh = await browser.newContext({
        viewport: { width: 1400, height: 900 },
      });
      const page = await fresh.newPage();
      // Readers have text before them when a plot is drawn: fonts are there.
      await page.setContent(
        '<!doctype html><body><h1>Delivery</h1><p>Change lead time</p></body>',
      );
      await page.addStyleTag({ content: styles });
      await page.addScriptTag({ content: code });
      // What is measured is drawing, not the start of a process: plots are drawn when an answer has come, on a page that has long been there.
      await page.evaluate(() =>
        (window as unknown as { settled: () => Promise<void> }).settled(),
      );
      return page;
    };
    const measure = (page: Page, metric: string, count: number) =>
      page.evaluate(
        ([name, days]) =>
          (
            window as unknown as {
              draw: (
                m: unknown,
                n: unknown,
              ) => Promise<{ script: number; painted: number }>;
            }
          ).draw(name, days),
        [metric, count] as const,
      );
    const warm = await open();
    const figures: Record<string, unknown> = {};
    for (const metric of METRICS) {
      const firsts: number[] = [];
      for (let number = 0; number < pages; number++) {
        const fresh = await open();
        firsts.push((await measure(fresh, metric, points)).painted);
        await fresh.context().close();
      }
      const first95 = quantile(firsts, 0.95);
      const whole: { script: number; painted: number }[] = [];
      const tenth: number[] = [];
      for (let number = 0; number < rounds; number++) {
        whole.push(await measure(warm, metric, points));
        tenth.push(
          (await measure(warm, metric, Math.ceil(points / 10))).script,
        );
      }
      const script95 = quantile(
        whole.map(drawn => drawn.script),
        0.95,
      );
      figures[metric] = {
        p50FirstPaintedMilliseconds: round(quantile(firsts, 0.5)),
        p95FirstPaintedMilliseconds: round(first95),
        p50Milliseconds: round(
          quantile(
            whole.map(drawn => drawn.script),
            0.5,
          ),
        ),
        p95Milliseconds: round(script95),
        p50PaintedMilliseconds: round(
          quantile(
            whole.map(drawn => drawn.painted),
            0.5,
          ),
        ),
        withinLimit: Math.max(script95, first95) <= LIMIT,
        ratioToTenthOfThePoints: round(
          quantile(
            whole.map(drawn => drawn.script),
            0.5,
          ) / quantile(tenth, 0.5),
          2,
        ),
      };
      context.note(`${metric} ${JSON.stringify(figures[metric])}`);
    }
    const waits: number[] = await warm.evaluate(async () => {
      const { idle } = window as unknown as { idle: () => Promise<number> };
      return [await idle(), await idle(), await idle()];
    });
    return {
      points,
      limitMilliseconds: LIMIT,
      twoEmptyFramesMilliseconds: round(quantile(waits, 0.5)),
      ...figures,
    };
  } finally {
    await browser.close();
  }
};
