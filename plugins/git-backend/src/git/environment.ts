import { devNull } from 'node:os';

/**
 * The environment every git process gets: nothing of the machine's or the
 * user's configuration, no hooks, no network, no prompts. What a push brings
 * can therefore not change how the host itself behaves.
 *
 * @param repositoryPath - the only folder git may treat as a repository
 * @param settings - further configuration; a name may repeat
 */
export function gitEnvironment(
  repositoryPath: string,
  settings: [name: string, value: string][] = [],
): NodeJS.ProcessEnv {
  const configuration: [string, string][] = [
    ['safe.directory', repositoryPath],
    ['core.hooksPath', devNull],
    ['core.fsmonitor', 'false'],
    ['core.quotePath', 'false'],
    ['core.protectHFS', 'true'],
    ['core.protectNTFS', 'true'],
    // Refs reach the disk before anybody is told that they moved.
    ['core.fsync', 'committed,reference'],
    // Housekeeping is the maintenance task's, under the repository's lock.
    ['gc.auto', '0'],
    ['receive.autogc', 'false'],
    ['protocol.allow', 'never'],
    ['commit.gpgSign', 'false'],
    ['tag.gpgSign', 'false'],
    ['log.showSignature', 'false'],
    ...settings,
  ];
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: devNull,
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: devNull,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_CONFIG_COUNT: String(configuration.length),
  };
  configuration.forEach(([name, value], index) => {
    environment[`GIT_CONFIG_KEY_${index}`] = name;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return environment;
}
