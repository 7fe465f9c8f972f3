import { Benchmark } from './benchmark';
import { doraInbox } from './doraInbox';
import { doraIngest } from './doraIngest';
import { doraPlots } from './doraPlots';
import { doraQuery } from './doraQuery';
import { doraReattribute } from './doraReattribute';
import { doraScale } from './doraScale';
import { oncallEngine, oncallNow, oncallTimeline } from './oncall';
import { oncallDrawing } from './oncallDrawing';
import { oncallMerge } from './oncallMerge';

/** Every benchmark by name. */
const BENCHMARKS: Record<string, Benchmark> = {
  'dora-inbox': doraInbox,
  'dora-ingest': doraIngest,
  'dora-plots': doraPlots,
  'dora-query': doraQuery,
  'dora-reattribute': doraReattribute,
  'dora-scale': doraScale,
  'oncall-drawing': oncallDrawing,
  'oncall-engine': oncallEngine,
  'oncall-merge': oncallMerge,
  'oncall-now': oncallNow,
  'oncall-timeline': oncallTimeline,
};

/**
 * `npm run bench [-- <name> [--option value …]]`: runs one benchmark, or all.
 * Prints one JSON object per benchmark: figures, and ratios within the run.
 */
async function main(argv: string[]): Promise<number> {
  const names = argv.filter(argument => !argument.startsWith('--'));
  const options = Object.fromEntries(
    argv
      .filter(argument => argument.startsWith('--'))
      .map(argument => argument.slice(2).split('=', 2)),
  );
  const unknown = names.find(name => !Object.hasOwn(BENCHMARKS, name));
  if (unknown || 'help' in options) {
    process.stdout.write(
      `npm run bench -- [${Object.keys(BENCHMARKS).join(
        ' | ',
      )}] [--option=value …]\n`,
    );
    return unknown ? 2 : 0;
  }
  for (const name of names.length > 0 ? names : Object.keys(BENCHMARKS)) {
    process.stderr.write(`${name} …\n`);
    const result = await BENCHMARKS[name]({
      options,
      note: text => process.stderr.write(`  ${text}\n`),
    });
    process.stdout.write(
      `${JSON.stringify({ benchmark: name, ...result }, undefined, 2)}\n`,
    );
  }
  return 0;
}

main(process.argv.slice(2)).then(
  code => process.exit(code),
  error => {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    process.exit(1);
  },
);
