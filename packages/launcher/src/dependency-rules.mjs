// @ts-check
/**
 * Which way packages may depend on each other:
 *
 *     app ──► plugin frontends ──► *-common
 *     backend ──► plugin backends ──► *-node ──► *-common
 *     modules ──► *-node (never the backend they extend)
 *     *-common ──► nothing with I/O
 *
 * Tests and development dependencies are free: a module is tested inside the backend it extends.
 */
import fs from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { listFiles, workspaceFolders } from './fingerprint.mjs';

/** Roles a package of each role may depend on. */
const ALLOWED = {
  frontend: [
    'frontend-plugin',
    'frontend-plugin-module',
    'web-library',
    'common-library',
  ],
  'frontend-plugin': ['web-library', 'common-library'],
  'frontend-plugin-module': ['web-library', 'common-library'],
  'web-library': ['web-library', 'common-library'],
  backend: [
    'backend-plugin',
    'backend-plugin-module',
    'node-library',
    'common-library',
    // Served as files, not imported.
    'frontend',
  ],
  'backend-plugin': ['node-library', 'common-library'],
  'backend-plugin-module': ['node-library', 'common-library'],
  'node-library': ['common-library'],
  'common-library': ['common-library'],
  cli: ['node-library', 'common-library'],
};

/** Packages that do I/O or need a place to run in, which a common package must not bring along. */
const NOT_ISOMORPHIC = [
  /^@backstage\/backend-/,
  /^@backstage\/plugin-.*-(backend|node)(-module-.*)?$/,
  /^@backstage\/(core-|frontend-|plugin-.*-react$|integration-react$|ui$)/,
  /^(express|knex|pg|react|react-dom|winston|undici|node-fetch|cross-fetch|fs-extra|axios|got)$/,
];

/**
 * @typedef {object} PackageFacts
 * @property {string} name
 * @property {string | undefined} role `backstage.role` of its manifest
 * @property {string} folder relative to the checkout
 * @property {string[]} dependencies names in `dependencies` and `peerDependencies`
 * @property {{ file: string, specifier: string }[]} imports of its sources, without tests; `file` relative to its folder
 */

/**
 * @param {PackageFacts[]} packages
 * @returns {string[]} one sentence per violation, sorted
 */
export function findViolations(packages) {
  const byName = new Map(packages.map(item => [item.name, item]));
  return packages
    .flatMap(item => [
      ...roleViolations(item, byName),
      ...moduleViolations(item),
      ...purityViolations(item),
      ...escapeViolations(item),
    ])
    .sort();
}

/**
 * @param {PackageFacts} item
 * @param {Map<string, PackageFacts>} byName
 */
function roleViolations(item, byName) {
  const allowed =
    /** @type {Record<string, string[]>} */ (ALLOWED)[item.role ?? 'cli'] ?? [];
  return used(item).flatMap(({ name, where }) => {
    const target = byName.get(name);
    if (!target || target === item || allowed.includes(target.role ?? 'cli')) {
      return [];
    }
    return [
      `${where}: ${item.name} (${item.role}) must not depend on ${name} (${target.role})`,
    ];
  });
}

/**
 * A module reaches the backend it extends through that backend's `-node` package, wherever the backend comes from.
 *
 * @param {PackageFacts} item
 */
function moduleViolations(item) {
  const extended = packageOf(item.name).match(
    /(plugin-.+-backend)-module-/,
  )?.[1];
  return used(item).flatMap(({ name, where }) =>
    extended !== undefined && name.split('/').pop() === extended
      ? [`${where}: ${item.name} must not depend on ${name}, which it extends`]
      : [],
  );
}

/** @param {PackageFacts} item */
function purityViolations(item) {
  if (item.role !== 'common-library') {
    return [];
  }
  return used(item).flatMap(({ name, where }) =>
    isBuiltin(name) || NOT_ISOMORPHIC.some(pattern => pattern.test(name))
      ? [`${where}: ${item.name} is pure and must not depend on ${name}`]
      : [],
  );
}

/**
 * Imports by path that leave the package.
 *
 * @param {PackageFacts} item
 */
function escapeViolations(item) {
  return item.imports.flatMap(({ file, specifier }) => {
    const target = path.posix.join(path.posix.dirname(file), specifier);
    return specifier.startsWith('.') && target.startsWith('..')
      ? [
          `${item.folder}/${file}: ${item.name} reaches out of its folder with ${specifier}`,
        ]
      : [];
  });
}

/**
 * What a package names in its manifest and imports in its sources.
 *
 * @param {PackageFacts} item
 * @returns {{ name: string, where: string }[]}
 */
function used(item) {
  return [
    ...item.dependencies.map(name => ({
      name,
      where: `${item.folder}/package.json`,
    })),
    ...item.imports
      .filter(({ specifier }) => !specifier.startsWith('.'))
      .map(({ file, specifier }) => ({
        name: packageOf(specifier),
        where: `${item.folder}/${file}`,
      })),
  ];
}

/**
 * @param {string} specifier
 * @returns {string} the package an import comes from
 */
export function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** @param {string} name */
function isBuiltin(name) {
  return name.startsWith('node:') || builtinModules.includes(name);
}

/**
 * The modules a source file imports, whichever way it says so.
 *
 * @param {string} source
 * @returns {string[]}
 */
export function importsOf(source) {
  const patterns = [
    /^\s*(?:import|export)\b[^'"();]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /\b(?:import|require|require\.resolve)\s*\(\s*['"]([^'"]+)['"]/g,
  ];
  return patterns.flatMap(pattern =>
    [...source.matchAll(pattern)].map(match => match[1]),
  );
}

/**
 * @param {string} root the checkout
 * @returns {PackageFacts[]}
 */
export function readPackages(root) {
  return workspaceFolders(root).map(folder => {
    const manifest = JSON.parse(
      fs.readFileSync(path.join(folder, 'package.json'), 'utf8'),
    );
    const sources = listFiles(path.join(folder, 'src')).filter(
      file =>
        /\.[cm]?[jt]sx?$/.test(file) &&
        !/\.test\.|setupTests|__fixtures__|__testUtils__|\/testing?\//.test(
          file,
        ),
    );
    return {
      name: manifest.name,
      role: manifest.backstage?.role,
      folder: path.relative(root, folder),
      dependencies: Object.keys({
        ...manifest.dependencies,
        ...manifest.peerDependencies,
      }),
      imports: sources.flatMap(file =>
        importsOf(fs.readFileSync(file, 'utf8')).map(specifier => ({
          file: path.relative(folder, file),
          specifier,
        })),
      ),
    };
  });
}
