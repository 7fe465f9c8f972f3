import { DeliveryEventSource } from '@pavedroad/plugin-dora-node';
import { isJenkinsEvent, normaliseRun } from './runs';
import { JenkinsOptions } from './options';
import { jenkinsWebhook } from './webhook';

/**
 * Jenkins through its CDEvents plugin: at its webhook, or as plain CDEvents at
 * the common route, where it knows its own by what they carry.
 */
export function createJenkinsSource(
  options: JenkinsOptions,
): DeliveryEventSource {
  const { deployments, builds, parameters } = options;
  const readRun = normaliseRun({ deployments, builds, parameters });
  return {
    id: 'jenkins',
    normaliserVersion: 1,
    settings: JSON.stringify([deployments, builds, parameters]),
    description: {
      title: 'Jenkins',
      provides: ['deployments', 'builds'],
      access: [
        'The CDEvents plugin in Jenkins, with the HTTP sink set to this portal’s /api/dora/webhooks/jenkins and the password of dora.jenkins.token in its address',
        'Entries in dora.jenkins.deployments, or parameters of the jobs, that say which jobs deploy what to where',
      ],
      docs: 'sources/jenkins.md',
    },
    configured: options.token !== undefined,
    // What its events share with all CDEvents is for the source of those.
    understands: () => false,
    claims: isJenkinsEvent,
    normalise: readRun,
    webhook: jenkinsWebhook(options),
  };
}
