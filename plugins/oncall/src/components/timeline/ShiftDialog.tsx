import { EntityRefLink } from '@backstage/plugin-catalog-react';
import {
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Text,
} from '@backstage/ui';
import { StatusBadge, viewerTimeZone } from '@pavedroad/portal-ui';
import { useState } from 'react';

import styles from '../changes/changes.module.css';
import { useChanges } from '../changes/ChangesProvider';
import type { ChangeDraft, ShiftToChange } from '../changes/drafts';
import { useWholeShift } from '../changes/useChangeData';
import { placeOfFocus } from '../placeOfFocus';
import { formatInterval } from '../words';
import { whomOverridesConcern, type Piece } from './rows';
import type { Opened } from './TimelineGrid';

/** A shift or a gap: what it is, and what can be done about it. */
export function ShiftDialog(props: {
  opened: Opened & { piece: Piece };
  onClose: () => void;
}) {
  const { opened, onClose } = props;
  const { block, row, piece } = opened;
  const { start, me } = useChanges();
  // Where it was opened from, before it takes the focus.
  const [returnFocus] = useState(placeOfFocus);
  const { schedule } = block;
  const own = viewerTimeZone();
  const times = {
    from: new Date(piece.from).toISOString(),
    to: new Date(piece.to).toISOString(),
  };
  const place = {
    scheduleRef: schedule.ref,
    scheduleTitle: schedule.title,
    timeZone: schedule.timeZone,
    level: row.level,
    levelName: row.name,
    ...times,
  };
  const shift: ShiftToChange | undefined = piece.ref
    ? {
        ...place,
        person: { ref: piece.ref, displayName: piece.name },
        ...(piece.replacesRef ? { standsFor: piece.replacesRef } : {}),
      }
    : undefined;
  const over = piece.to <= Date.now();
  const go = (draft: ChangeDraft) => {
    onClose();
    start(draft, returnFocus);
  };
  return (
    <Dialog
      isOpen
      isDismissable
      onOpenChange={open => {
        if (!open) {
          onClose();
        }
      }}
      width={560}
    >
      <DialogHeader>
        {piece.kind === 'gap' ? 'Nobody is on call' : piece.name}
      </DialogHeader>
      <DialogBody>
        <div className={styles.stack}>
          <Text as="div" variant="body-medium">
            {schedule.title}, {row.name}
          </Text>
          <Text as="div" variant="body-medium">
            {formatInterval(piece, own)} {own}
            {schedule.timeZone === own ? undefined : (
              <Text as="span" variant="body-medium" color="secondary">
                <br />
                {formatInterval(piece, schedule.timeZone)} {schedule.timeZone}
              </Text>
            )}
          </Text>
          {piece.ref ? (
            <WholeShift
              piece={{
                ...place,
                person: { ref: piece.ref, displayName: piece.name },
              }}
              zone={own}
            />
          ) : undefined}
          {piece.override ? (
            <div>
              <StatusBadge level="info">
                {piece.replaces
                  ? `In place of ${piece.replaces}`
                  : 'By an override'}
              </StatusBadge>
            </div>
          ) : undefined}
          {!over && piece.replacesRef === me && block.editable ? (
            <Text as="div" variant="body-medium" color="secondary">
              To have your shift back, undo the change under recent changes.
            </Text>
          ) : undefined}
          {over ? (
            <Text as="div" variant="body-medium" color="secondary">
              This is over; history does not change.
            </Text>
          ) : undefined}
          {!over && !block.editable ? (
            <Text as="div" variant="body-medium" color="secondary">
              {schedule.provider === 'native' ? (
                <>
                  Members of{' '}
                  <EntityRefLink
                    entityRef={schedule.ownerRef}
                    defaultKind="group"
                    hideIcon
                    disableTooltip
                  />{' '}
                  and administrators can change it.
                </>
              ) : (
                `It is kept in ${schedule.provider}; change it there.`
              )}
            </Text>
          ) : undefined}
        </div>
      </DialogBody>
      <DialogFooter>
        <div className={styles.actions}>
          <Button variant="secondary" onPress={onClose}>
            Close
          </Button>
          {over || !block.editable ? undefined : (
            <>
              <Button
                variant="secondary"
                onPress={() =>
                  go({
                    kind: 'override',
                    place: {
                      ...place,
                      ...(shift
                        ? {
                            person: whomOverridesConcern(piece) ?? shift.person,
                          }
                        : { type: 'add' as const }),
                    },
                  })
                }
              >
                {shift ? 'Override' : 'Put somebody on call'}
              </Button>
              {shift ? (
                <>
                  <Button
                    variant="secondary"
                    onPress={() => go({ kind: 'swap', shift })}
                  >
                    Swap
                  </Button>
                  <Button
                    variant={piece.ref === me ? 'primary' : 'secondary'}
                    onPress={() => go({ kind: 'give-shift', shift })}
                  >
                    {piece.ref === me ? 'Give it away' : 'Give to somebody'}
                  </Button>
                  {piece.ref === me || piece.replacesRef === me ? undefined : (
                    <Button
                      variant="primary"
                      onPress={() => go({ kind: 'take-shift', shift })}
                    >
                      Take it
                    </Button>
                  )}
                </>
              ) : undefined}
            </>
          )}
        </div>
      </DialogFooter>
    </Dialog>
  );
}

/** Where what was opened is a part of a longer shift. */
function WholeShift(props: { piece: ShiftToChange; zone: string }) {
  const { piece, zone } = props;
  const { whole } = useWholeShift(piece);
  if (
    !whole ||
    (Date.parse(whole.from) === Date.parse(piece.from) &&
      Date.parse(whole.to) === Date.parse(piece.to))
  ) {
    return undefined;
  }
  return (
    <Text as="div" variant="body-medium" color="secondary">
      Part of the shift {formatInterval(whole, zone)} {zone}
    </Text>
  );
}
