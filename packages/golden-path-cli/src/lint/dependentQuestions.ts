import { PREVIEW_FIELD } from '@pavedroad/plugin-golden-paths-common';
import { questionsOf } from '../template/answers';
import type { Template } from '../template/loadTemplate';
import type { Finding } from '../verify/types';

/** What only a cluster can do: questions whose answers nothing reads on other targets. */
const OF_CLUSTERS: readonly string[] = ['strategy', 'gitops'];

/** A form that asks where something runs asks what only a cluster can do where the answer is one. */
export function clusterFindings(template: Pick<Template, 'pages'>): Finding[] {
  if (!Object.hasOwn(questionsOf(template), 'target')) {
    return [];
  }
  const always = template.pages.flatMap(page =>
    Object.keys(page.properties ?? {}),
  );
  const elsewhere = template.pages.flatMap(page =>
    Object.entries(page.dependencies ?? {}).flatMap(([on, { oneOf }]) =>
      oneOf
        .filter(
          ({ properties }) =>
            on !== 'target' || properties.target?.enum?.join() !== 'kubernetes',
        )
        .flatMap(({ properties }) => Object.keys(properties)),
    ),
  );
  return OF_CLUSTERS.filter(
    name => always.includes(name) || elsewhere.includes(name),
  ).map(name => ({
    where: `form: ${name}`,
    message:
      'does nothing where the target is no cluster: ask for it under dependencies of target, in the branch whose target is kubernetes alone',
  }));
}

/** What depends on an answer is put below everything else, the files too, unless the page says in which order it asks. */
export function questionOrderFindings(
  template: Pick<Template, 'pages'>,
): Finding[] {
  return template.pages.flatMap(page => {
    const [preview] =
      Object.entries(page.properties ?? {}).find(
        ([, question]) => question['ui:field'] === PREVIEW_FIELD,
      ) ?? [];
    if (!page.dependencies || preview === undefined) {
      return [];
    }
    const order = (page['ui:order'] ?? []) as string[];
    const asked = Object.keys(questionsOf({ pages: [page] }));
    return order.at(-1) === preview && asked.every(name => order.includes(name))
      ? []
      : [
          {
            where: 'form',
            message:
              'asks below the files it shows: name all questions of their page in its ui:order, the files last',
          },
        ];
  });
}
