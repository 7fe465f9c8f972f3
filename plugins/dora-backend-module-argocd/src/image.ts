import { encodePart } from '@pavedroad/plugin-dora-node';

/**
 * The artifact that an image reference names: its digest, unless the tag is more
 * telling because it is a commit.
 *
 * @param reference - e.g. `registry.example/fernhill/checkout:1.2.0@sha256:…`
 */
export function artifactOfImage(reference: string): {
  artifact?: string;
  revision?: string;
} {
  const name = nameOfImage(reference);
  const [, , tag, digest] = partsOf(reference);
  const commit = tag !== undefined && /^[0-9a-f]{7,64}$/.test(tag);
  const version = digest !== undefined && !commit ? digest : tag ?? digest;
  if (name === undefined || version === undefined) {
    return {};
  }
  return {
    artifact: `pkg:oci/${encodePart(name)}@${version}`,
    ...(commit && { revision: tag }),
  };
}

/** The last part of an image's name, in lower case. */
export function nameOfImage(reference: string): string | undefined {
  return partsOf(reference)[1]?.split('/').pop()?.toLowerCase() || undefined;
}

function partsOf(reference: string): (string | undefined)[] {
  return (
    /^([^\s@]+?)(?::([\w][\w.-]{0,127}))?(?:@([a-z0-9]+:[0-9a-f]{32,128}))?$/.exec(
      reference,
    ) ?? []
  );
}
