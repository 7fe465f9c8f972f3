import type MarkdownIt from 'markdown-it';

const START = /^(!!!|\?\?\?\+?)\s+([a-z][a-z0-9_-]*)(?:\s+"([^"]*)")?\s*$/i;

/** Columns by which the content of an admonition is indented. */
const INDENT = 4;

/**
 * Teaches admonitions: `!!! note "Title"` with an indented block below, `???` for one that is folded and `???+` for one that can be
 * folded.
 */
export function admonitions(md: MarkdownIt): void {
  md.block.ruler.before(
    'fence',
    'admonition',
    (state, startLine, endLine, silent) => {
      const from = state.bMarks[startLine] + state.tShift[startLine];
      if (state.sCount[startLine] - state.blkIndent >= INDENT) {
        return false;
      }
      const match = START.exec(state.src.slice(from, state.eMarks[startLine]));
      if (!match) {
        return false;
      }
      if (silent) {
        return true;
      }
      const [, marker, type, given] = match;
      const indent = state.sCount[startLine] + INDENT;
      let last = startLine;
      for (let line = startLine + 1; line < endLine; line += 1) {
        if (!state.isEmpty(line)) {
          if (state.sCount[line] < indent) {
            break;
          }
          last = line;
        }
      }
      const kind = type.toLocaleLowerCase('en-US');
      const title =
        given ?? `${kind[0].toLocaleUpperCase('en-US')}${kind.slice(1)}`;
      const folds = marker !== '!!!';
      const tag = folds ? 'details' : 'div';

      const open = state.push('admonition_open', tag, 1);
      open.block = true;
      open.map = [startLine, last + 1];
      open.attrSet('class', folds ? kind : `admonition ${kind}`);
      if (marker === '???+') {
        open.attrSet('open', 'open');
      }
      if (title) {
        const titleTag = folds ? 'summary' : 'p';
        const titleOpen = state.push('admonition_title_open', titleTag, 1);
        titleOpen.attrSet('class', folds ? '' : 'admonition-title');
        const inline = state.push('inline', '', 0);
        inline.content = title;
        inline.map = [startLine, startLine + 1];
        inline.children = [];
        state.push('admonition_title_close', titleTag, -1);
      }

      const { blkIndent, lineMax, parentType } = state;
      state.parentType = 'blockquote';
      state.blkIndent = indent;
      state.lineMax = last + 1;
      state.md.block.tokenize(state, startLine + 1, last + 1);
      state.blkIndent = blkIndent;
      state.lineMax = lineMax;
      state.parentType = parentType;

      state.push('admonition_close', tag, -1);
      state.line = last + 1;
      return true;
    },
    { alt: ['paragraph', 'reference', 'blockquote', 'list'] },
  );
}
