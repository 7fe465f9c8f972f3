import { resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { Problem } from './lib/problem';
import { renderTemplate } from './render/renderTemplate';
import { parseAnswers } from './template/answers';
import { loadTemplate } from './template/loadTemplate';

/** `npm run templates -- …`. Resolves to the exit code: 0 good, 1 something was found, 2 used wrongly. */
export async function main(argv: string[]): Promise<number> {
  let code = 0;
  const program = new Command('templates')
    .description('Lint, render and prove golden paths')
    .exitOverride();

  program
    .command('render')
    .description('write what a template produces, without a server')
    .argument('<template>', 'name, or path of its folder')
    .requiredOption(
      '--set <key=value>',
      'one answer; repeat it',
      (pair: string, all: string[]) => [...all, pair],
      [] as string[],
    )
    .requiredOption('--out <folder>', 'an empty or new folder')
    .option('--portal-url <url>', 'base URL of the portal the files speak of')
    .action(async (name: string, options) => {
      const template = await loadTemplate(name);
      const render = await renderTemplate(
        template,
        parseAnswers(template, options.set),
        resolve(options.out),
        { portalUrl: options.portalUrl },
      );
      process.stdout.write(
        `Rendered ${template.name} ${template.version} into ${render.folder}.\n`,
      );
    });

  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? 0 : 2;
    }
    if (error instanceof Problem) {
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
    throw error;
  }
  return code;
}
