import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';

/** A job that deploys; texts may hold `{…}` that the run fills in. */
export interface DeploymentRule {
  job: string;
  service?: string;
  environment?: string;
  revision?: string;
  artifact?: string;
  rollback?: boolean;
}

/** A job that builds an artifact. */
export interface BuildRule {
  job: string;
  artifact?: string;
}

/** Which build parameters tell about a deployment. */
export interface ParameterNames {
  service: string;
  environment: string;
  revision: string;
  artifact: string;
  rollback: string;
}

/** Settings of the source, see `config.d.ts`. */
export interface JenkinsOptions {
  token?: string;
  username?: string;
  deployments: DeploymentRule[];
  builds: BuildRule[];
  parameters: ParameterNames;
}

const DEFAULT_PARAMETERS: ParameterNames = {
  service: 'DORA_SERVICE',
  environment: 'DORA_ENVIRONMENT',
  revision: 'DORA_REVISION',
  artifact: 'DORA_ARTIFACT',
  rollback: 'DORA_ROLLBACK',
};

/** A pattern that must match the whole name of a job. */
export function jobPattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

/** Reads `dora.jenkins`. @throws InputError for a pattern that is no regular expression */
export function readJenkinsOptions(rootConfig: Config): JenkinsOptions {
  const config = rootConfig.getOptionalConfig('dora.jenkins');
  const checkedJob = (key: string, entry: Config): string => {
    const job = entry.getString('job');
    try {
      jobPattern(job);
    } catch (error) {
      throw new InputError(
        `dora.jenkins.${key}: ${job} is not a regular expression`,
        error,
      );
    }
    return job;
  };
  const parameters = config?.getOptionalConfig('parameters');
  const parameter = (name: keyof ParameterNames) =>
    parameters?.getOptionalString(name) ?? DEFAULT_PARAMETERS[name];
  return {
    token: config?.getOptionalString('token'),
    username: config?.getOptionalString('username'),
    deployments:
      config?.getOptionalConfigArray('deployments')?.map(entry => ({
        job: checkedJob('deployments', entry),
        service: entry.getOptionalString('service'),
        environment: entry.getOptionalString('environment'),
        revision: entry.getOptionalString('revision'),
        artifact: entry.getOptionalString('artifact'),
        rollback: entry.getOptionalBoolean('rollback'),
      })) ?? [],
    builds:
      config?.getOptionalConfigArray('builds')?.map(entry => ({
        job: checkedJob('builds', entry),
        artifact: entry.getOptionalString('artifact'),
      })) ?? [],
    parameters: {
      service: parameter('service'),
      environment: parameter('environment'),
      revision: parameter('revision'),
      artifact: parameter('artifact'),
      rollback: parameter('rollback'),
    },
  };
}
