import { environmentPaths, environmentSchemas } from './environments';
import { importPaths, importSchemas } from './imports';
import { outgoingPaths } from './outgoing';
import {
  answer,
  answerOrCsv,
  cursorParameter,
  errorResponse,
  formatParameter,
  limitParameter,
  queryParameter,
  scopeParameter,
  text,
} from './parts';
import {
  reportingCredentialPaths,
  reportingCredentialSchemas,
} from './reportingCredentials';
import { subscriptionPaths, subscriptionSchemas } from './subscriptions';

const windowParameters = [
  scopeParameter,
  queryParameter(
    'from',
    text(64),
    'ISO 8601; without an offset local to timeZone. Default: 90 days before `to`.',
  ),
  queryParameter('to', text(64), 'ISO 8601, exclusive. Default: now.'),
  queryParameter(
    'timeZone',
    text(100),
    'IANA time zone of calendar buckets. Default: UTC.',
  ),
  queryParameter(
    'environment',
    text(200),
    'A tier or the name of an environment. Default: production.',
  ),
] as const;

const interval = queryParameter(
  'interval',
  { type: 'string', enum: ['day', 'week', 'month'] },
  'Length of a bucket of the series. Default: week.',
);

const comparisonParameters = [
  queryParameter(
    'compareFrom',
    text(64),
    'Window of comparison. Default: the one of equal length before, or the same one when it is with another scope.',
  ),
  queryParameter('compareTo', text(64)),
  queryParameter(
    'compareEntityRef',
    text(500),
    'Compare with this scope instead of with an earlier window. Deployment frequencies are then compared per service and time observed.',
  ),
] as const;

const deploymentId = {
  name: 'id',
  in: 'path',
  required: true,
  schema: text(200),
} as const;

