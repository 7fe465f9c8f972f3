/** Files no script of the pipeline reads, but for the scan for secrets, which they cannot hold as renders of the same template. */
const BESIDE_THE_PIPELINE =
  /^(docs\/|infra\/|observability\/|[^/]+\.md$|mkdocs\.yml$|catalog-info\.yaml$|\.golden-path\.yaml$|CODEOWNERS$)/;

/** A render as far as it matters here: content by path. */
export type Contents = ReadonlyMap<string, string>;

/** Lines that only the load test reads, or a deployment of which every strategy is proved. */
const withoutObjectives = (text: string | undefined) =>
  text?.replace(/^.*\b(SLO_|DELIVERY_STRATEGY).*$/gm, '');

/** What only GitHub, Jenkins or a bot reads: no script, and no pipeline that is run here. */
const OF_CI_NOT_RUN_HERE =
  /^(\.github\/|Jenkinsfile$|\.jenkins\/|renovate\.json$)/;

/** The files in which two renders differ for the pipeline; empty when running it on one says the same as on the other. */
export function pipelineDifferences(one: Contents, other: Contents): string[] {
  const paths = new Set([...one.keys(), ...other.keys()]);
  return Array.from(paths)
    .filter(path => !BESIDE_THE_PIPELINE.test(path))
    .filter(path => !OF_CI_NOT_RUN_HERE.test(path))
    .filter(path =>
      path === 'ci/service.env'
        ? withoutObjectives(one.get(path)) !==
          withoutObjectives(other.get(path))
        : one.get(path) !== other.get(path),
    )
    .sort();
}
