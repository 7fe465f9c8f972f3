import { z } from 'zod';
import type { Finding } from './types';

const probe = z.looseObject({
  httpGet: z.looseObject({ path: z.string().optional() }).optional(),
});

const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string().optional(),
  resources: z
    .looseObject({
      requests: z.record(z.string(), z.unknown()).optional(),
      limits: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  startupProbe: probe.optional(),
  securityContext: z
    .looseObject({
      allowPrivilegeEscalation: z.boolean().optional(),
      privileged: z.boolean().optional(),
      readOnlyRootFilesystem: z.boolean().optional(),
      runAsNonRoot: z.boolean().optional(),
      runAsUser: z.number().optional(),
      capabilities: z
        .looseObject({
          drop: z.array(z.string()).optional(),
          add: z.array(z.string()).optional(),
        })
        .optional(),
      seccompProfile: z.looseObject({ type: z.string() }).optional(),
    })
    .optional(),
});

export const podSchema = z.looseObject({
  automountServiceAccountToken: z.boolean().optional(),
  hostNetwork: z.boolean().optional(),
  hostPID: z.boolean().optional(),
  hostIPC: z.boolean().optional(),
  serviceAccountName: z.string().optional(),
  terminationGracePeriodSeconds: z.number().optional(),
  securityContext: z
    .looseObject({
      runAsNonRoot: z.boolean().optional(),
      runAsUser: z.number().optional(),
      seccompProfile: z.looseObject({ type: z.string() }).optional(),
    })
    .optional(),
  topologySpreadConstraints: z
    .array(z.looseObject({ topologyKey: z.string() }))
    .optional(),
  volumes: z
    .array(z.looseObject({ hostPath: z.unknown().optional() }))
    .optional(),
  containers: z.array(containerSchema),
  initContainers: z.array(containerSchema).optional(),
});

const labels = z.record(z.string(), z.string());

export const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: labels.optional(),
  }),
  spec: z.looseObject({}).optional(),
});

export type KubernetesObject = z.infer<typeof objectSchema>;

const workloadSchema = z.looseObject({
  replicas: z.number().optional(),
  selector: z.looseObject({ matchLabels: labels }),
  template: z.looseObject({
    metadata: z.looseObject({ labels }),
    spec: podSchema,
  }),
});

type Container = z.infer<typeof containerSchema>;

/** What a container must say for itself. */
export function containerProblems(container: Container): string[] {
  const problems: string[] = [];
  const { resources, securityContext: security } = container;
  for (const resource of ['cpu', 'memory']) {
    if (!resources?.requests?.[resource]) {
      problems.push(`requests no ${resource}`);
    }
    if (!resources?.limits?.[resource]) {
      problems.push(`has no ${resource} limit`);
    }
  }
  if (!/@sha256:[0-9a-f]{64}$/.test(container.image ?? '')) {
    problems.push(`its image ${container.image} is not named by digest`);
  }
  if (security?.allowPrivilegeEscalation !== false) {
    problems.push('allows privilege escalation');
  }
  if (security?.privileged === true) {
    problems.push('is privileged');
  }
  if (security?.readOnlyRootFilesystem !== true) {
    problems.push('has a writable root file system');
  }
  if (!security?.capabilities?.drop?.includes('ALL')) {
    problems.push('does not drop all capabilities');
  }
  if (security?.capabilities?.add?.length) {
    problems.push('adds capabilities');
  }
  return problems;
}

function probeProblems(container: Container): string[] {
  const { livenessProbe, readinessProbe } = container;
  const problems: string[] = [];
  if (!livenessProbe) {
    problems.push('has no liveness probe');
  }
  if (!readinessProbe) {
    problems.push('has no readiness probe');
  }
  if (
    livenessProbe?.httpGet?.path !== undefined &&
    livenessProbe.httpGet.path === readinessProbe?.httpGet?.path
  ) {
    problems.push('uses one probe for liveness and readiness');
  }
  if (!container.startupProbe) {
    problems.push('has no startup probe');
  }
  return problems;
}

function selects(
  selector: Record<string, string> | undefined,
  found: Record<string, string>,
): boolean {
  return (
    selector !== undefined &&
    Object.entries(selector).every(([key, value]) => found[key] === value)
  );
}

type Selecting = {
  selector?: { matchLabels?: Record<string, string> };
  podSelector?: { matchLabels?: Record<string, string> };
  scaleTargetRef?: { kind?: string; name?: string };
  minReplicas?: number;
  maxUnavailable?: number | string;
  minAvailable?: number | string;
  policyTypes?: string[];
  ingress?: unknown[];
  egress?: unknown[];
};

