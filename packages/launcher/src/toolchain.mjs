// @ts-check
import fs from 'node:fs';
import path from 'node:path';
import { Problem, problemInPackageManagerOutput } from './problem.mjs';
import { run } from './processes.mjs';
import { throwIfAborted } from './interrupted.mjs';
import {
  dependencyFiles,
  fingerprint,
  frontendFiles,
  isUpToDate,
  writeStamp,
} from './fingerprint.mjs';
import { NODE_VERSION, YARN_VERSION } from './versions.mjs';

/** How messages call the registry when neither the output nor the environment names it. */
const DEFAULT_REGISTRY = 'that npm uses by default';

/** An installation with its cache, and the built screens. */
const SPACE_TO_INSTALL_BYTES = 2.5 * 1024 ** 3;

/**
 * @typedef {object} Toolchain
 * @property {string} node path of the Node that runs the portal
 * @property {string} yarn path of Yarn's script
 * @property {NodeJS.ProcessEnv} env environment in which that Node comes first
 */

/**
 * @typedef {object} Work
 * @property {string} root the checkout
 * @property {import('./progress.mjs').Progress} progress
 * @property {AbortSignal} [signal] aborts a running step
 */

/**
 * Environment for everything the launcher runs: its own Node first on the path, and nothing of npm's, whose settings
 * Yarn and package scripts would misread.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} nodeFolder folder that holds the `node` program
 * @returns {NodeJS.ProcessEnv}
 */
export function toolchainEnv(env, nodeFolder) {
  const kept = Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^npm_/i.test(name) && name !== 'NODE_OPTIONS',
    ),
  );
  const registry = env.npm_config_registry;
  return {
    ...kept,
    // A registry chosen for npm is meant for Yarn too, unless Yarn has been told otherwise.
    ...(registry && !env.YARN_NPM_REGISTRY_SERVER
      ? { YARN_NPM_REGISTRY_SERVER: registry.replace(/\/$/, '') }
      : {}),
    ...(registry?.startsWith('http://')
      ? { YARN_UNSAFE_HTTP_WHITELIST: new URL(registry).hostname }
      : {}),
    YARN_IGNORE_PATH: '1',
    YARN_ENABLE_TELEMETRY: '0',
    PATH: `${nodeFolder}${path.delimiter}${env.PATH ?? ''}`,
  };
}

/**
 * The registry npm will use, for messages.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} output what a package manager printed, which may name the address that failed
 */
