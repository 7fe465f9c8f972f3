import { Header } from '@backstage/ui';
import { ReactNode } from 'react';

/** The head of every page of the portal: what it is, where it stands, and what can be done here. */
export function PageHeader(props: {
  title: string;
  /** One sentence under the title; inline Markdown links work. */
  subtitle?: string;
  actions?: ReactNode;
  breadcrumbs?: { label: string; href: string }[];
}) {
  return (
    <Header
      title={props.title}
      description={props.subtitle}
      breadcrumbs={props.breadcrumbs}
      customActions={props.actions}
    />
  );
}
