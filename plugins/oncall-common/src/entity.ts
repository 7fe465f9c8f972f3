/** The `apiVersion` of an on-call schedule entity. */
export const ON_CALL_API_VERSION = 'pavedroad.dev/v1alpha1';

/** The `kind` of an on-call schedule entity. */
export const ON_CALL_SCHEDULE_KIND = 'OnCallSchedule';

/** On a component, system or group: the name or ref of the schedule that answers for it. */
export const ON_CALL_SCHEDULE_ANNOTATION = 'pavedroad.dev/on-call-schedule';

/** On entities of the sample organisation, with the value `true`. */
export const SAMPLE_DATA_ANNOTATION = 'pavedroad.dev/sample-data';

/** From a schedule to a user who may be on call in it. */
export const RELATION_HAS_RESPONDER = 'hasResponder';

/** From a user to a schedule in which they may be on call. */
export const RELATION_RESPONDER_OF = 'responderOf';
