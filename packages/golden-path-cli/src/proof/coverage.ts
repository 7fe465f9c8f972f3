import { parse } from 'yaml';

/**
 * Files no script of the pipeline reads, but for the scan for secrets, which they cannot hold as renders of the same template, and for the tests
 * of the alert rules, which the verifier of rules runs on every row.
 */
const BESIDE_THE_PIPELINE =
  /^(docs\/|infra\/|observability\/|[^/]+\.md$|mkdocs\.yml$|catalog-info\.yaml$|\.golden-path\.yaml$|CODEOWNERS$)/;

/** A render as far as it matters here: content by path. */
export type Contents = ReadonlyMap<string, string>;

/** Lines that only the load test reads, or a deployment of which every strategy is proved. */
const withoutObjectives = (text: string | undefined) =>
  text?.replace(
    /^.*\b(SLO_|DELIVERY_STRATEGY|DEPLOY_TARGET|GITOPS|Argo CD|Where deployments go).*\n?/gm,
    '',
  );

/** What only GitHub, Jenkins or a bot reads: no script, and no pipeline that is run here. */
const OF_CI_NOT_RUN_HERE =
  /^(\.github\/|Jenkinsfile$|\.jenkins\/|renovate\.json$)/;

/** What only a deployment to a target reads; pipelines run here deploy to this machine. Each target has verifiers of its own. */
const OF_TARGET =
  /^(ci\/(deploy-(?!local)[a-z]+|image|push-image|read-image|tools|cluster|render-manifests|aws-identity)\.sh|Dockerfile|\.dockerignore|Procfile|app\.json)$/;

/** A command of a job that nothing but a deployment to a target runs, on GitLab's own runners. */
const OF_TARGET_ON_GITLAB =
  /^if \[ "\$GITLAB_CI" = "true" \] && \[ "\$\{DEPLOY_TARGET:-\}" = "\w+" \]/;

/**
 * A GitLab pipeline without what its target adds: the job that builds the image, which is not run here, tokens only GitLab gives, and what a
 * runner of GitLab installs to deploy there.
 */
function withoutTarget(text: string | undefined): string | undefined {
  if (text === undefined) {
    return undefined;
  }
  const {
    'container-image': _,
    stages,
    ...jobs
  } = parse(text) as {
    stages?: string[];
    [job: string]: unknown;
  };
  return JSON.stringify(
    { ...jobs, stages: stages?.filter(stage => stage !== 'image') },
    (key, value: unknown) => {
      if (key === 'id_tokens') {
        return undefined;
      }
      return Array.isArray(value)
        ? value.filter(
            command =>
              typeof command !== 'string' || !OF_TARGET_ON_GITLAB.test(command),
          )
        : value;
    },
  );
}

const COMPARED: Record<string, (text: string | undefined) => unknown> = {
  'ci/service.env': withoutObjectives,
  '.gitlab-ci.yml': withoutTarget,
};

/** The files in which two renders differ for the pipeline; empty when running it on one says the same as on the other. */
export function pipelineDifferences(one: Contents, other: Contents): string[] {
  const paths = new Set([...one.keys(), ...other.keys()]);
  return Array.from(paths)
    .filter(path => !BESIDE_THE_PIPELINE.test(path))
    .filter(path => !OF_CI_NOT_RUN_HERE.test(path))
    .filter(path => !OF_TARGET.test(path))
    .filter(path => {
      const compared = COMPARED[path] ?? (text => text);
      return compared(one.get(path)) !== compared(other.get(path));
    })
    .sort();
}
