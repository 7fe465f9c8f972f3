/**
 * The portal's colours, one set per theme. Text on any of its grounds reaches a contrast of 4.5 : 1 and controls 3 : 1;
 * `palette.test.ts` computes it. The same values are given to Backstage UI in `tokens.css`.
 */
export interface PortalColours {
  ground: string;
  surface: string;
  border: string;
  text: string;
  textSubtle: string;
  accent: string;
  onAccent: string;
  link: string;
  linkHover: string;
  navGround: string;
  navHover: string;
  navText: string;
  navSelected: string;
  navIndicator: string;
  ok: string;
  warning: string;
  error: string;
  running: string;
  pending: string;
  aborted: string;
}

export const lightColours: PortalColours = {
  ground: '#f4f6f6',
  surface: '#ffffff',
  border: '#d5dcdb',
  text: '#16211f',
  textSubtle: '#52605e',
  accent: '#0f5e57',
  onAccent: '#ffffff',
  link: '#0b5fa5',
  linkHover: '#084a82',
  navGround: '#14302d',
  navHover: '#21453f',
  navText: '#c6d6d3',
  navSelected: '#ffffff',
  navIndicator: '#f0b429',
  ok: '#1b7a43',
  warning: '#8a5a00',
  error: '#b3261e',
  running: '#0b5fa5',
  pending: '#6b5b00',
  aborted: '#5c6665',
};

export const darkColours: PortalColours = {
  ground: '#12191a',
  surface: '#1b2425',
  border: '#3a4747',
  text: '#e9efee',
  textSubtle: '#a9b7b5',
  accent: '#7fd0c4',
  onAccent: '#0b2320',
  link: '#8ec5ff',
  linkHover: '#b5d9ff',
  navGround: '#0d1314',
  navHover: '#243132',
  navText: '#b4c3c1',
  navSelected: '#ffffff',
  navIndicator: '#f0b429',
  ok: '#6fd394',
  warning: '#f2bb5c',
  error: '#ff8f86',
  running: '#8ec5ff',
  pending: '#e3cf5a',
  aborted: '#a9b7b5',
};
