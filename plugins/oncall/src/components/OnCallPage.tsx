import { Container } from '@backstage/ui';
import { EmptyState, LoadingSkeleton, PageHeader } from '@pavedroad/portal-ui';
import { Suspense } from 'react';
import { Route, Routes } from 'react-router-dom';

import styles from './styles.module.css';
import { TabBar } from './TabBar';
import { TABS } from './tabs';

/** The on-call page: its parts, each at an address of its own. */
export function OnCallPage() {
  return (
    <>
      <PageHeader title="On call" subtitle="Who to call, and when it changes" />
      <Container>
        <div className={styles.page}>
          <Routes>
            {TABS.map(({ path, Content }) => (
              <Route
                key={path}
                path={path === '' ? '/' : `${path}/*`}
                element={
                  <>
                    <TabBar open={path} />
                    <Suspense
                      fallback={
                        <LoadingSkeleton
                          rows={6}
                          rowHeight={36}
                          label="Loading this part"
                        />
                      }
                    >
                      <Content />
                    </Suspense>
                  </>
                }
              />
            ))}
            <Route
              path="*"
              element={
                <>
                  <TabBar open="*" />
                  <EmptyState
                    title="There is no such part of on-call"
                    description="Choose one of the parts above."
                  />
                </>
              }
            />
          </Routes>
        </div>
      </Container>
    </>
  );
}
