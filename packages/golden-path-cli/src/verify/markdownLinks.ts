import { posix } from 'node:path';
import { parse } from 'yaml';
import { type Finding, outcome, type Project, type Verifier } from './types';

/** Anchor a heading gets, as GitHub and MkDocs make them. */
export function slugOf(heading: string): string {
  return heading
    .replace(/[`*_]/g, '')
    .trim()
    .toLocaleLowerCase('en-US')
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .replace(/\s+/g, '-');
}

/** Links of a Markdown text, with their lines; those inside code are left out. */
export function linksOf(text: string): { target: string; line: number }[] {
  let fenced = false;
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*(```|~~~)/.test(line)) {
      fenced = !fenced;
      return [];
    }
    if (fenced) {
      return [];
    }
    const plain = line.replace(/`[^`]*`/g, '');
    return Array.from(
      plain.matchAll(/\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g),
      match => ({ target: match[1], line: index + 1 }),
    );
  });
}

async function linkFindings(
  project: Project,
  file: string,
): Promise<Finding[]> {
  const files = new Set(project.files);
  const findings: Finding[] = [];
  for (const { target, line } of linksOf(await project.read(file))) {
    const where = `${file}:${line}`;
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) {
      if (!URL.canParse(target) || !/^(https?|mailto):/.test(target)) {
        findings.push({ where, message: `${target} is no address` });
      }
      continue;
    }
    const [path, anchor] = target.split('#', 2);
    const resolved = path
      ? posix.normalize(posix.join(posix.dirname(file), path))
      : file;
    if (!files.has(resolved)) {
      findings.push({ where, message: `${target} leads nowhere` });
    } else if (
      anchor &&
      !(await project.read(resolved))
        .split('\n')
        .some(
          l => /^#{1,6} /.test(l) && slugOf(l.slice(l.indexOf(' '))) === anchor,
        )
    ) {
      findings.push({ where, message: `${target} names no heading` });
    }
  }
  return findings;
}

/** Pages of mkdocs.yml's navigation. */
function navigationPages(nav: unknown): string[] {
  if (typeof nav === 'string') {
    return [nav];
  }
  if (Array.isArray(nav)) {
    return nav.flatMap(navigationPages);
  }
  return nav && typeof nav === 'object'
    ? Object.values(nav).flatMap(navigationPages)
    : [];
}

export const markdownLinks: Verifier = {
  id: 'markdown-links',
  title: 'Markdown links and the docs navigation',
  async verify(project) {
    const pages = project.files.filter(f => f.endsWith('.md'));
    if (pages.length === 0) {
      return { status: 'absent' };
    }
    const findings = (
      await Promise.all(pages.map(page => linkFindings(project, page)))
    ).flat();
    if (project.files.includes('mkdocs.yml')) {
      const { docs_dir: folder = 'docs', nav } = parse(
        await project.read('mkdocs.yml'),
      ) as { docs_dir?: string; nav?: unknown };
      const listed = navigationPages(nav).map(page => `${folder}/${page}`);
      for (const page of listed) {
        if (!pages.includes(page)) {
          findings.push({
            where: 'mkdocs.yml',
            message: `${page} is in the navigation and nowhere else`,
          });
        }
      }
      // Without a navigation every page is listed.
      for (const page of pages.filter(p => p.startsWith(`${folder}/`))) {
        if (nav !== undefined && !listed.includes(page)) {
          findings.push({
            where: 'mkdocs.yml',
            message: `${page} is not in the navigation`,
          });
        }
      }
    }
    return outcome(findings);
  },
};
