import {
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  writeFile,
} from 'node:fs/promises';
import { join, posix } from 'node:path';
import { guardTemplate } from '@pavedroad/plugin-golden-paths-common';
import { Problem } from '../problem';

/** A filter as the engine and the scaffolder both take it. */
export type RecordingFilter = (...values: any[]) => any;

/** Names of rendered files end so, where a step says `templateFileExtension: true`; so do all steps lint lets through. */
const RENDERED = '.njk';

/**
 * Finds what a render needs and is not given. The engine has no strict mode, prints nothing for nothing, and knows only when rendering
 * what an answer holds: so templates are rendered with a filter at each place, which notes those it is given nothing at.
 */
export class MissingAnswers {
  private readonly places: { where: string; expression: string }[] = [];
  private readonly problems = new Set<string>();

  /** Filters that guarded texts use. They answer what they are given. */
  readonly filters: Record<string, RecordingFilter> = {
    asked: (value, place) => {
      if (value === undefined || value === null) {
        const { where, expression } = this.places[Number(place)];
        this.problems.add(
          `${where}: "${expression}" is nothing here; it would be rendered as empty text.`,
        );
      }
      return value;
    },
  };

  /** A text of a step, `where` in the template. */
  guardStep(text: string, where: string): string {
    return this.guarded(text, where, {
      mayBeNothing: true,
      lines: false,
    });
  }

  /** Copies a folder with every rendered file, and every name, guarded. */
  async copyGuarded(
    source: string,
    target: string,
    where: string,
  ): Promise<void> {
    await mkdir(target, { recursive: true });
    for (const name of await readdir(source)) {
      const from = join(source, name);
      const at = posix.join(where, name);
      const to = join(target, this.guarded(name, at, { lines: false }));
      const found = await lstat(from);
      if (found.isDirectory()) {
        await this.copyGuarded(from, to, at);
      } else if (found.isFile() && name.endsWith(RENDERED)) {
        const text = await readFile(from, 'utf8');
        await writeFile(to, this.guarded(text, at, { lines: true }), {
          mode: found.mode,
        });
      } else {
        await copyFile(from, to);
      }
    }
  }

  /** @throws {@link Problem} that lists what was missing since it was asked last */
  refuse(): void {
    const found = Array.from(this.problems);
    this.problems.clear();
    if (found.length > 0) {
      throw new Problem(
        `Answers are missing where the template needs them:\n${found
          .map(problem => `- ${problem}`)
          .join('\n')}`,
      );
    }
  }

  private guarded(
    source: string,
    where: string,
    options: { lines: boolean; mayBeNothing?: boolean },
  ): string {
    const { lines, mayBeNothing } = options;
    const { text, places, unread } = guardTemplate(source, {
      from: this.places.length,
      // Steps compare what was answered; callers without the form leave that out.
      compared: lines,
      mayBeNothing,
    });
    const at = (line: number) => (lines ? `${where}:${line}` : where);
    places.forEach(({ line, expression }) =>
      this.places.push({ where: at(line), expression }),
    );
    unread.forEach(({ line, expression }) =>
      this.problems.add(
        `${at(
          line,
        )}: "${expression.trim()}" cannot be checked for answers that are missing; write it more simply.`,
      ),
    );
    return text;
  }
}