/** Own rules for all objects of one environment: the definition's list for Kubernetes. */
export function kubernetesFindings(
  environment: string,
  objects: KubernetesObject[],
): Finding[] {
  const findings: Finding[] = [];
  const of = (kind: string) =>
    objects
      .filter(o => o.kind === kind)
      .map(o => ({ ...o, spec: (o.spec ?? {}) as Selecting }));
  const workloads = objects.filter(o =>
    ['Deployment', 'StatefulSet', 'Rollout'].includes(o.kind),
  );
  if (workloads.length === 0 && of('CronJob').length === 0) {
    findings.push({ where: environment, message: 'has no workload' });
  }
  for (const workload of workloads) {
    const where = `${environment}: ${workload.kind} ${workload.metadata.name}`;
    const add = (message: string) => findings.push({ where, message });
    const parsed = workloadSchema.safeParse(workload.spec);
    if (!parsed.success) {
      add(parsed.error.issues[0].message);
      continue;
    }
    const { selector, template, replicas } = parsed.data;
    const pod = template.spec;
    const podLabels = template.metadata.labels;
    if (!selects(selector.matchLabels, podLabels)) {
      add('selects other pods than its own');
    }
    const user = pod.securityContext;
    for (const container of [
      ...pod.containers,
      ...(pod.initContainers ?? []),
    ]) {
      const security = container.securityContext;
      const problems = containerProblems(container);
      if (pod.containers.includes(container)) {
        problems.push(...probeProblems(container));
      }
      if ((security?.runAsNonRoot ?? user?.runAsNonRoot) !== true) {
        problems.push('may run as root');
      }
      if (!((security?.runAsUser ?? user?.runAsUser ?? 0) > 0)) {
        problems.push('has no numeric non-root user');
      }
      if (
        (security?.seccompProfile ?? user?.seccompProfile)?.type !==
        'RuntimeDefault'
      ) {
        problems.push('has no seccomp profile');
      }
      problems.forEach(p => add(`container ${container.name} ${p}`));
    }
    if (pod.hostNetwork || pod.hostPID || pod.hostIPC) {
      add('shares a namespace of the host');
    }
    if (pod.volumes?.some(volume => volume.hostPath)) {
      add('mounts a path of the host');
    }
    if (pod.automountServiceAccountToken !== false) {
      add('mounts a token it does not need');
    }
    if (!pod.serviceAccountName || pod.serviceAccountName === 'default') {
      add('has no service account of its own');
    }
    const keys = pod.topologySpreadConstraints?.map(c => c.topologyKey) ?? [];
    for (const key of [
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
    ]) {
      if (!keys.includes(key)) {
        add(`is not spread over ${key}`);
      }
    }
    const scaler = of('HorizontalPodAutoscaler').find(
      h =>
        h.spec.scaleTargetRef?.name === workload.metadata.name &&
        h.spec.scaleTargetRef?.kind === workload.kind,
    );
    if (!scaler) {
      add('is not autoscaled');
    } else if (replicas !== undefined) {
      add('has static replicas beside its autoscaler');
    }
    const minReplicas = scaler?.spec.minReplicas ?? replicas ?? 1;
    if (minReplicas < 2) {
      add('may run as a single replica');
    }
    const budget = of('PodDisruptionBudget').find(b =>
      selects(b.spec.selector?.matchLabels, podLabels),
    );
    if (!budget) {
      add('has no PodDisruptionBudget');
    } else if (
      budget.spec.maxUnavailable === 0 ||
      budget.spec.maxUnavailable === '0%' ||
      budget.spec.minAvailable === '100%' ||
      Number(budget.spec.minAvailable ?? 0) >= minReplicas
    ) {
      add('has a PodDisruptionBudget that lets no node be drained');
    }
    const network = of('NetworkPolicy').find(p =>
      selects(p.spec.podSelector?.matchLabels ?? {}, podLabels),
    );
    if (!network) {
      add('has no NetworkPolicy');
    } else {
      for (const type of ['Ingress', 'Egress']) {
        if (!network.spec.policyTypes?.includes(type)) {
          add(`its NetworkPolicy leaves ${type} open`);
        }
      }
      if (
        [...(network.spec.ingress ?? []), ...(network.spec.egress ?? [])].some(
          rule => Object.keys(rule as object).length === 0,
        )
      ) {
        add('its NetworkPolicy has a rule that allows everything');
      }
    }
  }
  for (const object of objects) {
    const where = `${environment}: ${object.kind} ${object.metadata.name}`;
    if (object.kind === 'Secret') {
      findings.push({ where, message: 'keeps a secret in the repository' });
    }
    if (!object.metadata.labels?.['pavedroad.dev/owner']) {
      findings.push({ where, message: 'has no owner label' });
    }
    if (object.kind === 'Namespace') {
      if (
        object.metadata.labels?.['pod-security.kubernetes.io/enforce'] !==
        'restricted'
      ) {
        findings.push({
          where,
          message: 'does not enforce restricted pod security',
        });
      }
    } else if (!object.metadata.namespace) {
      findings.push({ where, message: 'is in no namespace' });
    }
  }
  const services = objects.filter(o => o.kind === 'Service');
  for (const service of services) {
    const selector = (service.spec as { selector?: Record<string, string> })
      ?.selector;
    const matched = workloads.some(workload => {
      const parsed = workloadSchema.safeParse(workload.spec);
      return (
        parsed.success &&
        selects(selector, parsed.data.template.metadata.labels)
      );
    });
    if (!matched) {
      findings.push({
        where: `${environment}: Service ${service.metadata.name}`,
        message: 'selects no workload',
      });
    }
  }
  return findings;
}
