import { useMemo, useState } from 'react';
import {
  discoveryApiRef,
  fetchApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import { Button } from '@backstage/ui';
import { useAsyncData } from '@pavedroad/portal-ui';
import { RiNotification3Fill, RiNotification3Line } from '@remixicon/react';
import { NotifyDialog } from './NotifyDialog';
import { SubscriptionsClient } from './SubscriptionsClient';

/**
 * Lets somebody say what they, or their group, are told about a scope: a digest, changes, failures. Says on its face
 * whether anything is asked for already.
 *
 * @param props.scopeEntityRef - as the API takes it; absent: everything
 */
export function NotifyControl({ scopeEntityRef }: { scopeEntityRef?: string }) {
  const discoveryApi = useApi(discoveryApiRef);
  const fetchApi = useApi(fetchApiRef);
  const client = useMemo(
    () => SubscriptionsClient.create({ discoveryApi, fetchApi }),
    [discoveryApi, fetchApi],
  );
  const [isOpen, setOpen] = useState(false);
  const { data, error, reload } = useAsyncData(
    `dora-subscriptions ${scopeEntityRef ?? ''}`,
    () =>
      scopeEntityRef === undefined
        ? client.list()
        : client.about(scopeEntityRef),
  );
  const items = data?.items.filter(item => item.entityRef === scopeEntityRef);
  const isOn = items !== undefined && items.length > 0;
  return (
    <>
      <Button
        variant="secondary"
        iconStart={
          isOn ? (
            <RiNotification3Fill size={18} aria-hidden />
          ) : (
            <RiNotification3Line size={18} aria-hidden />
          )
        }
        onPress={() => {
          if (error) {
            reload();
          }
          setOpen(true);
        }}
      >
        {isOn ? 'Notifications on' : 'Notify me'}
      </Button>
      {isOpen ? (
        <NotifyDialog
          scopeEntityRef={scopeEntityRef}
          subscribers={data?.subscribers}
          items={items}
          error={error}
          onRetry={reload}
          onSave={async request => {
            await client.set(request);
            reload();
          }}
          onClose={() => setOpen(false)}
        />
      ) : undefined}
    </>
  );
}
