// Bundles the function into one module and packs it into function.zip, and the local runner beside it: `node ci/bundle.mjs <folder>`.
// The same sources give the same bytes: nothing in the zip has a time or a path of this machine. RELEASE comes from ci/build.sh.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { zipSync } from 'fflate';

const [target] = process.argv.slice(2);
if (!target || !process.env.RELEASE) {
  throw new Error('usage: RELEASE=… node ci/bundle.mjs <folder>');
}

const shared = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  // The runtime of infra/aws/main.tf is newer; the runner also serves laptops.
  target: 'node20',
  outExtension: { '.js': '.mjs' },
  logLevel: 'warning',
  // CommonJS dependencies ask for built-in modules the old way.
  banner: { js: "import { createRequire as createRequireOf } from 'node:module';\nconst require = createRequireOf(import.meta.url);" },
};

const bundled = await build({
  ...shared,
  entryPoints: { index: 'src/index.ts' },
  outdir: target,
  sourcemap: true,
  sourcesContent: false,
  write: false,
});
const files = Object.fromEntries(bundled.outputFiles.map(({ path, contents }) => [path.split('/').pop(), contents]));
files.RELEASE = Buffer.from(`${process.env.RELEASE}\n`);

// Readable by the user Lambda runs it as.
const readable = { os: 3, attrs: (0o100644 << 16) >>> 0 };
const entries = Object.keys(files)
  .sort()
  .map(name => [name, [files[name], readable]]);
writeFileSync(join(target, 'function.zip'), zipSync(Object.fromEntries(entries), { level: 9, mtime: new Date(1980, 0, 1, 0, 0, 0) }));

await build({ ...shared, entryPoints: ['local/runner.ts', 'local/environment.ts'], outdir: target });
console.log(`function.zip: ${entries.length} files, ${readFileSync(join(target, 'function.zip')).length} bytes`);
