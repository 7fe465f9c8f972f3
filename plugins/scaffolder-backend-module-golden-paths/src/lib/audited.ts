import type { AuditorService } from '@backstage/backend-plugin-api';
import type { JsonObject } from '@backstage/types';

/** What a task does to other systems, as the audit log names it. */
export type AuditedAction =
  | 'golden-path-checkout'
  | 'golden-path-connect'
  | 'golden-path-preflight'
  | 'golden-path-propose'
  | 'golden-path-publish'
  | 'golden-path-register'
  | 'golden-path-undo';

/** Runs `work` with an audit event around it that says how it ended. What the auditor cannot record is not done. */
export async function audited<T>(
  auditor: AuditorService,
  eventId: AuditedAction,
  meta: JsonObject,
  work: () => Promise<T>,
): Promise<T> {
  const event = await auditor.createEvent({
    eventId,
    severityLevel: /-(checkout|preflight)$/.test(eventId) ? 'low' : 'medium',
    meta,
  });
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await event.fail({
      error: error instanceof Error ? error : new Error(String(error)),
    });
    throw error;
  }
  await event.success();
  return result;
}
