import { z } from 'zod';
import type { KubernetesObject } from './kubernetesRules';
import type { Finding } from './types';

const name = z.looseObject({
  name: z.string().optional(),
  optional: z.boolean().optional(),
});
const port = z.union([z.string(), z.number()]);
const probe = z.looseObject({
  httpGet: z.looseObject({ port }).optional(),
});

const container = z.looseObject({
  name: z.string(),
  ports: z
    .array(
      z.looseObject({ name: z.string().optional(), containerPort: z.number() }),
    )
    .default([]),
  envFrom: z
    .array(z.looseObject({ configMapRef: name.optional() }))
    .default([]),
  env: z
    .array(
      z.looseObject({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z
          .looseObject({ configMapKeyRef: name.optional() })
          .optional(),
      }),
    )
    .default([]),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  startupProbe: probe.optional(),
});

const podSchema = z.looseObject({
  terminationGracePeriodSeconds: z.number().default(30),
  containers: z.array(container),
  initContainers: z.array(container).default([]),
  volumes: z.array(z.looseObject({ configMap: name.optional() })).default([]),
});

const templateSchema = z.looseObject({
  metadata: z
    .looseObject({ labels: z.record(z.string(), z.string()).default({}) })
    .default({ labels: {} }),
  spec: podSchema,
});

type Pod = z.infer<typeof podSchema>;

/** Pods that an object makes, with their labels. */
function podOf({ kind, spec }: KubernetesObject) {
  const given = (
    kind === 'CronJob'
      ? (spec?.jobTemplate as { spec?: { template?: unknown } })?.spec
      : spec
  ) as { template?: unknown } | undefined;
  const parsed = templateSchema.safeParse(given?.template);
  return parsed.success
    ? { pod: parsed.data.spec, labels: parsed.data.metadata.labels }
    : undefined;
}

const selects = (
  selector: Record<string, string> | undefined,
  labels: Record<string, string>,
) =>
  Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value);

const hasPort = ({ containers }: Pod, wanted: string | number) =>
  containers.some(({ ports }) =>
    ports.some(
      one =>
        (typeof wanted === 'string' ? one.name : one.containerPort) === wanted,
    ),
  );

/** What is wrong with one pod by itself, and with the names it speaks of. */
function podProblems(pod: Pod, configMaps: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  const all = [...pod.containers, ...pod.initContainers];
  const grace = all
    .flatMap(({ env }) => env)
    .find(variable => variable.name === 'SHUTDOWN_GRACE_SECONDS')?.value;
  if (grace && pod.terminationGracePeriodSeconds <= Number(grace)) {
    problems.push('is killed before it could end by itself');
  }
  for (const reference of [
    ...all.flatMap(({ envFrom }) => envFrom.map(from => from.configMapRef)),
    ...all.flatMap(({ env }) =>
      env.map(variable => variable.valueFrom?.configMapKeyRef),
    ),
    ...pod.volumes.map(volume => volume.configMap),
  ]) {
    const wanted = reference?.name;
    if (wanted && !reference.optional && !configMaps.has(wanted)) {
      problems.push(`reads the ConfigMap ${wanted}, which is not there`);
    }
  }
  for (const one of pod.containers) {
    for (const asked of [
      one.livenessProbe,
      one.readinessProbe,
      one.startupProbe,
    ]) {
      const wanted = asked?.httpGet?.port;
      if (
        typeof wanted === 'string' &&
        !hasPort({ ...pod, containers: [one] }, wanted)
      ) {
        problems.push(`probes its port ${wanted}, which it does not have`);
      }
    }
  }
  return problems;
}

type Selecting = {
  selector?: Record<string, string>;
  ports?: { port: number; targetPort?: string | number }[];
  minReplicas?: number;
  maxReplicas?: number;
  ingress?: { from?: unknown[] }[];
  egress?: { to?: unknown[] }[];
};

/** Own rules for what the objects of an environment say of each other: names have to be there, limits have to fit. */
export function nameFindings(
  environment: string,
  objects: readonly KubernetesObject[],
): Finding[] {
  const findings: Finding[] = [];
  const configMaps = new Set(
    objects.filter(o => o.kind === 'ConfigMap').map(o => o.metadata.name),
  );
  const pods = objects.flatMap(object => podOf(object) ?? []);
  for (const object of objects) {
    const { kind, metadata } = object;
    const add = (message: string) =>
      findings.push({
        where: `${environment}: ${kind} ${metadata.name}`,
        message,
      });
    const spec = (object.spec ?? {}) as Selecting;
    const made = podOf(object);
    if (made) {
      podProblems(made.pod, configMaps).forEach(add);
    }
    switch (kind) {
      case 'Service': {
        const behind = pods.filter(({ labels }) =>
          selects(spec.selector, labels),
        );
        for (const { port: own, targetPort = own } of spec.ports ?? []) {
          if (
            behind.length > 0 &&
            !behind.some(({ pod }) => hasPort(pod, targetPort))
          ) {
            add(`leads to port ${targetPort}, which no container has`);
          }
        }
        break;
      }
      case 'HorizontalPodAutoscaler':
        if ((spec.maxReplicas ?? 0) < (spec.minReplicas ?? 1)) {
          add('has fewer replicas at most than at least');
        }
        break;
      case 'NetworkPolicy':
        if (
          (spec.egress ?? []).some(rule => !rule.to?.length) ||
          (spec.ingress ?? []).some(rule => !rule.from?.length)
        ) {
          add('has a rule for everybody, wherever they are');
        }
        break;
      default:
    }
  }
  return findings;
}
