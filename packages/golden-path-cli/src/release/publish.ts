import { Problem } from '../lib/problem';
import type { Proof } from '../proof/types';
import { loadTemplate, type Template } from '../template/loadTemplate';
import { digestOf } from './digest';
import {
  differingParts,
  isOffered,
  readReleases,
  recordRelease,
} from './releases';

/** Of the templates named, those to prove, with what they consist of. */
export type Candidate = {
  template: Template;
  consistsOf: Record<string, string>;
};

/**
 * What of a template there is to publish; `undefined` when its version is published as it is.
 *
 * @throws Problem for a draft, and for a version that was published as something else
 */
export async function candidate(
  template: Template,
): Promise<Candidate | undefined> {
  if (!isOffered(template)) {
    throw new Problem(
      `${template.name} is a draft. Set its channel to beta or stable, and its version to 1.0.0 or more, to publish it.`,
    );
  }
  const consistsOf = await digestOf(template);
  const published = (await readReleases(template)).find(
    ({ version }) => version === template.version,
  );
  if (!published) {
    return { template, consistsOf };
  }
  const differing = differingParts(published.consistsOf, consistsOf);
  if (differing.length > 0) {
    throw new Problem(
      `${template.name} ${
        template.version
      } was published as something else, and a published version never changes. Raise its version; what differs is in ${differing.join(
        ', ',
      )}.`,
    );
  }
  return undefined;
}

/** Why a proof is not enough to publish; `undefined` when it is. */
export function refusal(proof: Proof): string | undefined {
  const { counts } = proof;
  if (!proof.complete) {
    return 'only a part of it was proved';
  }
  if (!proof.ok || counts.failed > 0 || counts.missed > 0) {
    return `its proof failed: ${counts.failed} checks, and ${counts.missed} mutations that nothing caught`;
  }
  if (counts.skipped > 0 || counts.mutationsSkipped > 0) {
    return `${counts.skipped} checks and ${counts.mutationsSkipped} mutations were skipped for want of a tool`;
  }
  return undefined;
}

/**
 * Records a proved version as published.
 *
 * @param proof - the full proof of what `candidate` named
 * @param now - when it ended
 * @throws Problem when the proof does not allow it, or the template was changed while it was proved; nothing is written then
 */
export async function publish(
  { template, consistsOf }: Candidate,
  proof: Proof,
  now: Date,
): Promise<void> {
  const why = refusal(proof);
  if (why) {
    throw new Problem(
      `${template.name} ${template.version} is not published: ${why}.`,
    );
  }
  const after = await digestOf(await loadTemplate(template.folder));
  const differing = differingParts(consistsOf, after);
  if (differing.length > 0) {
    throw new Problem(
      `${template.name} ${template.version} is not published: ${differing.join(
        ', ',
      )} changed while it was proved. Publish it again.`,
    );
  }
  await recordRelease(template, {
    version: template.version,
    provedAt: now.toISOString(),
    proof: {
      rows: proof.cases.length,
      checks: proof.counts.passed,
      mutations: proof.counts.caught,
    },
    consistsOf,
  });
}
