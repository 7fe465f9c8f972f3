import { stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { Problem } from './lib/problem';
import { lintTemplate } from './lint/lintTemplate';
import { newTemplate } from './newTemplate';
import { kindOf } from './proof/kinds';
import { createProgress } from './proof/progress';
import { proveTemplates } from './proof/proveTemplates';
import { changedFiles, selectProofs } from './proof/selection';
import type { Proof } from './proof/types';
import { junitReport, summary, textReport, timingsTable } from './proof/report';
import { partsOf } from './release/parts';
import { type Candidate, candidate, publish } from './release/publish';
import { isOffered, publicationFindings } from './release/releases';
import { renderTemplate } from './render/renderTemplate';
import { parseAnswers } from './template/answers';
import {
  listTemplates,
  loadTemplate,
  TEMPLATES_ROOT,
} from './template/loadTemplate';

const out = (text: string) => process.stdout.write(`${text}\n`);
const err = (text: string) => process.stderr.write(`${text}\n`);

const collect = (value: string, all: string[] = []) => [...all, value];

/** The templates named, or all of them. */
async function chosen(names: string[]): Promise<string[]> {
  return names.length > 0 ? names : listTemplates();
}

/** Ids of what a proof looked at, and of what it broke for. */
const checksOf = (proof: Proof) => [
  ...proof.checks.map(({ id }) => id),
  ...proof.cases.flatMap(({ checks }) => checks.map(({ id }) => id)),
  ...proof.mutations.map(({ verifier }) => `mutations:${verifier}`),
];

/** `npm run templates -- …`. Resolves to the exit code: 0 good, 1 something is wrong with a template, 2 used wrongly. */
export async function main(argv: string[]): Promise<number> {
  let code = 0;
  const program = new Command('templates')
    .description('Lint, render and prove golden paths')
    .exitOverride();

  program
    .command('lint')
    .description('check templates without rendering them')
    .argument('[template...]', 'names, or paths of folders; all by default')
    .action(async (names: string[]) => {
      let found = 0;
      const all = await chosen(names);
      for (const name of all) {
        const template = await loadTemplate(name);
        const findings = [
          ...(await lintTemplate(template)),
          ...(await publicationFindings(template)),
        ];
        found += findings.length;
        findings.forEach(({ where, message }) =>
          out(`${template.name}: ${where}: ${message}`),
        );
      }
      out(`${all.length} linted, ${found} findings`);
      code = found > 0 ? 1 : 0;
    });

  program
    .command('render')
    .description(
      'write what a template produces, without a server; a change is applied to a sample repository',
    )
    .argument('<template>', 'name, or path of its folder')
    .option('--set <key=value>', 'one answer; repeat it', collect)
    .requiredOption('--out <folder>', 'an empty or new folder')
    .option('--portal-url <url>', 'base URL of the portal the files speak of')
    .action(async (name: string, options) => {
      const template = await loadTemplate(name);
      const folder = resolve(options.out);
      const { produce = renderTemplate } = kindOf(template);
      await produce(
        template,
        parseAnswers(template, options.set ?? []),
        folder,
        { portalUrl: options.portalUrl },
      );
      out(`${template.name} ${template.version} is in ${folder}`);
    });

  program
    .command('test')
    .description('prove templates: every combination, every verifier')
    .argument('[template...]', 'names, or paths of folders; all by default')
    .option('--json <file>', 'write the result as JSON')
    .option('--junit <file>', 'write the result for a CI system')
    .option('--timings', 'also say where the time went')
    .option(
      '--only <check>',
      'only checks whose id begins so; repeat it. Not a proof any more',
      collect,
    )
    .option(
      '--changed',
      'in full only what differs from the default branch, and a sample of the rest: what CI runs for a change',
    )
    .action(async (names: string[], options) => {
      for (const file of [options.json, options.junit]) {
        // Not after a proof of minutes.
        if (file && !(await stat(dirname(resolve(file))).catch(() => false))) {
          err(`There is no folder ${dirname(resolve(file))} to write to.`);
          code = 2;
          return;
        }
      }
      const all = await Promise.all(
        (await chosen(names)).map(name => loadTemplate(name)),
      );
      const scopes = options.changed
        ? selectProofs(
            all.map(template => ({
              name: template.name,
              parts: partsOf(template),
              type: String(template.entity.spec.type ?? ''),
            })),
            await changedFiles(TEMPLATES_ROOT, process.env),
          )
        : undefined;
      const run = await proveTemplates(
        await Promise.all(
          all.map(async template => ({
            template,
            options: {
              progress: createProgress(
                err,
                all.length > 1 ? template.name : undefined,
              ),
              sample: scopes?.get(template.name) === 'sample',
              underCi: Boolean(process.env.CI),
              only: options.only,
            },
          })),
        ),
        proof => out(textReport(proof)),
      );
      const { proofs } = run;
      if (options.timings) {
        out(timingsTable(run));
      }
      if (options.json) {
        await writeFile(
          resolve(options.json),
          `${JSON.stringify(run, undefined, 2)}\n`,
        );
      }
      if (options.junit) {
        await writeFile(resolve(options.junit), junitReport(proofs));
      }
      if (proofs.length > 1) {
        out(summary(run));
      }
      code = proofs.every(proof => proof.ok) ? 0 : 1;
      for (const prefix of options.only ?? []) {
        if (!proofs.flatMap(checksOf).some(id => id.startsWith(prefix))) {
          err(`--only ${prefix}: no check of these templates begins so.`);
          code = 2;
        }
      }
    });

  program
    .command('publish')
    .description(
      'prove versions of templates in full and record them as published: what beta and stable take',
    )
    .argument('[template...]', 'names, or paths of folders; all by default')
    .action(async (names: string[]) => {
      const candidates = new Map<string, Candidate>();
      for (const name of await chosen(names)) {
        const template = await loadTemplate(name);
        // Drafts are passed over where none was named.
        const found =
          names.length > 0 || isOffered(template)
            ? await candidate(template)
            : undefined;
        if (found) {
          candidates.set(template.name, found);
        } else if (isOffered(template)) {
          out(`${template.name} ${template.version} is published already`);
        }
      }
      // One by one: what is proved stays published when a later proof is cut short.
      const recorded: Promise<void>[] = [];
      const record = async (proof: Proof) => {
        const proved = candidates.get(proof.template);
        try {
          if (proved) {
            await publish(proved, proof, new Date());
            out(`${proof.template} ${proof.version} is published`);
          }
        } catch (error) {
          if (!(error instanceof Problem)) {
            throw error;
          }
          err(error.message);
          code = 1;
        }
      };
      const run = await proveTemplates(
        Array.from(candidates.values(), ({ template }) => ({
          template,
          options: {
            progress: createProgress(
              err,
              candidates.size > 1 ? template.name : undefined,
            ),
            // What could not be looked at was not proved, wherever this runs.
            underCi: true,
          },
        })),
        proof => {
          out(textReport(proof));
          recorded.push(record(proof));
        },
      );
      await Promise.all(recorded);
      if (run.proofs.length > 1) {
        out(summary(run));
      }
    });

  program
    .command('new')
    .description('start a template from one that is proved')
    .argument('<name>', 'name of the new template')
    .option('--from <template>', 'what to copy', 'typescript-service')
    .option('--title <text>', 'shown in the list; the name in words by default')
    .option('--description <text>', 'one sentence; as the other one by default')
    .option('--owner <group>', 'the group that writes it; as the other one')
    .option('--tag <tag>', 'to find it by; repeat it', collect)
    .action(async (name: string, options) => {
      const { title, description, owner, tag: tags } = options;
      const folder = await newTemplate(
        { name, title, description, owner, tags },
        await loadTemplate(options.from),
      );
      out(`${folder} is a draft; prove it: npm run templates -- test ${name}`);
    });

  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? 0 : 2;
    }
    if (error instanceof Problem) {
      err(error.message);
      return 1;
    }
    throw error;
  }
  return code;
}
