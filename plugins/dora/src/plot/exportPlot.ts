/** What of an element's look a picture needs to look the same on its own. */
const LOOK = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linejoin',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
] as const;
/** What XML 1.0 has no place for, in whatever a commit or a service is called: a document with it opens nowhere. */
const NO_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const NAMESPACE = 'http://www.w3.org/2000/svg';
const PADDING = 16;
const TITLE_HEIGHT = 24;
const LINE_HEIGHT = 16;
/** Room for a caption beside a plot from a narrow screen. */
const MINIMUM_WIDTH = 520;

/** A picture that needs nothing but itself. */
export interface PlotPicture {
  svg: string;
  /** In pixels. */
  width: number;
  height: number;
}

/**
 * A plot as an SVG document of its own: looks are written into its elements, and it says what it shows, of what and when.
 *
 * @param plot - as drawn on the page; what is marked `data-only-screen` is left out
 * @param lines - stand below the title
 */
export function plotPicture(
  plot: SVGSVGElement,
  words: { title: string; lines: readonly string[] },
): PlotPicture {
  const box = plot.viewBox.baseVal;
  const [plotWidth, plotHeight] = box
    ? [box.width, box.height]
    : [plot.clientWidth, plot.clientHeight];
  const header =
    PADDING + TITLE_HEIGHT + LINE_HEIGHT * words.lines.length + PADDING / 2;
  const width = Math.max(plotWidth, MINIMUM_WIDTH) + 2 * PADDING;
  const height = header + plotHeight + PADDING;
  const look = getComputedStyle(plot);
  const colour = (token: string, fallback: string) =>
    look.getPropertyValue(token).trim() || fallback;
  const ground = colour('--bui-bg-neutral-1', '#ffffff');
  const text = colour('--bui-fg-primary', '#16211f');
  const subtle = colour('--bui-fg-secondary', '#52605e');

  const document = plot.ownerDocument;
  const picture = document.createElementNS(NAMESPACE, 'svg');
  const add = (name: string, attributes: Record<string, string | number>) => {
    const element = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) {
      element.setAttribute(key, String(value));
    }
    picture.appendChild(element);
    return element;
  };
  picture.setAttribute('width', String(width));
  picture.setAttribute('height', String(height));
  picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
  picture.setAttribute('role', 'img');
  add('title', {}).textContent = [words.title, ...words.lines].join('. ');
  add('rect', { width, height, fill: ground });
  add('text', {
    x: PADDING,
    y: PADDING + 14,
    fill: text,
    'font-family': 'sans-serif',
    'font-size': 16,
    'font-weight': 'bold',
  }).textContent = words.title;
  words.lines.forEach((line, i) => {
    add('text', {
      x: PADDING,
      y: PADDING + TITLE_HEIGHT + LINE_HEIGHT * (i + 1) - 4,
      fill: subtle,
      'font-family': 'sans-serif',
      'font-size': 12,
    }).textContent = line;
  });
  const group = add('g', { transform: `translate(${PADDING} ${header})` });
  for (const child of plot.children) {
    group.appendChild(selfContained(child));
  }
  for (const element of group.querySelectorAll('[data-only-screen]')) {
    element.remove();
  }
  return {
    svg: new XMLSerializer().serializeToString(picture).replace(NO_XML, ''),
    width,
    height,
  };
}

/** A copy whose looks do not depend on any style sheet. */
function selfContained(element: Element): Element {
  const copy = element.cloneNode(true) as Element;
  const originals = [element, ...element.querySelectorAll('*')];
  [copy, ...copy.querySelectorAll('*')].forEach((node, i) => {
    const look = getComputedStyle(originals[i]);
    for (const property of LOOK) {
      const value = look.getPropertyValue(property);
      if (value) {
        node.setAttribute(property, value);
      }
    }
    node.removeAttribute('class');
    node.removeAttribute('style');
    node.removeAttribute('aria-hidden');
  });
  return copy;
}

/**
 * The picture as PNG, drawn twice as large so that it stays sharp in a document.
 *
 * @throws Error when the browser cannot draw it
 */
export async function pictureToPng(picture: PlotPicture): Promise<Blob> {
  const image = new Image();
  // A data address is what the portal's content security policy allows for images.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(
    picture.svg,
  )}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  const scale = 2;
  canvas.width = picture.width * scale;
  canvas.height = picture.height * scale;
  const context = canvas.getContext('2d');
  context?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      blob =>
        blob
          ? resolve(blob)
          : reject(new Error('The browser could not draw the picture')),
      'image/png',
    ),
  );
}

/** Hands the reader a file. */
export function saveBlob(filename: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = filename;
  link.click();
  // The click has only queued the download; the address must outlive this turn.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** `Change lead time` as `change-lead-time`. */
export function fileName(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