export function registryOf(env, output) {
  return (
    output.match(/https?:\/\/[^\s/'"]+/)?.[0] ??
    env.npm_config_registry ??
    DEFAULT_REGISTRY
  );
}

/**
 * Brings Node and Yarn into `.toolchain`, once.
 *
 * The `node` package is fetched as its platform package because its install script would have to run otherwise, and the
 * folder gets a manifest first so that npm does not take the checkout for its project.
 *
 * @param {Work} work
 * @returns {Promise<Toolchain>}
 */
export async function ensureToolchain({ root, progress, signal }) {
  const folder = path.join(root, '.toolchain');
  const platformPackage = `node-${process.platform}-${process.arch}`;
  const modules = path.join(folder, 'node_modules');
  const nodeFolder = path.join(modules, platformPackage, 'bin');
  const toolchain = {
    node: path.join(nodeFolder, 'node'),
    yarn: path.join(modules, '@yarnpkg/cli-dist/bin/yarn.js'),
    env: toolchainEnv(process.env, nodeFolder),
  };
  const wanted = [
    [platformPackage, NODE_VERSION],
    ['@yarnpkg/cli-dist', YARN_VERSION],
  ];
  const present = wanted.every(
    ([name, version]) => installedVersion(modules, name) === version,
  );
  if (present && fs.existsSync(toolchain.node)) {
    return toolchain;
  }
  await progress.step(
    `Install Node ${NODE_VERSION} and Yarn ${YARN_VERSION}`,
    async () => {
      await requireSpace(root, SPACE_TO_INSTALL_BYTES);
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
      const { code, output } = await run(
        'npm',
        [
          'install',
          '--prefix',
          folder,
          '--ignore-scripts',
          '--no-save',
          '--no-package-lock',
          '--no-audit',
          '--no-fund',
          '--workspaces=false',
          '--fetch-retries=1',
          '--fetch-retry-mintimeout=2000',
          // `npm start --silent` would silence the reasons of a failure too.
          '--loglevel=error',
          ...wanted.map(([name, version]) => `${name}@${version}`),
        ],
        { cwd: folder, signal },
      );
      throwIfAborted(signal);
      if (code === 127) {
        throw new Problem(
          'npm was not found: install npm, which comes with Node, then start again.',
        );
      }
      if (code !== 0) {
        throw (
          problemInPackageManagerOutput(
            output,
            registryOf(process.env, output),
          ) ??
          new Problem(
            `Node ${NODE_VERSION} and Yarn ${YARN_VERSION} could not be installed:\n${lastLines(
              output,
            )}`,
          )
        );
      }
    },
  );
  return toolchain;
}

/**
 * @param {string} modules
 * @param {string} name
 * @returns {string | undefined}
 */
function installedVersion(modules, name) {
  try {
    return JSON.parse(
      fs.readFileSync(path.join(modules, name, 'package.json'), 'utf8'),
    ).version;
  } catch {
    return undefined;
  }
}

/**
 * Installs the dependencies exactly as the lockfile says, unless they are already in place.
 *
 * @param {Work & { toolchain: Toolchain }} work
 */
export async function ensureInstalled({ root, progress, toolchain, signal }) {
  const stamp = path.join(root, 'node_modules', '.paved-road-install');
  const wanted = fingerprint(root, dependencyFiles(root), [
    NODE_VERSION,
    YARN_VERSION,
  ]);
  if (isUpToDate(stamp, wanted)) {
    return;
  }
  await progress.step('Install the dependencies', async step => {
    await requireSpace(root, SPACE_TO_INSTALL_BYTES);
    fs.rmSync(stamp, { force: true });
    const { code, output } = await run(
      toolchain.node,
      [toolchain.yarn, 'install', '--immutable'],
      {
        cwd: root,
        env: toolchain.env,
        signal,
        onLine: line => step.detail(line.replace(/^➤\s*/, '')),
      },
    );
    throwIfAborted(signal);
    if (code !== 0) {
      throw (
        problemInPackageManagerOutput(
          output,
          registryOf(process.env, output),
        ) ??
        new Problem(
          `The dependencies could not be installed:\n${lastLines(output)}`,
        )
      );
    }
    writeStamp(stamp, wanted);
  });
}

/**
 * Builds the screens, unless what they are made of is unchanged.
 *
 * @param {Work & { toolchain: Toolchain }} work
 */
export async function ensureFrontendBuilt({
  root,
  progress,
  toolchain,
  signal,
}) {
  const app = path.join(root, 'packages/app');
  const stamp = path.join(app, 'dist', '.paved-road-build');
  const wanted = fingerprint(root, frontendFiles(root), [NODE_VERSION]);
  if (isUpToDate(stamp, wanted)) {
    return;
  }
  await progress.step('Build the screens', async step => {
    const { code, output } = await run(
      toolchain.node,
      [
        path.join(root, 'node_modules/@backstage/cli/bin/backstage-cli'),
        'package',
        'build',
        '--config',
        path.join(root, 'app-config.yaml'),
        '--config',
        path.join(root, 'app-config.evaluation.yaml'),
      ],
      {
        cwd: app,
        env: { ...toolchain.env, NODE_ENV: 'production' },
        signal,
        onLine: line => step.detail(line),
      },
    );
    throwIfAborted(signal);
    if (code !== 0) {
      throw new Problem(
        `The screens could not be built:\n${lastLines(output, 40)}`,
      );
    }
    writeStamp(stamp, wanted);
  });
}

/**
 * @param {string} folder an existing folder
 * @param {number} bytes
 * @throws {Problem} when less than that is free
 */
export async function requireSpace(folder, bytes) {
  const { bavail, bsize } = await fs.promises.statfs(folder);
  const free = bavail * bsize;
  if (free < bytes) {
    throw new Problem(
      `The disk is too full: ${folder} has ${formatBytes(
        free,
      )} left and ${formatBytes(
        bytes,
      )} are needed; free some space, then start again.`,
    );
  }
}

/** @param {number} bytes */
export function formatBytes(bytes) {
  return bytes >= 1024 ** 3
    ? `${(bytes / 1024 ** 3).toFixed(1)} GiB`
    : `${Math.round(bytes / 1024 ** 2)} MiB`;
}

/**
 * @param {string} output
 * @param {number} [count]
 */
function lastLines(output, count = 15) {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}
