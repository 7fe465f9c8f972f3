import {
  RiCheckboxCircleLine,
  RiErrorWarningLine,
  RiInformationLine,
  RiCloseCircleLine,
} from '@remixicon/react';
import { ReactNode } from 'react';

/** The four levels a status can have. */
export type StatusLevel = 'good' | 'info' | 'warning' | 'bad';

const LOOK = {
  good: { token: 'success', Icon: RiCheckboxCircleLine },
  info: { token: 'info', Icon: RiInformationLine },
  warning: { token: 'warning', Icon: RiErrorWarningLine },
  bad: { token: 'danger', Icon: RiCloseCircleLine },
} as const;

/** A status in words with an icon and a colour: the words carry it, the colour only helps. */
export function StatusBadge(props: {
  level: StatusLevel;
  children: ReactNode;
}) {
  const { token, Icon } = LOOK[props.level];
  return (
    <span
      style={{
        display: 'inline-flex',
        alignItems: 'center',
        gap: 'var(--bui-space-1)',
        padding: '1px 8px',
        borderRadius: 'var(--bui-radius-full, 999px)',
        background: `var(--bui-bg-${token})`,
        color: `var(--bui-fg-${token}-on-bg)`,
        fontSize: 'var(--bui-font-size-2)',
        lineHeight: 1.6,
        whiteSpace: 'nowrap',
      }}
    >
      <Icon size={14} aria-hidden="true" />
      {props.children}
    </span>
  );
}
