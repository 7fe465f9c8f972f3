import { ReactNode, useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger } from '@backstage/ui';
import { downloadText, ErrorState } from '@pavedroad/portal-ui';
import { RiDownload2Line } from '@remixicon/react';
import { fileName, pictureToPng, plotPicture, saveBlob } from './exportPlot';
import { usePlotCaption } from './PlotCaption';

type FileKind = 'png' | 'svg' | 'csv';

/** A plot as files, its picture and its numbers: a menu, and what went wrong. */
export function usePlotFiles(options: {
  /** What is plotted: names the files and the picture. */
  title: string;
  /** What else the picture says of itself, below what the view says. */
  lines?: readonly string[];
  /** The picture; drawn now, where it is not on the page. */
  picture: () => SVGSVGElement | null;
  csv: () => string | Promise<string>;
}): { menu: ReactNode; error: ReactNode } {
  const { title } = options;
  const lines = [...usePlotCaption(), ...(options.lines ?? [])];
  const [error, setError] = useState<unknown>();

  const save = async (kind: FileKind) => {
    const name = `${fileName([title, ...lines.slice(0, 1)].join(' '))}.${kind}`;
    try {
      setError(undefined);
      if (kind === 'csv') {
        downloadText(name, 'text/csv', await options.csv());
        return;
      }
      const svg = options.picture();
      if (svg) {
        const picture = plotPicture(svg, { title, lines });
        if (kind === 'svg') {
          downloadText(name, 'image/svg+xml', picture.svg);
        } else {
          saveBlob(name, await pictureToPng(picture));
        }
      }
    } catch (failure) {
      setError(failure);
    }
  };

  return {
    menu: (
      <MenuTrigger>
        <Button
          size="small"
          variant="tertiary"
          iconStart={<RiDownload2Line aria-hidden />}
          aria-label={`Download: ${title}`}
        >
          Download
        </Button>
        <Menu onAction={key => save(key as FileKind)}>
          <MenuItem id="png">Picture (PNG)</MenuItem>
          <MenuItem id="svg">Picture (SVG)</MenuItem>
          <MenuItem id="csv">Numbers (CSV)</MenuItem>
        </Menu>
      </MenuTrigger>
    ),
    error: error ? (
      <ErrorState action="The file could not be made" error={error} />
    ) : undefined,
  };
}
