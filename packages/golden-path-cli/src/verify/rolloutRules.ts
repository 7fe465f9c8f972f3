import { z } from 'zod';
import type { KubernetesObject } from './kubernetesRules';
import { metricNames } from './prometheus';
import type { Finding } from './types';

const argumentsSchema = z
  .array(z.looseObject({ name: z.string(), value: z.unknown().optional() }))
  .optional();

const analysisSchema = z.looseObject({
  templates: z.array(z.looseObject({ templateName: z.string() })).default([]),
  args: argumentsSchema,
});

type Analysis = z.infer<typeof analysisSchema>;

const rolloutSchema = z.looseObject({
  progressDeadlineAbort: z.boolean().optional(),
  strategy: z.looseObject({
    canary: z
      .looseObject({
        steps: z
          .array(
            z.looseObject({
              setWeight: z.number().optional(),
              analysis: analysisSchema.optional(),
            }),
          )
          .default([]),
      })
      .optional(),
    blueGreen: z
      .looseObject({
        activeService: z.string(),
        previewService: z.string().optional(),
        scaleDownDelaySeconds: z.number().optional(),
        prePromotionAnalysis: analysisSchema.optional(),
        postPromotionAnalysis: analysisSchema.optional(),
      })
      .optional(),
  }),
});

const templateSchema = z.looseObject({
  args: argumentsSchema,
  metrics: z.array(
    z.looseObject({
      name: z.string(),
      count: z.number().optional(),
      failureLimit: z.number().optional(),
      successCondition: z.string().optional(),
      provider: z.looseObject({
        prometheus: z.looseObject({ query: z.string() }).optional(),
        web: z.looseObject({ url: z.string() }).optional(),
      }),
    }),
  ),
});

/** The share of the requests a release may get before it was measured, in percent. */
const FIRST_SHARE = 25;

/** Own rules for Argo Rollouts' objects of one environment. `measured` are the metrics the service's own rules read. */
export function rolloutFindings(
  environment: string,
  objects: KubernetesObject[],
  measured: ReadonlySet<string>,
): Finding[] {
  const findings: Finding[] = [];
  const names = (kind: string) =>
    objects.filter(o => o.kind === kind).map(o => o.metadata.name);
  const templates = new Map(
    objects
      .filter(o => o.kind === 'AnalysisTemplate')
      .map(o => [o.metadata.name, templateSchema.safeParse(o.spec)]),
  );

  for (const rollout of objects.filter(o => o.kind === 'Rollout')) {
    const add = (message: string) =>
      findings.push({
        where: `${environment}: Rollout ${rollout.metadata.name}`,
        message,
      });
    const parsed = rolloutSchema.safeParse(rollout.spec);
    if (!parsed.success) {
      add(parsed.error.issues[0].message);
      continue;
    }
    const { canary, blueGreen } = parsed.data.strategy;
    if (!parsed.data.progressDeadlineAbort) {
      add('goes on when a release does not become ready');
    }
    const uses = (analysis: Analysis) => {
      for (const { templateName } of analysis.templates) {
        const template = templates.get(templateName);
        if (!template) {
          add(`measures with ${templateName}, which is not there`);
        }
        for (const argument of template?.data?.args ?? []) {
          if (
            argument.value === undefined &&
            !analysis.args?.some(given => given.name === argument.name)
          ) {
            add(`does not tell ${templateName} its ${argument.name}`);
          }
        }
      }
      if (analysis.templates.length === 0) {
        add('has an analysis that measures nothing');
      }
    };
    if (canary) {
      const weights = canary.steps.flatMap(step => step.setWeight ?? []);
      if (
        weights.length < 2 ||
        weights[0] > FIRST_SHARE ||
        weights.some((weight, i) => i > 0 && weight <= weights[i - 1])
      ) {
        add(
          `grows by ${weights.join(', ') || 'no steps'}: not little by little`,
        );
      }
      canary.steps.forEach((step, index) => {
        const { analysis } = canary.steps[index + 1] ?? {};
        if (step.setWeight !== undefined && !analysis) {
          add(`is not measured at ${step.setWeight} %`);
        }
        if (step.analysis) {
          uses(step.analysis);
        }
      });
    } else if (blueGreen) {
      const { activeService, previewService } = blueGreen;
      for (const service of [activeService, previewService]) {
        if (!service || !names('Service').includes(service)) {
          add(`switches the service ${service}, which is not there`);
        }
      }
      if (activeService === previewService) {
        add('tries releases where users are');
      }
      for (const when of [
        'prePromotionAnalysis',
        'postPromotionAnalysis',
      ] as const) {
        const analysis = blueGreen[when];
        if (analysis) {
          uses(analysis);
        } else {
          add(`has no ${when}`);
        }
      }
      if ((blueGreen.scaleDownDelaySeconds ?? 30) < 60) {
        add('stops the old release before it is known that it may');
      }
    } else {
      add('is neither canary nor blue-green');
    }
  }

  for (const [name, template] of templates) {
    const add = (message: string) =>
      findings.push({
        where: `${environment}: AnalysisTemplate ${name}`,
        message,
      });
    if (!template.success) {
      add(template.error.issues[0].message);
      continue;
    }
    const declared = new Set(template.data.args?.map(a => a.name));
    for (const metric of template.data.metrics) {
      const { prometheus, web } = metric.provider;
      const text = prometheus?.query ?? web?.url ?? '';
      for (const [, argument] of text.matchAll(/\{\{args\.([\w-]+)\}\}/g)) {
        if (!declared.has(argument)) {
          add(
            `${metric.name} reads the argument ${argument}, which nobody gives`,
          );
        }
      }
      if (!metric.successCondition) {
        add(`${metric.name} takes everything for a success`);
      }
      if (!metric.count || (metric.failureLimit ?? 0) >= metric.count) {
        add(`${metric.name} can never fail, or never ends`);
      }
      for (const read of prometheus
        ? metricNames(query(prometheus.query))
        : []) {
        if (!measured.has(read)) {
          add(
            `${metric.name} reads ${read}, which the service does not measure`,
          );
        }
      }
      const [, bucket] = /\ble="(\d+)"/.exec(prometheus?.query ?? '') ?? [];
      if (bucket) {
        add(
          `${metric.name} reads the bucket ${bucket}, which Python's client calls ${bucket}.0`,
        );
      }
      if (prometheus && !/\bpod=~?"[^"]*\{\{args\./.test(prometheus.query)) {
        add(`${metric.name} measures all releases together`);
      }
      if (prometheus) {
        const measuredIn = prometheus.query
          .split(/(?=\w\{service=)/)
          .slice(1)
          .map(
            part => /\benvironment=~"\{\{args\.([\w-]+)\}\}\|"/.exec(part)?.[1],
          )
          .map(
            argument =>
              template.data.args?.find(given => given.name === argument)?.value,
          );
        if (measuredIn.some(value => value !== environment)) {
          add(`${metric.name} measures other environments than ${environment}`);
        }
      }
      if (!prometheus && !web) {
        add(`${metric.name} is measured by nothing`);
      }
    }
  }
  return findings;
}

/** A query with its arguments filled in, as Prometheus gets it. */
function query(text: string): string {
  return text.replace(/\{\{args\.[\w-]+\}\}/g, 'x');
}

/** The queries of all analyses, ready for promtool. */
export function analysisQueries(objects: KubernetesObject[]): string[] {
  return objects
    .filter(o => o.kind === 'AnalysisTemplate')
    .flatMap(o => templateSchema.safeParse(o.spec).data?.metrics ?? [])
    .flatMap(metric => metric.provider.prometheus?.query ?? [])
    .map(query);
}
