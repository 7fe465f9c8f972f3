import { lazy, Suspense } from 'react';

const Notice = lazy(() =>
  import('./TemplateLifecycle').then(m => ({ default: m.TemplateNotice })),
);

/** Above the form of a template: that it is a draft, a beta, or deprecated, and then what to use instead and until when. */
export function TemplateNotice(props: { templateRef: string }) {
  return (
    <Suspense fallback={null}>
      <Notice {...props} />
    </Suspense>
  );
}
