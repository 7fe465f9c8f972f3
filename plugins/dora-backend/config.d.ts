import { HumanDuration } from '@backstage/types';

export interface Config {
  /** Delivery metrics. */
  dora?: {
    /**
     * Environment name → tier, for names that do not say it themselves. Names
     * compare without case. What is not listed is `production` when it looks like
     * it (`prod`, `live`, `production-eu` …), else a tier of its own name.
     */
    environments?: { [name: string]: string };
    /** Environment that release tags count as deployments to. Default `production`. */
    releaseEnvironment?: string;
    /** How long after a deployment an incident may blame it by time alone. Default 24 hours. */
    incidentWindow?: HumanDuration | string;
    /** How long after a deployment a revert or hotfix may blame it. Default 7 days. */
    revertWindow?: HumanDuration | string;
    /**
     * Author names or e-mail addresses of bots, with `*` as wildcard. Their changes
     * are left out of lead time. Default: names that end in `[bot]`.
     */
    bots?: string[];
    /** Directories of monorepos that count for every service in them. */
    sharedPaths?: string[];
    /**
     * Rules of last resort for events that name neither a component of the catalog
     * nor its repository. The first that matches wins; all its patterns must match.
     */
    serviceRules?: Array<{
      /** Glob over the service name or id in the event. */
      name?: string;
      /** Glob over the repository slug in the event. */
      repository?: string;
      /** The component the event belongs to. */
      entityRef: string;
    }>;
    /** How often services, repositories and paths are read from the catalog. Default 30 seconds. */
    catalogRefresh?: HumanDuration | string;
    /** How long what is kept. Without, everything is kept for ever. */
    retention?: {
      /**
       * How long the raw payloads of accepted events are kept. What they were normalised to stays, and with it every number;
       * a source that learns to read more from such events cannot do so for those whose payloads are gone.
       */
      rawPayloads?: HumanDuration | string;
      /**
       * How long deployments, incidents and all that is counted of them are kept. Answers that reach back further say so. Events
       * stay, so numbers within the time that is kept are as they were, and a longer time brings history back.
       */
      facts?: HumanDuration | string;
    };
    /** How long reasons for refused events are kept. Default 30 days. */
    rejectionRetention?: HumanDuration | string;
    /**
     * CDEvents about what the portal learns: deployments and incidents from sources that do not speak
     * CDEvents, and which deployments failures are attributed to. Off unless `publish` or a sink is given.
     */
    outgoing?: {
      /** Publish on the topic `dora.cdevents` of the events service. Default false. */
      publish?: boolean;
      sinks?: Array<{
        /** Names it in answers and logs. Default: the address without credentials and query. */
        id?: string;
        /**
         * Where events are posted as structured CloudEvents.
         *
         * @visibility secret
         */
        url: string;
        /**
         * Headers of every request, such as `authorization`.
         *
         * @deepVisibility secret
         */
        headers?: { [name: string]: string };
        /** Types it takes, with `*` as wildcard. Default: all. */
        types?: string[];
      }>;
      /** CloudEvents source of what is sent, and is ignored when it comes back. Default: `<backend.baseUrl>/api/dora`. */
      source?: string;
      /** What became so longer ago is not told, for it is history that is being brought in. Default 1 day. */
      maxAge?: HumanDuration | string;
      /** How long events, sent or given up, are kept. Default 30 days. */
      retention?: HumanDuration | string;
      /** Attempts per event and target before it is given up, unless the target says that it never takes it. Default 40, over almost six hours. */
      maxAttempts?: number;
    };
    /** Files of delivery history. */
    imports?: {
      /** Largest file after decompression, in bytes. Default 50,000,000. */
      maxBytes?: number;
      /** Most records in a file. Default 200,000. */
      maxRecords?: number;
    };
    /** What people and groups asked to be told. Nobody is told anything they, or their group, did not ask for. */
    notifications?: {
      /** Whether anything is told at all. Default true. */
      enabled?: boolean;
      /** How often it is looked for something to tell. Default 30 seconds. */
      checkInterval?: HumanDuration | string;
      /** Deployments that finished longer ago are no news when they turn out to have failed. Default 2 days. */
      deploymentMaxAge?: HumanDuration | string;
      /** Digests that could not be sent for longer, because nothing ran, are left out. Default 1 day. */
      digestMaxDelay?: HumanDuration | string;
    };
    limits?: {
      /** Largest request body after decompression, in bytes. Default 5,000,000. */
      bodyBytes?: number;
      /** Most events in one batch. Default 10,000. */
      batchEvents?: number;
      /** Longest text in an event, in characters. Default 65,536. */
      fieldLength?: number;
      /** Deepest nesting of an event's data. Default 64. */
      depth?: number;
      /** Events from before this moment are refused. Default 2000-01-01. */
      earliest?: string;
      /** Events further ahead of the clock than this are refused. Default 1 hour. */
      maxFuture?: HumanDuration | string;
    };
  };
}
