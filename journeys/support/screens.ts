/** The two screens that every page must be good on. */
export const SCREENS = [
  {
    name: 'on a large light screen',
    use: { viewport: { width: 1400, height: 900 }, colorScheme: 'light' },
  },
  {
    name: 'on a telephone, dark',
    use: { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  },
] as const;
