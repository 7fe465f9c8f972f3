import { stringifyEntityRef } from '@backstage/catalog-model';
import { useEntity } from '@backstage/plugin-catalog-react';
import { DeliveryView } from './DeliveryView';
import styles from './delivery.module.css';

/** Delivery of one component, or of all that belong to an entity. */
export function DeliveryTab() {
  const { entity } = useEntity();
  return (
    <div className={styles.tab}>
      <DeliveryView
        entityRef={stringifyEntityRef(entity)}
        single={entity.kind.toLocaleLowerCase('en-US') === 'component'}
      />
    </div>
  );
}
