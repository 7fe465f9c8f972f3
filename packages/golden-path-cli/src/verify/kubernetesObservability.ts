import { parse } from 'yaml';
import { z } from 'zod';
import type { KubernetesObject } from './kubernetesRules';
import type { Finding } from './types';

/** Labels by which the monitoring's sidecars find what they put into a folder of their own, where a file is named after its key. */
const PICKED_UP = [
  'prometheus_rules',
  'prometheus_scrape_configs',
  'grafana_dashboard',
] as const;

const scrapeConfigsSchema = z.object({
  scrape_configs: z.array(
    z.looseObject({
      metrics_path: z.string().optional(),
      static_configs: z
        .array(
          z.looseObject({
            targets: z.array(z.string()),
            labels: z.record(z.string(), z.string()).default({}),
          }),
        )
        .default([]),
    }),
  ),
});

function dataOf(object: KubernetesObject): [string, string][] {
  return Object.entries((object.data ?? {}) as Record<string, string>);
}

/** Own rules for rules, dashboards and checks that are delivered with a service: they do not overwrite another's, and no alert waits for a check nobody makes. */
export function deliveredFindings(
  environment: string,
  objects: KubernetesObject[],
): Finding[] {
  const maps = objects.filter(object => object.kind === 'ConfigMap');
  const labelled = (label: string) =>
    maps.filter(map => map.metadata.labels?.[label] !== undefined);
  const findings = PICKED_UP.flatMap(labelled).flatMap(map => {
    const name = map.metadata.labels?.['app.kubernetes.io/name'] ?? '';
    return dataOf(map)
      .filter(([key]) => !name || !key.startsWith(`${name}-`))
      .map(([key]) => ({
        where: `${environment}: ConfigMap ${map.metadata.name}`,
        message: `its file ${key} is not named after ${
          name || 'a service'
        }: another service's overwrites it`,
      }));
  });
  const rules = labelled('prometheus_rules').filter(map =>
    dataOf(map).some(([, text]) => text.includes('probe_success')),
  );
  const checks = labelled('prometheus_scrape_configs')
    .flatMap(dataOf)
    .flatMap(
      ([, text]) =>
        scrapeConfigsSchema.safeParse(parse(text)).data?.scrape_configs ?? [],
    )
    .filter(config => config.metrics_path === '/probe')
    .flatMap(config => config.static_configs);
  for (const map of rules) {
    const name = map.metadata.labels?.['app.kubernetes.io/name'] ?? '';
    const host = `http://${name}.${map.metadata.namespace}.svc`;
    const made = checks.some(
      check =>
        check.labels.service === name &&
        check.labels.environment === environment &&
        check.targets.some(target => target.startsWith(`${host}/`)),
    );
    if (!made) {
      findings.push({
        where: `${environment}: ConfigMap ${map.metadata.name}`,
        message: `has an alert about a synthetic check of ${host} that nobody makes`,
      });
    }
  }
  return findings;
}
