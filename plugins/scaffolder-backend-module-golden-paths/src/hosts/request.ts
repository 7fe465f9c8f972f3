import { NotAllowedError } from '@backstage/errors';

/**
 * Keeps the portal's own credentials to the owner they are configured for, whatever a template or the record of a task names.
 *
 * @throws NotAllowedError when the slug is not one repository directly below the owner.
 */
export function confineSlug(slug: string, owner: string): string {
  const name = slug.slice(owner.length + 1);
  if (
    !slug.startsWith(`${owner}/`) ||
    !/^[A-Za-z0-9_.-]+$/.test(name) ||
    name === '.' ||
    name === '..'
  ) {
    throw new NotAllowedError(
      `The portal publishes to ${owner} only, not to ${slug.slice(0, 100)}.`,
    );
  }
  return slug;
}
