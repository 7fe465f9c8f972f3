import { parse } from 'yaml';
import { z } from 'zod';
import type { Finding } from './types';

const dependabotSchema = z.strictObject({
  version: z.literal(2),
  registries: z.unknown().optional(),
  'multi-ecosystem-groups': z.unknown().optional(),
  updates: z
    .array(
      z.looseObject({
        'package-ecosystem': z.string(),
        directory: z.string().optional(),
        directories: z.array(z.string()).optional(),
        schedule: z.looseObject({
          interval: z.enum([
            'daily',
            'weekly',
            'monthly',
            'quarterly',
            'semiannually',
            'yearly',
            'cron',
          ]),
        }),
      }),
    )
    .min(1),
});

/** Renovate passes over words it does not know: without a preset it does nothing it was meant to. */
const renovateSchema = z.looseObject({
  extends: z.array(z.string()).min(1),
  extend: z.never().optional(),
});

/** Probers the blackbox exporter has; a module has exactly the settings of its own. */
const blackboxSchema = z.strictObject({
  modules: z.record(
    z.string(),
    z.looseObject({ prober: z.enum(['http', 'tcp', 'icmp', 'dns', 'grpc']) }),
  ),
});

const SCHEMAS: readonly (readonly [RegExp, z.ZodType])[] = [
  [/^\.github\/dependabot\.ya?ml$/, dependabotSchema],
  [/^renovate\.json$/, renovateSchema],
  [/(^|\/)blackbox\.ya?ml$/, blackboxSchema],
];

/** What is wrong with settings whose program is not run here, and that would be passed over silently where it is. */
export function settingsFindings(file: string, text: string): Finding[] {
  const schema = SCHEMAS.find(([pattern]) => pattern.test(file))?.[1];
  const result = schema?.safeParse(parse(text));
  return (result?.error?.issues ?? []).map(({ path, message }) => ({
    where: `${file}: ${path.join('.')}`,
    message,
  }));
}

/** Modules of the blackbox exporter that scrapes ask for and that its configuration does not have. */
export function moduleFindings(
  file: string,
  prometheus: string,
  blackbox: string,
): Finding[] {
  const { modules = {} } = (parse(blackbox) ?? {}) as { modules?: object };
  const { scrape_configs: jobs = [] } = (parse(prometheus) ?? {}) as {
    scrape_configs?: { job_name: string; params?: { module?: string[] } }[];
  };
  return jobs.flatMap(({ job_name: job, params }) =>
    (params?.module ?? [])
      .filter(name => !Object.hasOwn(modules, name))
      .map(name => ({
        where: `${file}: ${job}`,
        message: `asks for the module ${name}, which blackbox.yaml does not have`,
      })),
  );
}
