import {
  Button,
  Checkbox,
  NumberField,
  Select,
  Text,
  TextField,
  VisuallyHidden,
} from '@backstage/ui';
import type { OnCallSchedule } from '@pavedroad/plugin-oncall-common';
import { useEffect, useRef, useState } from 'react';

import type { Choice } from '../changes/useChangeData';
import { keepingPlace } from '../placeOfFocus';
import {
  type Edit,
  fullUser,
  type LayerFields,
  participantEdits,
  rotationAt,
  type ScheduleFields,
} from './scheduleDocument';
import styles from './schedules.module.css';

const UNITS = [
  { id: 'hour', label: 'hours' },
  { id: 'day', label: 'days' },
  { id: 'week', label: 'weeks' },
  { id: 'month', label: 'months' },
];
const KINDS = [
  { id: 'rotation', label: 'People taking turns' },
  { id: 'people', label: 'The same people always' },
  { id: 'schedule', label: 'Another schedule' },
];
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** What the fields below share. */
export type FormContext = {
  /** Makes edits in the YAML. */
  onEdit: (edits: Edit[]) => void;
  people: Choice[];
  schedules: { ref: string; title: string }[];
  /** The schedule as the YAML has it, when it is valid. */
  schedule: OnCallSchedule | undefined;
  /** Whether whoever is on call today stays when participants change. */
  keep: boolean;
  /** Called when no start keeps today's person. */
  onCannotKeep: (cannot: boolean) => void;
};

/** The escalation levels with their layers. */
export function LevelsFields(props: {
  levels: ScheduleFields['levels'];
  context: FormContext;
}) {
  const { levels, context } = props;
  return (
    <>
      {levels.map((level, l) => {
        const path = `spec.levels[${l}]`;
        const name = level.name || `Level ${l + 1}`;
        return (
          // Levels have no identity but their place.
          <fieldset key={l} className={styles.group}>
            <legend>{name}</legend>
            <div className={styles.row}>
              <TextField
                label="Name of the level"
                value={level.name}
                onChange={value =>
                  context.onEdit([
                    { path: `${path}.name`, value: value || undefined },
                  ])
                }
              />
              {levels.length > 1 ? (
                <Button
                  variant="secondary"
                  onPress={() =>
                    keepingPlace(() =>
                      context.onEdit([{ path, value: undefined }]),
                    )
                  }
                >{`Remove level ${l + 1}`}</Button>
              ) : undefined}
            </div>
            {level.layers.map((layer, i) => (
              <LayerFieldset
                key={i}
                layer={layer}
                level={l}
                index={i}
                only={level.layers.length === 1}
                context={context}
              />
            ))}
            <div className={styles.buttons}>
              <Button
                size="small"
                variant="secondary"
                onPress={() =>
                  context.onEdit([
                    {
                      path: `${path}.layers[${level.layers.length}]`,
                      value: freshLayer('rotation', level.layers[0]),
                    },
                  ])
                }
              >
                {`Add a layer to ${name}`}
              </Button>
            </div>
          </fieldset>
        );
      })}
      <div className={styles.buttons}>
        <Button
          variant="secondary"
          onPress={() =>
            context.onEdit([
              {
                path: `spec.levels[${levels.length}]`,
                value: { layers: [{ people: [] }] },
              },
            ])
          }
        >
          Add a level
        </Button>
      </div>
    </>
  );
}

