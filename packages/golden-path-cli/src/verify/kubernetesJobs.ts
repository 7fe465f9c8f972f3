import { z } from 'zod';
import {
  containerProblems,
  type KubernetesObject,
  podSchema,
} from './kubernetesRules';
import type { Finding } from './types';

const cronJobSchema = z.looseObject({
  schedule: z.string(),
  timeZone: z.string().optional(),
  suspend: z.boolean().optional(),
  concurrencyPolicy: z.string().optional(),
  startingDeadlineSeconds: z.number().optional(),
  successfulJobsHistoryLimit: z.number().optional(),
  failedJobsHistoryLimit: z.number().optional(),
  jobTemplate: z.looseObject({
    spec: z.looseObject({
      activeDeadlineSeconds: z.number().optional(),
      backoffLimit: z.number().optional(),
      template: z.looseObject({
        metadata: z.looseObject({
          labels: z.record(z.string(), z.string()),
        }),
        spec: podSchema,
      }),
    }),
  }),
});

/** Own rules for jobs on a schedule: they do not overlap, end, leave traces for a while, and are as confined as a service. */
export function cronJobFindings(
  environment: string,
  objects: KubernetesObject[],
): Finding[] {
  return objects
    .filter(object => object.kind === 'CronJob')
    .flatMap(object => {
      const where = `${environment}: CronJob ${object.metadata.name}`;
      const parsed = cronJobSchema.safeParse(object.spec);
      return parsed.success
        ? problems(parsed.data, objects).map(message => ({ where, message }))
        : [{ where, message: parsed.error.issues[0].message }];
    });
}

/** ConfigMaps a container takes its environment from. */
function configMapsOf(container: object): string[] {
  const { envFrom = [] } = container as {
    envFrom?: { configMapRef?: { name?: string } }[];
  };
  return envFrom.flatMap(source => source.configMapRef?.name ?? []);
}

/** ConfigMaps that the Deployments of an image take their environment from. */
function settingsOf(
  image: string | undefined,
  objects: KubernetesObject[],
): string[] {
  return objects
    .filter(object => object.kind === 'Deployment')
    .flatMap(
      object =>
        (
          object.spec as {
            template?: { spec?: { containers?: { image?: string }[] } };
          }
        ).template?.spec?.containers ?? [],
    )
    .filter(container => image !== undefined && container.image === image)
    .flatMap(configMapsOf);
}

function problems(
  spec: z.infer<typeof cronJobSchema>,
  objects: KubernetesObject[],
): string[] {
  const found: string[] = [];
  const job = spec.jobTemplate.spec;
  const pod = job.template.spec;
  if (!/^(\S+ ){4}\S+$/.test(spec.schedule)) {
    found.push(`its schedule ${spec.schedule} has not five fields`);
  }
  if (!spec.timeZone) {
    found.push('runs in the time zone of whatever node decides');
  }
  if (spec.suspend) {
    found.push('is suspended');
  }
  if (!['Forbid', 'Replace'].includes(spec.concurrencyPolicy ?? 'Allow')) {
    found.push('may run twice at once');
  }
  // Below ten seconds the cluster may never get round to it.
  if ((spec.startingDeadlineSeconds ?? 0) < 10) {
    found.push('has no deadline for starting late');
  }
  if ((job.activeDeadlineSeconds ?? 0) <= 0) {
    found.push('has no deadline for ending');
  }
  if (job.backoffLimit === undefined || job.backoffLimit > 6) {
    found.push('does not say how often it is tried again');
  }
  for (const [name, limit] of [
    ['successful', spec.successfulJobsHistoryLimit],
    ['failed', spec.failedJobsHistoryLimit],
  ] as const) {
    if (limit === undefined || limit < 1) {
      found.push(`does not say how many ${name} runs are kept to look at`);
    }
  }
  for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
    const security = container.securityContext;
    const wrong = containerProblems(container);
    if (
      (security?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) !== true
    ) {
      wrong.push('may run as root');
    }
    if (!((security?.runAsUser ?? pod.securityContext?.runAsUser ?? 0) > 0)) {
      wrong.push('has no numeric non-root user');
    }
    if (
      (security?.seccompProfile ?? pod.securityContext?.seccompProfile)
        ?.type !== 'RuntimeDefault'
    ) {
      wrong.push('has no seccomp profile');
    }
    found.push(...wrong.map(text => `container ${container.name} ${text}`));
  }
  if (pod.hostNetwork || pod.hostPID || pod.hostIPC) {
    found.push('shares a namespace of the host');
  }
  if (pod.automountServiceAccountToken !== false) {
    found.push('mounts a token it does not need');
  }
  if (!pod.serviceAccountName || pod.serviceAccountName === 'default') {
    found.push('has no service account of its own');
  }
  for (const container of pod.containers) {
    for (const map of settingsOf(container.image, objects)) {
      if (!configMapsOf(container).includes(map)) {
        found.push(
          `container ${container.name} is not told ${map}, as what else runs its image is`,
        );
      }
    }
  }
  const labels = job.template.metadata.labels;
  const policy = objects.find(o => {
    const { podSelector } = (o.spec ?? {}) as {
      podSelector?: { matchLabels?: Record<string, string> };
    };
    return (
      o.kind === 'NetworkPolicy' &&
      Object.entries(podSelector?.matchLabels ?? {}).every(
        ([key, value]) => labels[key] === value,
      )
    );
  });
  const { policyTypes, ingress, egress } = (policy?.spec ?? {}) as {
    policyTypes?: string[];
    ingress?: unknown[];
    egress?: unknown[];
  };
  if (!policy) {
    found.push('has no NetworkPolicy');
  } else if (
    !policyTypes?.includes('Ingress') ||
    !policyTypes.includes('Egress')
  ) {
    found.push('its NetworkPolicy leaves a direction open');
  } else if (ingress?.length) {
    found.push('its NetworkPolicy lets callers in; nobody calls a job');
  } else if (egress?.some(rule => Object.keys(rule as object).length === 0)) {
    found.push('its NetworkPolicy has a rule that allows everything');
  }
  return found;
}
