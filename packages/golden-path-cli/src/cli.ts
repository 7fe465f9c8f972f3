import { main } from './main';

// What runs is ended by handlers of `exit`, which a signal alone does not call.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(130));
}

// Node ends, and well, when nothing is left that could go on: something is waited for that never comes then, and nothing was said of it.
process.exitCode = 70;
process.once('exit', code => {
  if (code === 70) {
    process.stderr.write('templates: ended before it was done\n');
  }
});

main(process.argv).then(
  code => {
    process.exitCode = code;
  },
  error => {
    process.stderr.write(`${error?.stack ?? error}\n`);
  },
);
