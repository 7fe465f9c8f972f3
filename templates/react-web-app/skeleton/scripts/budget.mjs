// What users have to download, against what was agreed: `node scripts/budget.mjs dist/web budget.json report.json`.
// Exit 0: within the budget. 1: over it, or there is nothing to count.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const [folder, budgetFile, reportFile] = process.argv.slice(2);
const budget = JSON.parse(await readFile(budgetFile, 'utf8'));
const kinds = [
  { name: 'JavaScript', ending: '.js', most: budget.javascriptGzipBytes },
  { name: 'CSS', ending: '.css', most: budget.cssGzipBytes },
];

const files = [];
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && kinds.some(kind => kind.ending === extname(entry.name))) {
    const body = await readFile(join(entry.parentPath, entry.name));
    files.push({ name: entry.name, bytes: body.length, gzipBytes: gzipSync(body, { level: 9 }).length });
  }
}
files.sort((a, b) => b.gzipBytes - a.gzipBytes || a.name.localeCompare(b.name));

const row = (name, bytes, gzip, most, verdict) =>
  console.log([name.padEnd(36), ...[bytes, gzip, most].map(text => String(text).padStart(10)), `  ${verdict}`].join('').trimEnd());
row('bytes', 'plain', 'gzip', 'budget', '');
const sums = kinds.map(kind => {
  const own = files.filter(file => extname(file.name) === kind.ending);
  own.forEach(file => row(file.name, file.bytes, file.gzipBytes, '', ''));
  const gzipBytes = own.reduce((sum, file) => sum + file.gzipBytes, 0);
  const bytes = own.reduce((sum, file) => sum + file.bytes, 0);
  const good = own.length > 0 && Number.isInteger(kind.most) && gzipBytes <= kind.most;
  row(`all ${kind.name}`, bytes, gzipBytes, kind.most, good ? 'ok' : 'OVER BUDGET');
  return { ...kind, bytes, gzipBytes, good };
});
await writeFile(reportFile, `${JSON.stringify({ files, sums }, undefined, 2)}\n`);

for (const sum of sums.filter(({ good }) => !good)) {
  console.error(
    sum.gzipBytes === 0
      ? `The build made no ${sum.name}: nothing was counted.`
      : `${sum.name} is ${sum.gzipBytes - sum.most} bytes over the budget in ${budgetFile}. Load what a page does not need at once with import().`,
  );
  process.exitCode = 1;
}
