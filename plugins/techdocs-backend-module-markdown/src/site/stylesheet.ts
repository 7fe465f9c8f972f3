import { createHash } from 'node:crypto';

/**
 * The look of the pages inside the TechDocs reader. Colours, type sizes and the places of the sidebars come from the reader, which
 * sets the `--md-…` variables from the portal's theme and adds rules of its own after these.
 */
export const STYLESHEET = `*,
*::before,
*::after { box-sizing: border-box; }
body { margin: 0; color: var(--md-default-fg-color); font-family: var(--md-text-font-family, sans-serif); -webkit-font-smoothing: antialiased; }
a { color: inherit; text-decoration: none; }
:focus-visible { outline: 2px solid var(--md-accent-fg-color); outline-offset: 2px; }

.md-toggle { position: absolute; width: 0; height: 0; margin: 0; opacity: 0; pointer-events: none; }
.md-overlay { display: none; }
.md-icon { display: inline-block; }
.md-icon svg { display: block; width: 1.25rem; height: 1.25rem; fill: currentcolor; }
.md-header__button { cursor: pointer; }
.md-clipboard { padding: 0.25rem; border: 0; border-radius: 4px; background: var(--md-code-bg-color); color: var(--md-default-fg-color--light); cursor: pointer; }
.md-clipboard:hover { color: var(--md-accent-fg-color); }
.md-ellipsis { overflow: hidden; text-overflow: ellipsis; overflow-wrap: anywhere; }
.md-main__inner { display: flex; min-height: 60vh; }

.md-sidebar { padding: 0 0 1.5rem; align-self: flex-start; }
.md-sidebar__scrollwrap { overflow-y: auto; scrollbar-width: thin; }
.md-sidebar__inner { padding: 0 0.75rem; }

.md-nav { line-height: 1.4; }
.md-nav__title { display: block; padding: 0.5rem 0.6rem; font-weight: 700; overflow-wrap: anywhere; }
.md-nav__list { margin: 0; padding: 0; list-style: none; }
.md-nav__item { padding: 0; }
.md-nav__link { display: flex; padding: 0.3rem 0.6rem; border-radius: 4px; cursor: pointer; }
.md-nav__link:hover { background: var(--md-accent-fg-color--transparent); }
a.md-nav__link--active { font-weight: 600; }
.md-nav .md-nav { display: none; }
.md-nav__toggle:checked ~ .md-nav { display: block; }
.md-nav .md-nav .md-nav__list { padding-left: 0.75rem; }
.md-nav__item--nested > label { font-weight: 600; }
.md-nav__item--level3 { padding-left: 0.75rem; }
.md-nav__icon { flex: none; }
.md-nav__icon::after { content: ''; display: block; background: currentcolor; -webkit-mask: var(--md-nav-icon--next) center / contain no-repeat; mask: var(--md-nav-icon--next) center / contain no-repeat; }
.md-nav__toggle:checked ~ label > .md-nav__icon { transform: rotate(90deg); }

.md-content { flex: 1; min-width: 0; }
.md-content__inner { padding: 0 1.5rem 1rem; }
.md-content__button { float: right; }

.md-typeset { line-height: 1.6; overflow-wrap: break-word; }
.md-typeset h1 { margin: 0 0 1rem; }
.md-typeset h2 { margin: 2rem 0 0.75rem; }
.md-typeset h3 { margin: 1.5rem 0 0.5rem; }
.md-typeset h4, .md-typeset h5, .md-typeset h6 { margin: 1.25rem 0 0.5rem; }
.md-typeset p, .md-typeset ul, .md-typeset ol, .md-typeset dl, .md-typeset blockquote, .md-typeset .highlight { margin: 0.75rem 0; }
.md-typeset ul, .md-typeset ol { padding-left: 1.5rem; }
.md-typeset li > ul, .md-typeset li > ol, .md-typeset li > p { margin: 0.25rem 0; }
.md-typeset a { color: var(--md-typeset-a-color); text-decoration: underline; text-underline-offset: 2px; }
.md-typeset img { max-width: 100%; height: auto; }
.md-typeset hr { margin: 1.5rem 0; border: 0; }
.md-typeset blockquote { padding: 0 0 0 1rem; }
.md-typeset .headerlink { margin-left: 0.4rem; color: var(--md-default-fg-color--lighter); text-decoration: none; opacity: 0; }
.md-typeset :hover > .headerlink, .md-typeset .headerlink:focus { opacity: 1; }
.md-typeset code { padding: 0.1em 0.3em; border-radius: 3px; background: var(--md-code-bg-color); color: var(--md-code-fg-color); font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.9em; }
.md-typeset pre { position: relative; margin: 0; }
.md-typeset pre > code { display: block; padding: 0.9rem 3rem 0.9rem 1rem; overflow-x: auto; line-height: 1.5; tab-size: 2; }
.md-typeset kbd { padding: 0.1em 0.4em; border: 1px solid var(--md-typeset-kbd-border-color); border-radius: 3px; font-size: 0.85em; }
.md-typeset__scrollwrap { margin: 1rem 0; overflow-x: auto; }
.md-typeset table { border-spacing: 0; }
.md-typeset th, .md-typeset td { min-width: 5rem; padding: 0.45rem 0.8rem; text-align: left; vertical-align: top; font-variant-numeric: tabular-nums; }
.md-typeset td:last-child:not(:first-child) { min-width: 10rem; }
.md-typeset td:last-child:not(:first-child) code { overflow-wrap: anywhere; }
.md-typeset .task-list-item { list-style: none; }
.md-typeset .task-list-item > input, .md-typeset .task-list-item > p > input { margin: 0 0.4rem 0 -1.3rem; }

.md-typeset .admonition, .md-typeset details { margin: 1rem 0; padding: 0 1rem; border: 1px solid var(--md-default-fg-color--lighter); border-left-width: 4px; border-radius: 4px; background: var(--md-admonition-bg-color); color: var(--md-admonition-fg-color); }
.md-typeset .admonition-title, .md-typeset summary { position: relative; margin: 0 -1rem; padding: 0.5rem 1rem; font-weight: 600; }
.md-typeset summary { cursor: pointer; }
.md-typeset .admonition-title::before, .md-typeset summary::before { content: ''; position: absolute; left: 0.8rem; background: currentcolor; -webkit-mask: var(--md-admonition-icon--note) center / contain no-repeat; mask: var(--md-admonition-icon--note) center / contain no-repeat; }
.md-typeset :is(.info, .abstract, .tip) > :first-child::before { -webkit-mask-image: var(--md-admonition-icon--info); mask-image: var(--md-admonition-icon--info); }
.md-typeset .success > :first-child::before { -webkit-mask-image: var(--md-admonition-icon--success); mask-image: var(--md-admonition-icon--success); }
.md-typeset :is(.warning, .caution, .attention) > :first-child::before { -webkit-mask-image: var(--md-admonition-icon--warning); mask-image: var(--md-admonition-icon--warning); }
.md-typeset :is(.danger, .error, .failure, .bug) > :first-child::before { -webkit-mask-image: var(--md-admonition-icon--danger); mask-image: var(--md-admonition-icon--danger); }
.md-typeset :is(.info, .abstract, .note) { border-left-color: #3b82c4; }
.md-typeset :is(.tip, .success) { border-left-color: #2e8b57; }
.md-typeset :is(.warning, .caution, .attention) { border-left-color: #c77700; }
.md-typeset :is(.danger, .error, .failure, .bug) { border-left-color: #c62f3b; }

.md-footer__inner { display: flex; justify-content: space-between; gap: 1rem; }
.md-footer__link { padding: 0.6rem 1rem; }
.md-footer__link--next { margin-left: auto; text-align: right; }
.md-footer__direction { display: block; font-size: 0.8em; color: var(--md-default-fg-color--light); }

@media screen and (max-width: 76.1875em) {
  .md-sidebar--primary { position: fixed; background: var(--md-default-bg-color); transition: transform 0.2s; }
  [data-md-toggle='drawer']:checked ~ .md-overlay { display: block; position: fixed; inset: 0; z-index: 150; background: rgb(0 0 0 / 40%); }
  .md-content__inner { padding: 0 0.5rem 1rem; }
}

@media screen and (min-width: 76.25em) {
  #toggle-sidebar { display: none; }
}

@media print {
  .md-sidebar, .md-footer, .md-header, .headerlink { display: none; }
}
`;

/**
 * Where the stylesheet is, from the root of a site. The reader keeps only stylesheets whose names look like this, and the hash in it
 * keeps browsers from using an old one.
 */
export const STYLESHEET_PATH = `assets/stylesheets/main.${createHash('sha256')
  .update(STYLESHEET)
  .digest('hex')
  .slice(0, 8)}.min.css`;
