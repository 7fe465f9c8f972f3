import { TEMPLATE_CHANNEL_ANNOTATION } from './draftTemplate';

/** The annotation that names what to use instead of a deprecated template: the entity ref of another one. */
export const TEMPLATE_SUCCESSOR_ANNOTATION = 'pavedroad.dev/successor';

/** The annotation that says on which day (2027-03-31) a deprecated template ends: nothing new is made from it afterwards. */
export const TEMPLATE_ENDS_ANNOTATION = 'pavedroad.dev/ends';

/** Who a template is for, from its authors alone to those who still need it. */
export const TEMPLATE_CHANNELS = [
  'draft',
  'beta',
  'stable',
  'deprecated',
] as const;

export type TemplateChannel = (typeof TEMPLATE_CHANNELS)[number];

/** Where a template is in its life, as its annotations say. */
export type TemplateLifecycle = {
  channel?: TemplateChannel;
  /** Entity ref of what takes its place, such as template:default/typescript-service. */
  successor?: string;
  /** Its last day, as YYYY-MM-DD. */
  ends?: string;
};

/** A day of the calendar, written as ISO 8601 does. */
export function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) &&
    !Number.isNaN(time) &&
    new Date(time).toISOString().startsWith(text)
  );
}

/** Reads the annotations of a template; what is no channel, no template or no day is left out. Pure. */
export function templateLifecycle(entity: {
  metadata: { annotations?: Record<string, string> };
}): TemplateLifecycle {
  const annotations = entity.metadata.annotations ?? {};
  const channel = TEMPLATE_CHANNELS.find(
    known => known === annotations[TEMPLATE_CHANNEL_ANNOTATION],
  );
  const successor = annotations[TEMPLATE_SUCCESSOR_ANNOTATION];
  const ends = annotations[TEMPLATE_ENDS_ANNOTATION];
  return {
    ...(channel ? { channel } : {}),
    ...(successor && /^template:[^/\s]+\/[^/\s]+$/.test(successor)
      ? { successor }
      : {}),
    ...(ends && isDay(ends) ? { ends } : {}),
  };
}
