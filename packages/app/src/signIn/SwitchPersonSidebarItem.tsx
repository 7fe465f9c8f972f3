import { SidebarItem } from '@backstage/core-components';
import {
  configApiRef,
  identityApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import { RiUserSharedLine } from '@remixicon/react';
import { readPersonaChoices } from './personas';

function SwitchPersonIcon() {
  return <RiUserSharedLine size={22} aria-hidden />;
}

/** Back to the choice of person; only where there is one. */
export function SwitchPersonSidebarItem() {
  const identityApi = useApi(identityApiRef);
  const people = readPersonaChoices(useApi(configApiRef));
  if (people.length === 0) {
    return null;
  }
  return (
    <SidebarItem
      icon={SwitchPersonIcon}
      text="Switch person"
      onClick={() => identityApi.signOut()}
    />
  );
}
