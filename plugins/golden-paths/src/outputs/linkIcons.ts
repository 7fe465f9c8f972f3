import type { ScaffolderTaskOutput } from '@backstage/plugin-scaffolder-react';

const MARK = 'github';

function isOnGithub(url: string | undefined): boolean {
  return (
    url !== undefined &&
    URL.canParse(url) &&
    /(^|[.-])github[.-]/.test(new URL(url).hostname)
  );
}

/** The output with GitHub's mark on links to GitHub only: a template does not know which host a repository will be on. */
export function withIconsOfHosts(
  output: ScaffolderTaskOutput,
): ScaffolderTaskOutput {
  return {
    ...output,
    links: output.links?.map(link =>
      link.icon === MARK && !isOnGithub(link.url)
        ? { ...link, icon: undefined }
        : link,
    ),
  };
}
