import { Header } from '@backstage/ui';
import { ReactNode, useLayoutEffect, useRef } from 'react';

/** The head of every page of the portal: what it is, where it stands, and what can be done here. */
export function PageHeader(props: {
  title: string;
  /** One sentence under the title; inline Markdown links work. */
  subtitle?: string;
  actions?: ReactNode;
  breadcrumbs?: { label: string; href: string }[];
  /** The parts of what the page shows, each at an address of its own. */
  tabs?: { id: string; label: string; href: string }[];
  /** The tab that is open. */
  activeTabId?: string;
}) {
  const ref = useRef<HTMLDivElement>(null);

  // The library's header is a second-level heading, made for pages that have another title above it. Ours is the only one.
  useLayoutEffect(() => {
    ref.current?.querySelector('h2')?.setAttribute('aria-level', '1');
  });

  return (
    <div ref={ref} style={{ paddingTop: 'var(--bui-space-4)' }}>
      <Header
        title={props.title}
        description={props.subtitle}
        breadcrumbs={props.breadcrumbs}
        customActions={props.actions}
        tabs={props.tabs}
        activeTabId={props.activeTabId}
      />
    </div>
  );
}
