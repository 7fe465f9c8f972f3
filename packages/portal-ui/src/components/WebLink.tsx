import { Link, type LinkProps } from '@backstage/ui';

/** Whether an address that somebody else told can be a link: only the web's, never one that runs as a script. */
export function isWebAddress(url: string | undefined): url is string {
  return url !== undefined && /^https?:\/\//i.test(url);
}

/**
 * A link to what a source or a person told. A whole address is left to the browser: the router would take one on the portal's own host
 * for one of its pages, which an address of its APIs or of its git host is not. It opens in the same tab unless `target` says otherwise.
 */
export function WebLink(props: LinkProps) {
  const { href, target } = props;
  return (
    <Link
      {...props}
      target={target ?? (isWebAddress(href) ? '_top' : undefined)}
    />
  );
}
