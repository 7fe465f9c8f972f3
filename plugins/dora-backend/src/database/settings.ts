/** Name of the setting that says up to which row of the inbox raw payloads are no longer kept. */
export const DROPPED_TO = 'raw_payloads_dropped_to';
/** The normalising anew that is under way. */
export const REPLAY = 'replay';
/** How many of those were ever begun. */
export const REPLAY_GENERATION = 'replay_generation';

/** Whether the inbox is being normalised anew, as a condition. */
export const IS_REPLAYING = `EXISTS (SELECT FROM setting WHERE name = '${REPLAY}')`;

/**
 * Held shared while facts are derived and exclusively when a normalising anew begins: what is being derived then is written first, and
 * nobody reads events of which half are of the past.
 */
export const DERIVING_LOCK = 712_300_002;

/**
 * Held shared while events are recorded and exclusively while the catalog
 * mapping changes: an event whose marks were computed from the old mapping could
 * otherwise commit after the change was worked off, and stay unseen.
 */
export const MAPPING_LOCK = 712_300_001;
