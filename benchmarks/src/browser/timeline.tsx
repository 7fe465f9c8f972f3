import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';
import { TimelineAnswer } from '../../../plugins/oncall-common/src/api';
import { blocksOf } from '../../../plugins/oncall/src/components/timeline/rows';
import { scaleOf } from '../../../plugins/oncall/src/components/timeline/scale';
import { TimelineGrid } from '../../../plugins/oncall/src/components/timeline/TimelineGrid';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 1);
const DAYS = 30;
const ZONE = 'Europe/Lisbon';

/** Many schedules with two levels over a month: twelve-hour shifts with gaps, and weekly ones. */
function answer(schedules: number, seed: number): TimelineAnswer {
  const instant = (hour: number) => new Date(START + hour * HOUR).toISOString();
  const shifts = (schedule: number, length: number) =>
    Array.from({ length: Math.ceil((DAYS * 24) / length) }, (_, turn) => ({
      person: `user:default/person-${(schedule * 5 + (turn % 5) + seed) % 200}`,
      from: instant(turn * length),
      to: instant((turn + 1) * length),
    }));
  return {
    from: instant(0),
    to: instant(DAYS * 24),
    people: Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => {
        const ref = `user:default/person-${i}`;
        const displayName = `Person number ${i}`;
        return [ref, { ref, displayName, known: true, links: [] }];
      }),
    ),
    schedules: Array.from({ length: schedules }, (_, number) => {
      const primary = shifts(number, 12);
      // Every ninth shift is nobody's.
      const covered = primary.filter((_shift, turn) => turn % 9 !== 4);
      return {
        schedule: {
          ref: `oncallschedule:default/s${number}`,
          title: `Schedule number ${number}`,
          ownerRef: 'group:default/team',
          timeZone: ZONE,
          // Named, not linked: a link needs a whole app around it.
          provider: 'benchmark',
        },
        editable: true,
        levels: [
          {
            level: 1,
            name: 'Primary',
            shifts: covered,
            gaps: primary.filter((_shift, turn) => turn % 9 === 4),
          },
          {
            level: 2,
            name: 'Secondary',
            shifts: shifts(number + 1, 168),
            gaps: [],
          },
        ],
      };
    }),
  };
}

/** Two frames later what was put on the page has been painted. */
const painted = () =>
  new Promise<void>(resolve =>
    requestAnimationFrame(() => requestAnimationFrame(() => resolve())),
  );

/** Milliseconds of script, and until the frame is on the screen; how many shifts stand on the page. */
interface Drawn {
  script: number;
  painted: number;
  pieces: number;
}

async function draw(schedules: number): Promise<Drawn> {
  const text = JSON.stringify(answer(schedules, Math.ceil(Math.random() * 99)));
  const host = document.body.appendChild(document.createElement('div'));
  const root = createRoot(host);
  await painted();
  const started = performance.now();
  // What the screen does with an answer, from its text on.
  const blocks = blocksOf(JSON.parse(text));
  const scale = scaleOf('2026-11-01', DAYS, ZONE);
  const scaleFor = () => scale;
  flushSync(() =>
    root.render(
      <StrictMode>
        <TimelineGrid
          blocks={blocks}
          span="month"
          scaleFor={scaleFor}
          axis={scale}
          markSamples={false}
          now={START + 200 * HOUR}
          onOpen={() => {}}
        />
      </StrictMode>,
    ),
  );
  const script = performance.now() - started;
  await painted();
  const drawn = {
    script,
    painted: performance.now() - started,
    pieces: host.querySelectorAll('[data-piece]').length,
  };
  root.unmount();
  host.remove();
  return drawn;
}

/** An empty page also waits for two frames: what is the screen's, not the timeline's. */
async function idle(): Promise<number> {
  const started = performance.now();
  await painted();
  return performance.now() - started;
}

Object.assign(window, { draw, idle });
