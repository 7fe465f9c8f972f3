import { PORTAL_SOURCE_PREFIX } from '../manual/manualSource';
import { ParsedMember } from './cloudEvents';

/** Refuses events that claim to be the portal's own: what comes from outside cannot be. Pure. */
export function refusePortalSources(member: ParsedMember): ParsedMember {
  return !('rejected' in member) &&
    member.source.toLowerCase().startsWith(PORTAL_SOURCE_PREFIX)
    ? {
        id: member.id,
        source: member.source,
        rejected: `sources beginning with ${PORTAL_SOURCE_PREFIX} are the portal's own`,
      }
    : member;
}