/** The contract of the plugin. Served, with its real paths, at `/api/dora/openapi.json`. */
export const spec = {
  openapi: '3.0.3',
  info: {
    title: 'Delivery metrics',
    version: '1',
    description:
      'Takes delivery events in, and answers the five delivery metrics and the deployments behind them. Durations are seconds, moments ISO 8601.',
    license: {
      name: 'Apache-2.0',
      url: 'https://www.apache.org/licenses/LICENSE-2.0.html',
    },
  },
  servers: [{ url: '/' }],
  components: {
    securitySchemes: {
      token: {
        type: 'http',
        scheme: 'bearer',
        description: 'A Backstage user token or external access token.',
      },
    },
    schemas: {
      ...subscriptionSchemas,
      ...reportingCredentialSchemas,
      ...environmentSchemas,
      Error: {
        type: 'object',
        required: ['error', 'response'],
        properties: {
          error: {
            type: 'object',
            required: ['name', 'message'],
            properties: {
              name: { type: 'string' },
              message: { type: 'string' },
            },
          },
          request: { type: 'object' },
          response: {
            type: 'object',
            required: ['statusCode'],
            properties: { statusCode: { type: 'integer' } },
          },
        },
      },
      CloudEvent: {
        type: 'object',
        description: 'An event in the JSON format of CloudEvents 1.0.',
        required: ['specversion', 'id', 'source', 'type'],
        properties: {
          specversion: { type: 'string', enum: ['1.0'] },
          id: { type: 'string' },
          source: { type: 'string' },
          type: {
            type: 'string',
            description:
              'A CDEvents type such as dev.cdevents.service.deployed.0.3.0, or dev.pavedroad.git.commits.0.1.0, dev.pavedroad.git.release.0.1.0, dev.pavedroad.source.declared.0.1.0.',
          },
          time: { type: 'string', format: 'date-time' },
          subject: { type: 'string' },
          sampledata: {
            type: 'string',
            description: '"true" marks sample data, wherever it is shown.',
          },
          data: { type: 'object' },
        },
        additionalProperties: true,
      },
      ...importSchemas,
      IngestResponse: {
        type: 'object',
        required: ['results'],
        properties: {
          results: {
            type: 'array',
            description: 'One result per event, in order.',
            items: {
              type: 'object',
              required: ['status'],
              properties: {
                id: { type: 'string' },
                source: { type: 'string' },
                status: {
                  type: 'string',
                  enum: ['accepted', 'duplicate', 'ignored', 'rejected'],
                },
                reason: { type: 'string' },
              },
            },
          },
        },
      },
      Metrics: {
        type: 'object',
        description:
          'The five metrics. Each has a status: ok, insufficient_data (its numbers are given) or no_data (it has none).',
        required: [
          'deploymentFrequency',
          'changeLeadTime',
          'changeFailRate',
          'failedDeploymentRecoveryTime',
          'deploymentReworkRate',
        ],
        properties: {
          deploymentFrequency: {
            type: 'object',
            description:
              'Nothing deployed is 0 and `ok` where deployments are reported, to whatever environment; the note `nothing_deployed_there` says when none ever was to the one asked for. `no_data`: no service of the scope had a deployment before the end of the window, or none of it is kept.',
            required: ['status'],
            properties: {
              status: { $ref: '#/components/schemas/Status' },
              deployments: { type: 'integer' },
              perDay: { type: 'number' },
              medianDeployingDaysPerWeek: { type: 'number' },
              wholeWeeks: { type: 'integer' },
            },
          },
          changeLeadTime: {
            type: 'object',
            required: ['status'],
            properties: {
              status: { $ref: '#/components/schemas/Status' },
              changes: { type: 'integer' },
              deployments: { type: 'integer' },
              p50Seconds: { type: 'number' },
              p75Seconds: { type: 'number' },
              p90Seconds: { type: 'number' },
              p50ConfidenceInterval: {
                $ref: '#/components/schemas/ConfidenceInterval',
              },
              maxRelativeError: { type: 'number' },
              stages: {
                type: 'array',
                items: {
                  type: 'object',
                  required: ['name', 'shareOfTotal'],
                  properties: {
                    name: {
                      type: 'string',
                      enum: [
                        'commit_to_review',
                        'review_to_approval',
                        'approval_to_merge',
                        'merge_to_build',
                        'build_to_deploy',
                      ],
                    },
                    changes: { type: 'integer' },
                    p50Seconds: { type: 'number' },
                    shareOfTotal: { type: 'number' },
                  },
                },
              },
            },
          },
          changeFailRate: { $ref: '#/components/schemas/Rate' },
          failedDeploymentRecoveryTime: {
            type: 'object',
            required: ['status'],
            properties: {
              status: { $ref: '#/components/schemas/Status' },
              recovered: { type: 'integer' },
              unrecovered: { type: 'integer' },
              p50Seconds: { type: 'number' },
              p75Seconds: { type: 'number' },
              p90Seconds: { type: 'number' },
              p50ConfidenceInterval: {
                $ref: '#/components/schemas/ConfidenceInterval',
              },
              maxRelativeError: { type: 'number' },
            },
          },
          deploymentReworkRate: { $ref: '#/components/schemas/Rate' },
        },
      },
      Status: {
        type: 'string',
        enum: ['ok', 'insufficient_data', 'no_data'],
      },
      ConfidenceInterval: {
        type: 'array',
        minItems: 2,
        maxItems: 2,
        items: { type: 'number' },
      },
      Rate: {
        type: 'object',
        required: ['status'],
        properties: {
          status: { $ref: '#/components/schemas/Status' },
          failed: { type: 'integer' },
          rework: { type: 'integer' },
          deployments: { type: 'integer' },
          rate: { type: 'number', minimum: 0, maximum: 1 },
          confidenceInterval: {
            $ref: '#/components/schemas/ConfidenceInterval',
          },
        },
      },
      Window: {
        type: 'object',
        required: ['from', 'to'],
        properties: {
          from: { type: 'string', format: 'date-time' },
          to: { type: 'string', format: 'date-time' },
          timeZone: { type: 'string' },
          interval: { type: 'string', enum: ['day', 'week', 'month'] },
        },
      },
      MetricsResponse: {
        type: 'object',
        required: [
          'scope',
          'window',
          'definition',
          'sampleData',
          'metrics',
          'comparison',
          'series',
          'excluded',
          'dataQuality',
        ],
        properties: {
          scope: {
            type: 'object',
            required: ['services'],
            properties: {
              entityRef: { type: 'string' },
              services: { type: 'integer' },
              withoutDeployments: {
                type: 'integer',
                description:
                  'How many of them no deployment is known of: they are in no figure. Absent when there is none.',
              },
            },
          },
          window: { $ref: '#/components/schemas/Window' },
          definition: {
            type: 'object',
            properties: {
              version: { type: 'integer' },
              environment: { type: 'string' },
            },
          },
          sampleData: { type: 'boolean' },
          metrics: { $ref: '#/components/schemas/Metrics' },
          comparison: {
            type: 'object',
            properties: {
              window: { $ref: '#/components/schemas/Window' },
              scope: {
                type: 'object',
                description: 'Only when the comparison is with another scope.',
                required: ['entityRef', 'services'],
                properties: {
                  entityRef: { type: 'string' },
                  services: { type: 'integer' },
                },
              },
              metrics: { $ref: '#/components/schemas/Metrics' },
              verdicts: {
                type: 'object',
                additionalProperties: {
                  type: 'string',
                  enum: [
                    'changed',
                    'no_evidence_of_change',
                    'insufficient_data',
                  ],
                },
              },
            },
          },
          series: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                from: { type: 'string', format: 'date-time' },
                to: { type: 'string', format: 'date-time' },
                metrics: { $ref: '#/components/schemas/Metrics' },
              },
            },
          },
          excluded: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                reason: { type: 'string' },
                changes: { type: 'integer' },
                deployments: { type: 'integer' },
                incidents: { type: 'integer' },
              },
            },
          },
          dataQuality: {
            type: 'array',
            items: { $ref: '#/components/schemas/DataQualityNote' },
          },
        },
      },
      DataQualityNote: {
        type: 'object',
        required: ['code', 'services'],
        properties: {
          code: {
            type: 'string',
            description:
              'What is missing. `facts_pending`: events of the services are recorded but not yet in the numbers, or all events are being normalised anew after an update; ask again. There are up to three notes with it, each about other services: those of which nobody can tell since when, those that wait for 10 seconds or longer, and the others. `facts_failed`: the facts of the services could not be derived, and the numbers show an earlier state. `beyond_retention`: the window or its comparison reaches back to before facts are kept, which is from `since` on.',
          },
          services: { type: 'array', items: { type: 'string' } },
          count: { type: 'integer' },
          since: {
            type: 'string',
            format: 'date-time',
            description:
              'Of `beyond_retention`: from when facts are kept. Of `facts_pending`: from when events wait; everything of these services that was recorded before is in the numbers. Absent where that cannot be told: while all events are read anew, when older events came to a service by a change of the catalog or of settings, and after its facts could not be derived.',
          },
          waitedSeconds: {
            type: 'integer',
            minimum: 0,
            description:
              'Of `facts_pending` with `since`: how long ago that was when the answer was given. The screens tell of it from 10 on.',
          },
        },
      },
      RowNotes: {
        type: 'array',
        description:
          'Why rows may be missing or about to change: `beyond_retention`, `facts_pending`, `facts_failed`. Absent when nothing is. In lists of deployments and of incidents, `services` are the first 20 and `count` is how many there are. CSV says it in the column `data_quality` and the header `x-data-quality`.',
        items: { $ref: '#/components/schemas/DataQualityNote' },
      },
      LeadTimes: {
        type: 'object',
        required: [
          'scope',
          'window',
          'definition',
          'status',
          'changes',
          'maxRelativeError',
          'buckets',
          'sampleData',
          'dataQuality',
        ],
        properties: {
          scope: { type: 'object' },
          window: { $ref: '#/components/schemas/Window' },
          definition: { type: 'object' },
          status: { $ref: '#/components/schemas/Status' },
          changes: { type: 'integer' },
          p50Seconds: { type: 'number' },
          p75Seconds: { type: 'number' },
          p90Seconds: { type: 'number' },
          maxRelativeError: { type: 'number', minimum: 0, maximum: 0.01 },
          buckets: {
            type: 'array',
            maxItems: 60,
            description:
              'Ascending and without gaps; each bound is the one before times the same factor. `fromSeconds` ≤ lead time < `toSeconds`.',
            items: {
              type: 'object',
              required: ['fromSeconds', 'toSeconds', 'changes'],
              properties: {
                fromSeconds: { type: 'number' },
                toSeconds: { type: 'number' },
                changes: { type: 'integer' },
              },
            },
          },
          sampleData: { type: 'boolean' },
          dataQuality: { type: 'array', items: { type: 'object' } },
        },
      },
      MetricExplanation: {
        type: 'object',
        description: 'Durations are seconds, shares from 0 to 1.',
        required: [
          'metric',
          'title',
          'summary',
          'scope',
          'window',
          'definition',
          'sampleData',
          'status',
          'unit',
          'maxRelativeError',
          'comparison',
          'excluded',
          'dataQuality',
          'rows',
          'link',
        ],
        properties: {
          metric: { type: 'string' },
          title: { type: 'string' },
          summary: { type: 'string' },
          scope: { type: 'object' },
          window: { $ref: '#/components/schemas/Window' },
          definition: {
            type: 'object',
            required: ['version', 'environment', 'text'],
            properties: {
              version: { type: 'integer' },
              environment: { type: 'string' },
              text: { type: 'string' },
            },
          },
          sampleData: { type: 'boolean' },
          status: { $ref: '#/components/schemas/Status' },
          unit: {
            type: 'string',
            enum: ['seconds', 'deployments per day', 'share'],
          },
          value: { type: 'number', description: 'Absent without data.' },
          numerator: { type: 'integer' },
          denominator: { type: 'integer' },
          sample: {
            type: 'object',
            required: ['size', 'of'],
            properties: {
              size: { type: 'integer' },
              of: { type: 'string', enum: ['changes', 'deployments'] },
            },
          },
          confidenceInterval: {
            type: 'object',
            required: ['lower', 'upper', 'level', 'method'],
            properties: {
              lower: { type: 'number' },
              upper: { type: 'number' },
              level: { type: 'number' },
              method: { type: 'string' },
            },
          },
          maxRelativeError: { type: 'number' },
          comparison: {
            type: 'object',
            required: ['window', 'verdict', 'test', 'summary'],
            properties: {
              window: { $ref: '#/components/schemas/Window' },
              verdict: {
                type: 'string',
                enum: ['changed', 'no_evidence_of_change', 'insufficient_data'],
              },
              test: { type: 'string' },
              value: { type: 'number' },
              summary: { type: 'string' },
            },
          },
          excluded: { type: 'array', items: { type: 'object' } },
          dataQuality: { type: 'array', items: { type: 'object' } },
          bottleneck: {
            type: 'object',
            required: ['stage', 'text', 'shareOfTotal'],
            properties: {
              stage: { type: 'string' },
              text: { type: 'string' },
              shareOfTotal: { type: 'number' },
              p50Seconds: { type: 'number' },
            },
          },
          rows: {
            type: 'object',
            required: ['filter', 'items', 'link'],
            properties: {
              filter: {
                type: 'object',
                description: 'Parameters of `/deployments` that give all rows.',
              },
              total: { type: 'integer' },
              items: {
                type: 'array',
                items: { $ref: '#/components/schemas/Deployment' },
              },
              link: { type: 'string' },
            },
          },
          link: { type: 'string' },
        },
      },
      Deployment: {
        type: 'object',
        required: [
          'id',
          'serviceRef',
          'environments',
          'outcome',
          'finishedAt',
          'changes',
          'rework',
          'failureData',
          'origin',
          'labels',
          'sampleData',
        ],
        properties: {
          id: { type: 'string' },
          serviceRef: { type: 'string' },
          environments: { type: 'array', items: { type: 'string' } },
          outcome: {
            type: 'string',
            enum: ['ok', 'failed', 'attempt_failed'],
          },
          kind: { type: 'string', enum: ['change', 'redeploy', 'rollback'] },
          finishedAt: { type: 'string', format: 'date-time' },
          finishedEverywhereAt: { type: 'string', format: 'date-time' },
          revision: { type: 'string' },
          changes: {
            type: 'integer',
            description: '0 also when they cannot be told: see `historyGap`.',
          },
          historyGap: {
            type: 'string',
            description:
              'Why the changes it brought cannot be told. A redeploy that has one brought none all the same.',
          },
          leadTimeP50Seconds: { type: 'number' },
          rework: { type: 'boolean' },
          failureData: { type: 'boolean' },
          recoverySeconds: { type: 'number' },
          origin: { type: 'string', enum: ['event', 'release_tag'] },
          labels: { type: 'array', items: { type: 'string' } },
          url: { type: 'string' },
          source: { type: 'string' },
          sampleData: { type: 'boolean' },
        },
        additionalProperties: true,
      },
      DeploymentDetail: {
        allOf: [
          { $ref: '#/components/schemas/Deployment' },
          {
            type: 'object',
            required: [
              'first',
              'attempts',
              'changeRows',
              'excludedChanges',
              'attributions',
              'permissions',
              'definition',
            ],
            properties: {
              first: { type: 'boolean' },
              reworkReason: {
                type: 'string',
                enum: ['rollback', 'hotfix', 'revert', 'incident_fix'],
              },
              attempts: {
                type: 'array',
                description: 'Members of the rollout.',
                items: {
                  type: 'object',
                  required: ['id', 'environment', 'status'],
                  properties: {
                    id: { type: 'string' },
                    environment: { type: 'string' },
                    finishedAt: { type: 'string', format: 'date-time' },
                    status: {
                      type: 'string',
                      enum: ['succeeded', 'failed', 'unfinished'],
                    },
                    url: { type: 'string' },
                  },
                },
              },
              changeRows: {
                type: 'array',
                maxItems: 500,
                description: 'By commit time.',
                items: { $ref: '#/components/schemas/Change' },
              },
              nextChangesCursor: {
                type: 'string',
                description:
                  'The `cursor` with which `/deployments/{id}/changes` goes on. Absent when there are no more.',
              },
              excludedChanges: {
                type: 'array',
                description:
                  'How many of all its changes are in no lead time, by why; the most frequent first.',
                items: {
                  type: 'object',
                  required: ['reason', 'changes'],
                  properties: {
                    reason: { type: 'string' },
                    changes: { type: 'integer' },
                  },
                },
              },
              attributions: {
                type: 'array',
                items: { $ref: '#/components/schemas/Attribution' },
              },
              previous: { $ref: '#/components/schemas/DeploymentNeighbour' },
              next: { $ref: '#/components/schemas/DeploymentNeighbour' },
              recoveredAt: { type: 'string', format: 'date-time' },
              recoveryClamped: { type: 'boolean' },
              onCall: { type: 'array', items: { type: 'object' } },
              onCallNow: { type: 'array', items: { type: 'object' } },
              permissions: {
                type: 'object',
                required: ['attribute'],
                properties: { attribute: { type: 'boolean' } },
              },
              dataQuality: { $ref: '#/components/schemas/RowNotes' },
              definition: { type: 'object' },
            },
          },
        ],
      },
      Attribution: {
        type: 'object',
        description: 'One answer to which deployment caused a failure.',
        properties: {
          incident: {
            type: 'object',
            description: 'What failed, where it is an incident.',
            properties: {
              environment: {
                type: 'string',
                description:
                  'As the incident names it. Absent where it names none: then it is not known in which member of a rollout it was.',
              },
            },
          },
        },
      },
      DeploymentNeighbour: {
        type: 'object',
        required: ['id', 'finishedAt'],
        properties: {
          id: { type: 'string' },
          finishedAt: { type: 'string', format: 'date-time' },
        },
      },
      DeploymentList: {
        type: 'object',
        required: ['items', 'definition', 'sampleData'],
        properties: {
          items: {
            type: 'array',
            items: { $ref: '#/components/schemas/Deployment' },
          },
          nextCursor: { type: 'string' },
          totalItems: {
            type: 'integer',
            description: 'On the first page, unless something is searched.',
          },
          searchedBackTo: {
            type: 'string',
            format: 'date-time',
            description:
              'How far a search got that found less than a page; it goes on at `nextCursor`.',
          },
          dataQuality: { $ref: '#/components/schemas/RowNotes' },
          definition: { type: 'object' },
          sampleData: { type: 'boolean' },
        },
      },
      Change: {
        type: 'object',
        required: [
          'commit',
          'committedAt',
          'leadSeconds',
          'stages',
          'clamped',
          'bot',
        ],
        properties: {
          commit: { type: 'string' },
          committedAt: { type: 'string', format: 'date-time' },
          leadSeconds: { type: 'number' },
          stages: {
            type: 'array',
            items: {
              type: 'object',
              required: ['name'],
              properties: {
                name: { type: 'string' },
                seconds: {
                  type: 'number',
                  description: 'Absent: not known, and part of the next.',
                },
              },
            },
          },
          clamped: {
            type: 'boolean',
            description:
              'A moment was before the one it follows, as when a commit comes after its pull request was opened, and was moved to that one; or was after the finish of the deployment, as when a pull request is merged after it, and was moved to the finish. Of a commit after the finish, too: that has no stages, and is in no lead time.',
          },
          pullRequest: { type: 'integer' },
          authorName: { type: 'string' },
          subject: { type: 'string' },
          bot: { type: 'boolean' },
          excluded: {
            type: 'string',
            description: 'Why it is in no lead time.',
          },
        },
      },
      ChangeList: {
        type: 'object',
        required: [
          'deployment',
          'items',
          'totalItems',
          'definition',
          'sampleData',
        ],
        properties: {
          deployment: {
            type: 'object',
            required: ['id', 'serviceRef'],
            properties: {
              id: { type: 'string' },
              serviceRef: { type: 'string' },
            },
          },
          items: {
            type: 'array',
            items: { $ref: '#/components/schemas/Change' },
          },
          nextCursor: { type: 'string' },
          totalItems: { type: 'integer' },
          dataQuality: { $ref: '#/components/schemas/RowNotes' },
          definition: { type: 'object' },
          sampleData: { type: 'boolean' },
        },
      },
      ManualAttribution: {
        type: 'object',
        required: ['reason'],
        additionalProperties: false,
        properties: {
          cause: {
            type: 'object',
            required: ['kind', 'id'],
            additionalProperties: false,
            description:
              'What failed. Absent: the report itself is the cause. `id` is an incident id or a deployment id.',
            properties: {
              kind: { type: 'string', enum: ['incident', 'rollback', 'fix'] },
              id: text(500),
            },
          },
          noneToBlame: {
            type: 'boolean',
            description: 'True: no deployment is to blame for the cause.',
          },
          reason: text(2000),
        },
      },
      Correction: {
        type: 'object',
        required: ['serviceRef', 'attributionIds', 'recorded'],
        properties: {
          serviceRef: { type: 'string' },
          attributionIds: { type: 'array', items: { type: 'string' } },
          recorded: {
            type: 'boolean',
            description:
              'False when it was so already: then nothing was recorded.',
          },
          pending: {
            type: 'boolean',
            description:
              'True while all events are normalised anew: it is recorded, and counts when that is done. Otherwise absent: the numbers are right already.',
          },
        },
      },
      Incident: {
        type: 'object',
        required: [
          'id',
          'serviceRef',
          'tier',
          'status',
          'openedAt',
          'reopened',
          'sampleData',
        ],
        properties: {
          id: {
            type: 'string',
            description: 'What an attribution names as its cause.',
          },
          localId: {
            type: 'string',
            description:
              'What its tool calls it, where the id says more than that. Corrections may use it where only one incident of the service is called so.',
          },
          serviceRef: { type: 'string' },
          title: { type: 'string' },
          url: { type: 'string' },
          environment: { type: 'string' },
          tier: { type: 'string' },
          status: { type: 'string', enum: ['open', 'resolved'] },
          openedAt: { type: 'string', format: 'date-time' },
          resolvedAt: { type: 'string', format: 'date-time' },
          durationSeconds: {
            type: 'number',
            description: 'From opening to the last resolution.',
          },
          reopened: { type: 'boolean' },
          attribution: {
            type: 'object',
            description:
              'The live attribution; absent when nothing is known about the cause.',
            required: [
              'attributionId',
              'method',
              'confidence',
              'evidence',
              'author',
              'noneToBlame',
            ],
            properties: {
              attributionId: { type: 'string' },
              method: {
                type: 'string',
                enum: [
                  'explicit',
                  'rollback',
                  'revert_or_hotfix',
                  'revision',
                  'time_proximity',
                ],
              },
              confidence: { type: 'number', minimum: 0, maximum: 1 },
              evidence: { type: 'string' },
              author: {
                type: 'object',
                required: ['kind', 'name'],
                properties: {
                  kind: { type: 'string', enum: ['person', 'event'] },
                  name: { type: 'string' },
                  displayName: { type: 'string' },
                },
              },
              deploymentId: { type: 'string' },
              deploymentFinishedAt: { type: 'string', format: 'date-time' },
              noneToBlame: { type: 'boolean' },
            },
          },
          permissions: {
            type: 'object',
            description:
              'Whether the asker may correct what it is put down to.',
            required: ['attribute'],
            properties: { attribute: { type: 'boolean' } },
          },
          sampleData: { type: 'boolean' },
        },
      },
      OnCallMoment: {
        type: 'object',
        required: ['at', 'coverage', 'levels', 'trail'],
        properties: {
          at: { type: 'string', format: 'date-time' },
          coverage: {
            type: 'string',
            enum: ['full', 'gap', 'none', 'unknown'],
            description: '`unknown`: on-call could not be asked.',
          },
          reason: { type: 'string', description: 'Why it is not `full`.' },
          levels: { type: 'array', items: { type: 'object' } },
          schedule: {
            type: 'object',
            required: ['ref', 'title', 'assumed'],
            properties: {
              ref: { type: 'string' },
              title: { type: 'string' },
              assumed: {
                type: 'boolean',
                description:
                  'The portal knew no schedule so early, and assumes the first that it knows.',
              },
            },
          },
          trail: {
            type: 'array',
            description: 'How the schedule was found, step by step.',
            items: { type: 'object' },
          },
        },
      },
      IncidentDetail: {
        allOf: [
          { $ref: '#/components/schemas/Incident' },
          {
            type: 'object',
            required: ['attributions', 'onCall', 'definition'],
            properties: {
              attributions: {
                type: 'array',
                items: { $ref: '#/components/schemas/Attribution' },
              },
              onCall: {
                type: 'object',
                required: ['opened'],
                properties: {
                  opened: { $ref: '#/components/schemas/OnCallMoment' },
                  resolved: { $ref: '#/components/schemas/OnCallMoment' },
                },
              },
              dataQuality: { $ref: '#/components/schemas/RowNotes' },
              definition: { type: 'object' },
            },
          },
        ],
      },
      IncidentList: {
        type: 'object',
        required: ['items', 'definition', 'sampleData'],
        properties: {
          items: {
            type: 'array',
            items: { $ref: '#/components/schemas/Incident' },
          },
          nextCursor: { type: 'string' },
          totalItems: {
            type: 'integer',
            description: 'Of all pages; on the first page.',
          },
          dataQuality: { $ref: '#/components/schemas/RowNotes' },
          definition: { type: 'object' },
          sampleData: { type: 'boolean' },
        },
      },
    },
  },
  security: [{ token: [] }],
  paths: {
    ...subscriptionPaths,
    ...reportingCredentialPaths,
    '/metrics': {
      get: {
        operationId: 'GetMetrics',
        description:
          'The five delivery metrics of a scope and window. The series as CSV with `format=csv` or `Accept: text/csv`.',
        parameters: [
          ...windowParameters,
          interval,
          ...comparisonParameters,
          formatParameter,
        ],
        responses: {
          200: answerOrCsv('The metrics.', 'MetricsResponse'),
          default: errorResponse,
        },
      },
    },
    '/explain': {
      get: {
        operationId: 'ExplainMetric',
        description:
          'One metric and what it rests on: its definition in words, numerator and denominator or sample, interval, what is left out and why, whether it changed and by which test, the deployments behind it with links into the portal, what is missing in the data, and for lead time the stage that takes longest.',
        parameters: [
          {
            name: 'metric',
            in: 'query',
            required: true,
            allowReserved: true,
            schema: {
              type: 'string',
              enum: [
                'changeLeadTime',
                'deploymentFrequency',
                'changeFailRate',
                'failedDeploymentRecoveryTime',
                'deploymentReworkRate',
              ],
            },
          },
          ...windowParameters,
          ...comparisonParameters,
          queryParameter(
            'rows',
            { type: 'string', pattern: '^([1-9]|[1-4][0-9]|50)$' },
            'How many deployments to list, 1 to 50. Default: 10.',
          ),
        ],
        responses: {
          200: answer('The explanation.', 'MetricExplanation'),
          default: errorResponse,
        },
      },
    },
    '/lead-times': {
      get: {
        operationId: 'GetLeadTimes',
        description:
          'How the lead times of a scope and window are distributed.',
        parameters: [...windowParameters, interval, ...comparisonParameters],
        responses: {
          200: answer('The distribution.', 'LeadTimes'),
          default: errorResponse,
        },
      },
    },
    '/services': {
      get: {
        operationId: 'GetServices',
        description:
          'Each service of a scope with its own metrics over the window, by entity ref. CSV with `format=csv` or `Accept: text/csv`.',
        parameters: [...windowParameters, formatParameter],
        responses: {
          200: {
            description: 'The services.',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['items', 'definition'],
                  properties: {
                    definition: { type: 'object' },
                    dataQuality: { $ref: '#/components/schemas/RowNotes' },
                    items: {
                      type: 'array',
                      items: {
                        type: 'object',
                        required: ['entityRef', 'metrics', 'sampleData'],
                        properties: {
                          entityRef: { type: 'string' },
                          metrics: { $ref: '#/components/schemas/Metrics' },
                          sampleData: { type: 'boolean' },
                        },
                      },
                    },
                  },
                },
              },
              'text/csv': { schema: { type: 'string' } },
            },
          },
          default: errorResponse,
        },
      },
    },
    '/deployments': {
      get: {
        operationId: 'GetDeployments',
        description:
          'The deployments behind a number, newest first. CSV of all of them with `format=csv` or `Accept: text/csv`.',
        parameters: [
          ...windowParameters,
          queryParameter(
            'outcome',
            { type: 'string', enum: ['ok', 'failed'] },
            'By attribution.',
          ),
          queryParameter('kind', {
            type: 'string',
            enum: ['change', 'redeploy', 'rollback'],
          }),
          queryParameter(
            'failureData',
            { type: 'string', enum: ['true', 'false'] },
            'Only deployments of which a failure would be known: those that change fail rate, recovery time and rework rate count.',
          ),
          queryParameter(
            'rework',
            { type: 'string', enum: ['true', 'false'] },
            'Only unplanned repairs and rollbacks. With `failureData`, those that the rework rate counts.',
          ),
          queryParameter(
            'attempts',
            { type: 'string', enum: ['true', 'false'] },
            'Also attempts that never reached the environment; they have no kind, and outcome attempt_failed.',
          ),
          queryParameter(
            'service',
            text(500),
            'Entity ref of one service of the scope: only its deployments.',
          ),
          queryParameter(
            'find',
            text(200),
            'Beginning of a revision or of the commit of a change, part of an artifact, an author or a subject, or the number of a pull request (`#17`). One request looks through a limited number of deployments: `searchedBackTo` says how far it got, and `nextCursor` goes on there.',
          ),
          limitParameter,
          cursorParameter(1000),
          formatParameter,
        ],
        responses: {
          200: answerOrCsv('The deployments.', 'DeploymentList'),
          default: errorResponse,
        },
      },
    },
    '/deployments/{id}': {
      get: {
        operationId: 'GetDeployment',
        description:
          'One deployment: its first 500 changes with stage times (`nextChangesCursor` leads to the others), every attribution of every cause that ever blamed it with provenance, who was on call then and is now, and whether the asker may correct it.',
        parameters: [deploymentId],
        responses: {
          200: answer('The deployment.', 'DeploymentDetail'),
          default: errorResponse,
        },
      },
    },
    '/deployments/{id}/changes': {
      get: {
        operationId: 'GetDeploymentChanges',
        description:
          'What a deployment brought, by commit time, with stage times in seconds. CSV of all of it with `format=csv` or `Accept: text/csv`.',
        parameters: [
          deploymentId,
          limitParameter,
          cursorParameter(1000),
          formatParameter,
        ],
        responses: {
          200: answerOrCsv('The changes.', 'ChangeList'),
          default: errorResponse,
        },
      },
    },
    '/deployments/{id}/failures': {
      post: {
        operationId: 'AttributeFailure',
        description:
          'Blames the deployment for a failure. Answered when every affected number is right. Needs the permission dora.failures.attribute and ownership of the service. Saying the same again, for the same reason, answers 200 and records nothing.',
        parameters: [deploymentId],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: { $ref: '#/components/schemas/ManualAttribution' },
            },
          },
        },
        responses: {
          200: answer('It was so already.', 'Correction'),
          201: answer('The attribution is recorded.', 'Correction'),
          default: errorResponse,
        },
      },
      delete: {
        operationId: 'WithdrawFailure',
        description:
          'Takes back an attribution of the deployment, or every one that people made. A reason is needed for what somebody else said. Taking back again what was taken back changes nothing.',
        parameters: [
          deploymentId,
          queryParameter('attributionId', text(200)),
          queryParameter('reason', text(2000)),
        ],
        responses: {
          200: answer('The attributions that were taken back.', 'Correction'),
          default: errorResponse,
        },
      },
    },
    '/incidents': {
      get: {
        operationId: 'GetIncidents',
        description:
          'Incidents that were opened in the window, latest first, with the deployment that each is put down to and by which method. CSV of all of them with `format=csv` or `Accept: text/csv`.',
        parameters: [
          ...windowParameters,
          queryParameter('status', {
            type: 'string',
            enum: ['open', 'resolved'],
          }),
          queryParameter(
            'attributed',
            { type: 'string', enum: ['true', 'false'] },
            'Only those with a known cause (a deployment, or that none is to blame), or only those without.',
          ),
          limitParameter,
          cursorParameter(4000),
          formatParameter,
        ],
        responses: {
          200: answerOrCsv('The incidents.', 'IncidentList'),
          default: errorResponse,
        },
      },
    },
    '/incidents/detail': {
      get: {
        operationId: 'GetIncident',
        description:
          'One incident of a service: every attribution of it that is stored, and who was on call when it was opened and when it was resolved, with the way that was found. Names that the asker may not see are hidden.',
        parameters: [
          {
            ...queryParameter(
              'serviceRef',
              {
                type: 'string',
                maxLength: 500,
                pattern: '^[^:/\\s]+:[^:/\\s]+/[^:/\\s]+$',
              },
              'Ref of the component that the incident belongs to, in full.',
            ),
            required: true,
          },
          {
            ...queryParameter(
              'id',
              { type: 'string', minLength: 1, maxLength: 4000 },
              'As `/incidents` lists it.',
            ),
            required: true,
          },
        ],
        responses: {
          200: answer('The incident.', 'IncidentDetail'),
          default: errorResponse,
        },
      },
    },
    '/sources': {
      get: {
        operationId: 'GetSources',
        description:
          'The sources of delivery events: what each provides and needs, whether it is set up, and what came in through it.',
        responses: {
          200: {
            description: 'The sources by id. Counts may be 30 seconds old.',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['items'],
                  properties: {
                    items: {
                      type: 'array',
                      items: {
                        type: 'object',
                        required: [
                          'id',
                          'title',
                          'provides',
                          'access',
                          'configured',
                          'last7Days',
                        ],
                        properties: {
                          id: { type: 'string' },
                          title: { type: 'string' },
                          provides: {
                            type: 'array',
                            items: {
                              type: 'string',
                              enum: [
                                'deployments',
                                'commits',
                                'pull_requests',
                                'builds',
                                'incidents',
                              ],
                            },
                          },
                          access: {
                            type: 'array',
                            items: { type: 'string' },
                            description: 'Each access it needs, in words.',
                          },
                          docs: {
                            type: 'string',
                            description: 'Its page below docs/.',
                          },
                          configured: {
                            type: 'boolean',
                            description:
                              'False when it lacks what it needs to receive anything, such as a secret.',
                          },
                          webhookPath: { type: 'string' },
                          lastReceivedAt: {
                            type: 'string',
                            format: 'date-time',
                            description: 'The last receipt in seven days.',
                          },
                          last7Days: {
                            type: 'object',
                            required: ['received', 'rejected'],
                            properties: {
                              received: { type: 'integer' },
                              rejected: { type: 'integer' },
                            },
                          },
                          backfill: {
                            type: 'object',
                            required: [
                              'repositories',
                              'complete',
                              'events',
                              'problems',
                            ],
                            properties: {
                              repositories: { type: 'integer' },
                              complete: { type: 'integer' },
                              events: { type: 'integer' },
                              problems: {
                                type: 'array',
                                items: {
                                  type: 'object',
                                  properties: {
                                    repository: { type: 'string' },
                                    problem: { type: 'string' },
                                  },
                                },
                              },
                            },
                          },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
          default: errorResponse,
        },
      },
    },
    '/unmapped': {
      get: {
        operationId: 'GetUnmapped',
        description:
          'Names in events that lead to no service of the catalog; their events are kept and counted once they do.',
        responses: {
          200: {
            description: 'The names, oldest first.',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['items'],
                  properties: {
                    items: {
                      type: 'array',
                      items: {
                        type: 'object',
                        properties: {
                          hint: { type: 'object' },
                          reason: { type: 'string' },
                          events: { type: 'integer' },
                          firstSeen: { type: 'string', format: 'date-time' },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
          default: errorResponse,
        },
      },
    },
    '/events': {
      post: {
        operationId: 'IngestEvents',
        description:
          'CloudEvents 1.0 over HTTP in structured, batch and binary mode, optionally compressed. One bad event never sinks a batch. Needs a service principal with access to this plugin, or the permission dora.events.ingest.',
        requestBody: {
          required: true,
          content: {
            'application/cloudevents+json': {
              schema: { $ref: '#/components/schemas/CloudEvent' },
            },
            'application/cloudevents-batch+json': {
              schema: {
                type: 'array',
                items: { $ref: '#/components/schemas/CloudEvent' },
              },
            },
            'application/json': {
              schema: {
                type: 'object',
                description: 'Data of an event in binary mode.',
              },
            },
          },
        },
        responses: {
          202: answer('What is accepted is committed.', 'IngestResponse'),
          default: errorResponse,
        },
      },
    },
    ...environmentPaths,
    ...importPaths,
    ...outgoingPaths,
    '/webhooks/{source}': {
      post: {
        operationId: 'ReceiveWebhook',
        description:
          "A provider's webhook. Authenticated by the provider's signature on the body.",
        security: [],
        parameters: [
          {
            name: 'source',
            in: 'path',
            required: true,
            schema: { type: 'string' },
          },
        ],
        requestBody: { content: { '*/*': { schema: {} } } },
        responses: {
          202: answer('What is accepted is committed.', 'IngestResponse'),
          default: errorResponse,
        },
      },
    },
  },
} as const;
