import { EntityRefLink } from '@backstage/plugin-catalog-react';
import type { ScheduleSummary } from '@pavedroad/plugin-oncall-common';

/** Whom somebody asks for a change of a schedule that they may not change. */
export function AskOwner(props: {
  schedule: Pick<ScheduleSummary, 'ownerRef'>;
}) {
  const { ownerRef } = props.schedule;
  return ownerRef ? (
    <span>
      {'Ask '}
      <EntityRefLink
        entityRef={ownerRef}
        defaultKind="group"
        hideIcon
        disableTooltip
      />
    </span>
  ) : (
    <>Ask an administrator</>
  );
}
