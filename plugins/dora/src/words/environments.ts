import { EnvironmentItem } from '@pavedroad/plugin-dora-common';
import { formatCount } from '@pavedroad/portal-ui';

const TIERS = ['production', 'staging', 'testing', 'development'];

/** An entry of the environment picker. */
export interface EnvironmentChoice {
  id: string;
  label: string;
}

/**
 * What can be chosen: tiers first, each with how many environments it is made of where that is more than one, then
 * environments by name. What is chosen is always among them, also when nothing is deployed there.
 *
 * @param seen - undefined while it is not known: then the usual tiers
 */
export function environmentChoices(
  seen: readonly EnvironmentItem[] | undefined,
  chosen: string,
): EnvironmentChoice[] {
  const items = seen?.length ? seen : undefined;
  const tiers = items ? [...new Set(items.map(({ tier }) => tier))] : TIERS;
  const rank = (tier: string) =>
    TIERS.includes(tier) ? TIERS.indexOf(tier) : TIERS.length;
  tiers.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  const choices = [
    ...tiers.map(tier => {
      const members = (items ?? []).filter(item => item.tier === tier);
      return {
        id: tier,
        label:
          members.length > 1
            ? `${tier} (${formatCount(members.length)} environments)`
            : tier,
      };
    }),
    ...(items ?? [])
      // Where a word is both, the tier is meant.
      .filter(({ name }) => !tiers.includes(name))
      .map(({ name, deployments }) => ({
        id: name,
        label: `${name} (${formatCount(deployments)} ${
          deployments === 1 ? 'deployment' : 'deployments'
        })`,
      })),
  ];
  return choices.some(({ id }) => id === chosen)
    ? choices
    : [...choices, { id: chosen, label: chosen }];
}
