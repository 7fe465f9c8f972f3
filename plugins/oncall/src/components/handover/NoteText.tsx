import { WebLink } from '@pavedroad/portal-ui';
import ReactMarkdown from 'react-markdown';
import remarkGfm from 'remark-gfm';

/**
 * A note's Markdown. HTML in it is shown as it was written. Images are links: one that loads by itself would tell a stranger's server who
 * reads the note, and when.
 */
export function NoteText(props: { text: string }) {
  return (
    <ReactMarkdown
      remarkPlugins={[remarkGfm]}
      components={{
        // Below the heading of the panel in the page's outline.
        h1: 'h3',
        h2: 'h4',
        h3: 'h5',
        h4: 'h6',
        h5: 'h6',
        a: ({ href, children }) =>
          // What would run is disarmed already, but it would still look like a link.
          href && !/^javascript:/i.test(href) ? (
            <WebLink href={href}>{children}</WebLink>
          ) : (
            <>{children}</>
          ),
        img: ({ src, alt }) =>
          src ? (
            <WebLink href={src}>{`Image: ${alt || src}`}</WebLink>
          ) : (
            <>{alt ?? ''}</>
          ),
      }}
    >
      {props.text}
    </ReactMarkdown>
  );
}
