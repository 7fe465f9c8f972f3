import { Container } from '@backstage/ui';
import { PageHeader } from '@pavedroad/portal-ui';
import { useViewState } from '../state/useViewState';
import { DeliveryView } from './DeliveryView';
import { ScopePicker } from './ScopePicker';
import styles from './delivery.module.css';

/** Delivery of the organisation, or of the part of it that is chosen. */
export function DeliveryPage() {
  const { state, change } = useViewState();
  return (
    <>
      <PageHeader
        title="Delivery"
        subtitle="How changes reach production, and how often that fails."
      />
      <Container>
        <div className={styles.page}>
          <DeliveryView
            entityRef={state.scope}
            single={state.scope
              ?.toLocaleLowerCase('en-US')
              .startsWith('component:')}
            scopeControl={
              <ScopePicker
                value={state.scope}
                onChange={scope => change({ scope, deployment: undefined })}
              />
            }
          />
        </div>
      </Container>
    </>
  );
}