function LayerFieldset(props: {
  layer: LayerFields;
  level: number;
  index: number;
  only: boolean;
  context: FormContext;
}) {
  const { layer, level, index, only, context } = props;
  const { onEdit } = context;
  const path = `spec.levels[${level}].layers[${index}]`;
  const label = layer.name || `Layer ${index + 1}`;
  return (
    <fieldset className={styles.group}>
      <legend>{label}</legend>
      <div className={styles.row}>
        <Select
          label="Who"
          options={KINDS}
          selectedKey={layer.kind}
          onSelectionChange={key => {
            if (key !== layer.kind) {
              onEdit([{ path, value: freshLayer(String(key), layer) }]);
            }
          }}
        />
        {only ? undefined : (
          <Button
            variant="secondary"
            onPress={() =>
              keepingPlace(() => onEdit([{ path, value: undefined }]))
            }
          >{`Remove ${label}`}</Button>
        )}
      </div>
      {layer.kind === 'schedule' ? (
        <Select
          label="Schedule whose first level it is"
          options={context.schedules.map(({ ref, title }) => ({
            id: ref,
            label: title,
          }))}
          selectedKey={
            context.schedules.find(
              ({ ref }) =>
                ref === layer.schedule || ref.endsWith(`/${layer.schedule}`),
            )?.ref ?? null
          }
          onSelectionChange={key =>
            onEdit([{ path: `${path}.schedule`, value: String(key) }])
          }
        />
      ) : (
        <Participants
          people={layer.people}
          ordered={layer.kind === 'rotation'}
          choices={context.people}
          onChange={people => {
            if (layer.kind === 'people') {
              onEdit([{ path: `${path}.people`, value: people }]);
              return;
            }
            const rotation = rotationAt(context.schedule, level, index);
            const { edits, kept } = participantEdits({
              schedule: context.schedule,
              level,
              layer: index,
              participants: people,
              keep: context.keep,
              at: Date.now(),
            });
            context.onCannotKeep(context.keep && Boolean(rotation) && !kept);
            onEdit(edits);
          }}
        />
      )}
      {layer.kind === 'rotation' ? (
        <>
          <div className={styles.row}>
            <TextField
              className={styles.wide}
              label="First handoff, local time"
              type="text"
              placeholder="2026-01-05T09:00"
              value={layer.start}
              onChange={value =>
                onEdit([{ path: `${path}.rotation.start`, value }])
              }
            />
            <NumberField
              label="Hands over every"
              minValue={1}
              value={Number.isFinite(layer.length) ? layer.length : 1}
              onChange={value =>
                onEdit([{ path: `${path}.rotation.length`, value }])
              }
            />
            <Select
              label="Unit"
              options={UNITS}
              selectedKey={layer.unit}
              onSelectionChange={key =>
                onEdit([{ path: `${path}.rotation.unit`, value: String(key) }])
              }
            />
          </div>
          <Restrictions layer={layer} path={path} onEdit={onEdit} />
        </>
      ) : undefined}
    </fieldset>
  );
}

function Participants(props: {
  people: string[];
  ordered: boolean;
  choices: Choice[];
  onChange: (people: string[]) => void;
}) {
  const { people, ordered, choices, onChange } = props;
  const [chosen, setChosen] = useState<string>();
  const nameOf = (text: string) =>
    choices.find(({ ref }) => ref === fullUser(text))?.displayName ?? text;
  const [told, setTold] = useState('');
  const part = useRef<HTMLDivElement>(null);
  // Which button comes next for who has no mouse: the one that was pressed may be another's by now, be disabled, or be gone.
  const next = useRef<{ row: number; button: string }>();
  useEffect(() => {
    const { current } = next;
    if (current) {
      next.current = undefined;
      const rows = part.current?.querySelectorAll('li') ?? [];
      const row = rows[Math.min(current.row, rows.length - 1)];
      const button =
        row?.querySelector<HTMLElement>(
          `[data-moves="${current.button}"] button:enabled`,
        ) ?? row?.querySelector<HTMLElement>('button:enabled');
      (button ?? part.current)?.focus();
    }
  });
  const move = (from: number, to: number) => {
    const moved = [...people];
    const [person] = moved.splice(from, 1);
    moved.splice(to, 0, person);
    next.current = { row: to, button: to < from ? 'earlier' : 'later' };
    onChange(moved);
    setTold(`${nameOf(person)} is ${to + 1} of ${people.length}.`);
  };
  const remove = (index: number) => {
    next.current = { row: index, button: 'away' };
    onChange(people.filter((_, n) => n !== index));
    setTold(`${nameOf(people[index])} is removed.`);
  };
  return (
    <div ref={part} tabIndex={-1} className={styles.people}>
      <VisuallyHidden role="status">{told}</VisuallyHidden>
      <Text as="div" variant="body-small" color="secondary">
        {ordered ? 'In the order of their turns' : 'Always on call together'}
      </Text>
      {people.length === 0 ? (
        <Text as="div" variant="body-medium">
          Nobody yet: this layer is a gap.
        </Text>
      ) : (
        <ol className={styles.participants}>
          {people.map((person, i) => (
            // Somebody may stand in the order twice.
            <li key={`${person} ${i}`}>
              <span>{i + 1}.</span>
              <span>{nameOf(person)}</span>
              <span className={styles.buttons}>
                {ordered ? (
                  <>
                    <span data-moves="earlier">
                      <Button
                        size="small"
                        variant="secondary"
                        isDisabled={i === 0}
                        aria-label={`Earlier: ${nameOf(person)}`}
                        onPress={() => move(i, i - 1)}
                      >
                        ↑
                      </Button>
                    </span>
                    <span data-moves="later">
                      <Button
                        size="small"
                        variant="secondary"
                        isDisabled={i === people.length - 1}
                        aria-label={`Later: ${nameOf(person)}`}
                        onPress={() => move(i, i + 1)}
                      >
                        ↓
                      </Button>
                    </span>
                  </>
                ) : undefined}
                <span data-moves="away">
                  <Button
                    size="small"
                    variant="secondary"
                    aria-label={`Remove ${nameOf(person)}`}
                    onPress={() => remove(i)}
                  >
                    Remove
                  </Button>
                </span>
              </span>
            </li>
          ))}
        </ol>
      )}
      <div className={styles.row}>
        <Select
          label="Add somebody"
          placeholder="Choose a person"
          search={{ placeholder: 'Name' }}
          options={choices.map(({ ref, displayName }) => ({
            id: ref,
            label: displayName,
          }))}
          selectedKey={chosen ?? null}
          onSelectionChange={key =>
            setChosen(key === null ? undefined : String(key))
          }
        />
        <Button
          variant="secondary"
          isDisabled={!chosen}
          onPress={() => {
            if (chosen) {
              onChange([...people, chosen]);
              setChosen(undefined);
              setTold(`${nameOf(chosen)} is added.`);
              next.current = { row: people.length, button: 'earlier' };
            }
          }}
        >
          Add
        </Button>
      </div>
    </div>
  );
}

