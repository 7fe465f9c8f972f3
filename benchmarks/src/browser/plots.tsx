import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';
import { MemoryRouter } from 'react-router-dom';
import { MetricsResponse } from '../../../plugins/dora-common/src/api';
import { otherSeries, plotSeries } from '../../../plugins/dora/src/plot/series';
import { TrendPlot } from '../../../plugins/dora/src/plot/TrendPlot';

const DAY = 86_400_000;
const NOTHING = { status: 'no_data' as const };

/** Daily answers of some days, with gaps, wide intervals and no pattern that a drawing could take short cuts on. */
function answer(days: number, seed: number): MetricsResponse {
  const start = Date.UTC(2024, 0, 1);
  const instant = (day: number) => new Date(start + day * DAY).toISOString();
  const series = Array.from({ length: days }, (_, day) => {
    const wave = 1 + Math.sin(day * 0.7 + seed) + ((day * 7919) % 13) / 5;
    return {
      from: instant(day),
      to: instant(day + 1),
      metrics: {
        deploymentFrequency: {
          status: 'ok' as const,
          deployments: Math.round(wave * 4),
        },
        changeLeadTime:
          day % 17 === 3
            ? NOTHING
            : {
                status: 'ok' as const,
                changes: 9,
                p50Seconds: 3_600 * wave,
                p50ConfidenceInterval: [1_800 * wave, 9_000 * wave] as [
                  number,
                  number,
                ],
              },
        changeFailRate: NOTHING,
        failedDeploymentRecoveryTime: NOTHING,
        deploymentReworkRate: NOTHING,
      },
    };
  });
  return {
    window: {
      from: instant(0),
      to: instant(days),
      timeZone: 'UTC',
      interval: 'day',
    },
    series,
  } as unknown as MetricsResponse;
}

/** Two frames later what was put on the page has been painted. */
const painted = () =>
  new Promise<void>(resolve =>
    requestAnimationFrame(() => requestAnimationFrame(() => resolve())),
  );

/** Milliseconds of script, and until the frame is on the screen. */
interface Drawn {
  script: number;
  painted: number;
}

async function draw(
  metric: 'changeLeadTime' | 'deploymentFrequency',
  days: number,
): Promise<Drawn> {
  const response = answer(days, Math.random());
  const other = answer(days, Math.random());
  const host = document.body.appendChild(document.createElement('div'));
  const root = createRoot(host);
  await painted();
  const started = performance.now();
  flushSync(() =>
    root.render(
      <StrictMode>
        <MemoryRouter>
          <TrendPlot
            series={plotSeries(metric, response)}
            other={otherSeries(metric, response, other, 'Period before')}
            marks={{
              incidents: response.series.slice(0, 40).map(({ from }) => from),
              releases: response.series.slice(0, 200).map(({ from }) => from),
            }}
          />
        </MemoryRouter>
      </StrictMode>,
    ),
  );
  const script = performance.now() - started;
  await painted();
  const drawn = { script, painted: performance.now() - started };
  root.unmount();
  host.remove();
  return drawn;
}

/** An empty page also waits for two frames: what is the screen's, not the plot's. */
async function idle(): Promise<number> {
  const started = performance.now();
  await painted();
  return performance.now() - started;
}

/** Milliseconds without work that the browser foresees where it has none. */
const UNHURRIED = 40;

/** Resolves when the page has nothing left to do. */
async function settled(): Promise<void> {
  for (;;) {
    const free = await new Promise<number>(resolve =>
      requestIdleCallback(deadline => resolve(deadline.timeRemaining())),
    );
    if (free > UNHURRIED) {
      return;
    }
  }
}

Object.assign(window, { draw, idle, settled });
