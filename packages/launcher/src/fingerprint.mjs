// @ts-check
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** Folders that are made, not written. */
const GENERATED = new Set([
  'node_modules',
  'dist',
  'dist-types',
  'coverage',
  'test-results',
  'e2e-test-report',
]);

/**
 * Files below a folder in a stable order, without generated folders.
 *
 * @param {string} folder
 * @returns {string[]} absolute paths; empty when the folder does not exist
 */
export function listFiles(folder) {
  /** @type {fs.Dirent[]} */
  let entries;
  try {
    entries = fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const full = path.join(folder, entry.name);
      if (entry.isDirectory()) {
        return GENERATED.has(entry.name) ? [] : listFiles(full);
      }
      return entry.isFile() ? [full] : [];
    });
}

/**
 * A hash of the contents of files and of their names relative to the root, so that a fresh clone and a touched file
 * count as unchanged.
 *
 * @param {string} root
 * @param {string[]} files absolute paths; one that does not exist counts as absent
 * @param {string[]} [extra] other facts that matter, such as a version
 * @returns {string}
 */
export function fingerprint(root, files, extra = []) {
  const hash = createHash('sha256');
  for (const fact of extra) {
    hash.update(`fact\0${fact}\0`);
  }
  for (const file of files) {
    if (fs.existsSync(file)) {
      const content = fs.readFileSync(file);
      hash.update(`file\0${path.relative(root, file)}\0${content.length}\0`);
      hash.update(content);
    }
  }
  return hash.digest('hex');
}

/**
 * What the installed dependencies depend on: every manifest, the lockfile and Yarn's settings.
 *
 * @param {string} root
 * @returns {string[]}
 */
export function dependencyFiles(root) {
  return [
    ...['package.json', 'yarn.lock', '.yarnrc.yml'].map(name =>
      path.join(root, name),
    ),
    ...workspaceFolders(root).map(folder => path.join(folder, 'package.json')),
  ];
}

/**
 * What the built screens depend on: the app, every front-end and common package, and what is baked in at build time.
 *
 * @param {string} root
 * @returns {string[]}
 */
export function frontendFiles(root) {
  const folders = workspaceFolders(root).filter(folder =>
    entersFrontend(readRole(folder)),
  );
  return [
    ...['yarn.lock', 'app-config.yaml', 'app-config.evaluation.yaml'].map(
      name => path.join(root, name),
    ),
    ...folders.flatMap(listFiles).filter(file => !isTest(file)),
  ];
}

/**
 * @param {string | undefined} role a package's `backstage.role`
 * @returns {boolean}
 */
export function entersFrontend(role) {
  return (
    role === 'frontend' ||
    role === 'web-library' ||
    role === 'common-library' ||
    (role ?? '').startsWith('frontend-plugin')
  );
}

/** @param {string} file */
function isTest(file) {
  return /\.test\.[a-z]+$|__fixtures__|__snapshots__|\.md$/.test(file);
}

/** @param {string} folder */
function readRole(folder) {
  return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
    .backstage?.role;
}

/**
 * @param {string} root
 * @returns {string[]} absolute paths of all workspaces, sorted
 */
export function workspaceFolders(root) {
  return ['packages', 'plugins'].flatMap(group => {
    const parent = path.join(root, group);
    return fs.existsSync(parent)
      ? fs
          .readdirSync(parent)
          .sort()
          .map(name => path.join(parent, name))
          .filter(folder => fs.existsSync(path.join(folder, 'package.json')))
      : [];
  });
}

/**
 * Whether work stamped in a file is still up to date.
 *
 * @param {string} stampFile
 * @param {string} wanted
 * @returns {boolean}
 */
export function isUpToDate(stampFile, wanted) {
  try {
    return fs.readFileSync(stampFile, 'utf8').trim() === wanted;
  } catch {
    return false;
  }
}

/**
 * @param {string} stampFile
 * @param {string} value
 */
export function writeStamp(stampFile, value) {
  fs.mkdirSync(path.dirname(stampFile), { recursive: true });
  fs.writeFileSync(stampFile, `${value}\n`);
}