function Restrictions(props: {
  layer: LayerFields;
  path: string;
  onEdit: (edits: Edit[]) => void;
}) {
  const { layer, path, onEdit } = props;
  const base = `${path}.rotation.restrictions`;
  return (
    <>
      {layer.restrictions.map((restriction, r) => (
        <fieldset key={r} className={styles.group}>
          <legend>Only at these times</legend>
          <div className={styles.days} role="group" aria-label="Weekdays">
            {DAYS.map((day, d) => (
              <Checkbox
                key={day}
                isSelected={
                  restriction.weekdays.length === 0 ||
                  restriction.weekdays.includes(d + 1)
                }
                onChange={selected => {
                  const all =
                    restriction.weekdays.length === 0
                      ? DAYS.map((_, n) => n + 1)
                      : restriction.weekdays;
                  const days = selected
                    ? [...all, d + 1].sort((a, b) => a - b)
                    : all.filter(one => one !== d + 1);
                  onEdit([
                    {
                      path: `${base}[${r}].weekdays`,
                      value:
                        days.length === 7 || days.length === 0
                          ? undefined
                          : days,
                    },
                  ]);
                }}
              >
                {day}
              </Checkbox>
            ))}
          </div>
          <div className={styles.row}>
            <TextField
              label="From, local time"
              value={restriction.from}
              onChange={value =>
                onEdit([{ path: `${base}[${r}].from`, value }])
              }
            />
            <TextField
              label="To, local time"
              description="At or before the start: the next day"
              value={restriction.to}
              onChange={value => onEdit([{ path: `${base}[${r}].to`, value }])}
            />
            <Button
              variant="secondary"
              onPress={() =>
                keepingPlace(() =>
                  onEdit([
                    layer.restrictions.length === 1
                      ? { path: base, value: undefined }
                      : { path: `${base}[${r}]`, value: undefined },
                  ]),
                )
              }
            >
              Remove these times
            </Button>
          </div>
        </fieldset>
      ))}
      <div className={styles.buttons}>
        <Button
          size="small"
          variant="secondary"
          onPress={() => {
            const fresh = {
              weekdays: [1, 2, 3, 4, 5],
              from: '09:00',
              to: '17:00',
            };
            onEdit([
              layer.restrictions.length === 0
                ? { path: base, value: [fresh] }
                : {
                    path: `${base}[${layer.restrictions.length}]`,
                    value: fresh,
                  },
            ]);
          }}
        >
          Limit to certain times
        </Button>
      </div>
    </>
  );
}

/** A layer of a kind, with what an earlier one of another kind has in common with it. */
function freshLayer(kind: string, from: LayerFields | undefined): object {
  const name = from?.name ? { name: from.name } : {};
  if (kind === 'people') {
    return { ...name, people: from?.people ?? [] };
  }
  if (kind === 'schedule') {
    return { ...name, schedule: from?.schedule ?? '' };
  }
  return {
    ...name,
    rotation: {
      participants: from?.people ?? [],
      start: from?.start || nextMonday(),
      unit: from?.unit || 'week',
      length: from?.length || 1,
    },
  };
}

/** Nine o'clock next Monday, as local time of whatever zone the schedule is in. */
export function nextMonday(today = new Date()): string {
  const day = new Date(
    Date.UTC(today.getFullYear(), today.getMonth(), today.getDate()),
  );
  day.setUTCDate(day.getUTCDate() + ((8 - day.getUTCDay()) % 7 || 7));
  return `${day.toISOString().slice(0, 10)}T09:00`;
}
