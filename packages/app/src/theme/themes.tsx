import { ThemeBlueprint } from '@backstage/plugin-app-react';
import {
  createUnifiedTheme,
  genPageTheme,
  palettes,
  UnifiedTheme,
  UnifiedThemeProvider,
} from '@backstage/theme';
import { StylesProvider } from '@material-ui/core/styles';
import { RiMoonLine, RiSunLine } from '@remixicon/react';
import { type ReactNode, useMemo } from 'react';
import { darkColours, lightColours, PortalColours } from './palette';
import { useThemeMode } from './useThemeMode';

function createPortalTheme(
  mode: 'light' | 'dark',
  colours: PortalColours,
): UnifiedTheme {
  const flatHeader = genPageTheme({
    colors: [colours.surface, colours.surface],
    shape: 'none',
    options: { fontColor: colours.text },
  });
  return createUnifiedTheme({
    palette: {
      ...palettes[mode],
      background: { default: colours.ground, paper: colours.surface },
      primary: { main: colours.accent, contrastText: colours.onAccent },
      secondary: { main: colours.accent, contrastText: colours.onAccent },
      error: { main: colours.error },
      text: { primary: colours.text, secondary: colours.textSubtle },
      divider: colours.border,
      border: colours.border,
      textContrast: colours.text,
      textSubtle: colours.textSubtle,
      link: colours.link,
      linkHover: colours.linkHover,
      status: {
        ok: colours.ok,
        warning: colours.warning,
        error: colours.error,
        running: colours.running,
        pending: colours.pending,
        aborted: colours.aborted,
      },
      navigation: {
        background: colours.navGround,
        color: colours.navText,
        selectedColor: colours.navSelected,
        indicator: colours.navIndicator,
        navItem: { hoverBackground: colours.navHover },
        submenu: { background: colours.navHover },
      },
      tabbar: { indicator: colours.accent },
    },
    fontFamily: 'system-ui, sans-serif',
    defaultPageTheme: 'home',
    pageTheme: Object.fromEntries(
      [
        'home',
        'documentation',
        'tool',
        'service',
        'website',
        'library',
        'other',
        'app',
        'apis',
        'card',
      ].map(name => [name, flatHeader]),
    ),
    components: {
      // Words stay whole: a narrow column makes a row taller, it does not break names.
      MuiTableCell: {
        styleOverrides: {
          root: { wordBreak: 'normal', overflowWrap: 'break-word' },
          head: { wordBreak: 'normal' },
          // Close enough for the catalog's eight columns on a laptop; the stock spacing pushes the last one out of sight.
          sizeSmall: { padding: '6px 8px' },
        },
      },
      // The steps of a task, whose labels are buttons, and not those of a form: a template has three dozen, of which a strip shows the
      // first thirteen. As a grid of rows all are in sight, and the one that runs with them.
      MuiStepper: {
        styleOverrides: {
          alternativeLabel: {
            '&:has(.MuiStepButton-root)': {
              display: 'grid',
              gap: '4px 16px',
              gridTemplateColumns: 'repeat(auto-fill, minmax(132px, 1fr))',
              padding: '8px',
              '& .MuiStep-root': { padding: 0 },
              '& .MuiStepConnector-root': { display: 'none' },
              '& .MuiStepButton-root': {
                justifyContent: 'flex-start',
                margin: 0,
                padding: '4px',
              },
              '& .MuiStepLabel-root': {
                alignItems: 'flex-start',
                flexDirection: 'row',
                gap: '8px',
              },
              '& .MuiStepLabel-label': { margin: 0, textAlign: 'start' },
            },
          },
        },
      },
      // Answers on the page Review: a long question takes another line instead of pushing its answer off a telephone.
      BackstageMetadataTableTitleCell: {
        styleOverrides: { root: { whiteSpace: 'normal' } },
      },
      BackstageMetadataTableCell: {
        styleOverrides: { root: { overflowWrap: 'anywhere' } },
      },
      // Stock pages show progress without a name: somebody who does not see it hears what it is.
      MuiCircularProgress: { defaultProps: { 'aria-label': 'Progress' } },
      MuiLinearProgress: { defaultProps: { 'aria-label': 'Progress' } },
      BackstageTableHeader: {
        styleOverrides: { header: { padding: '8px' } },
      },
      BackstageHeader: {
        styleOverrides: {
          header: {
            boxShadow: 'none',
            borderBottom: `1px solid ${colours.border}`,
          },
        },
      },
    },
  });
}

const portalThemes = {
  light: createPortalTheme('light', lightColours),
  dark: createPortalTheme('dark', darkColours),
};

// The names replace the stock themes. With nothing chosen in the settings, the app follows the system's preference.
export const lightThemeExtension = ThemeBlueprint.make({
  name: 'light',
  params: {
    theme: {
      id: 'light',
      title: 'Light',
      variant: 'light',
      icon: <RiSunLine size={20} aria-hidden />,
      Provider: PortalThemeProvider,
    },
  },
});

export const darkThemeExtension = ThemeBlueprint.make({
  name: 'dark',
  params: {
    theme: {
      id: 'dark',
      title: 'Dark',
      variant: 'dark',
      icon: <RiMoonLine size={20} aria-hidden />,
      Provider: PortalThemeProvider,
    },
  },
});

/**
 * Both themes. A provider of its own for each would have the whole page made anew when the system turns dark in the evening, and a form that is
 * half filled in would be empty.
 */
function PortalThemeProvider(props: { children?: ReactNode }) {
  const mode = useThemeMode();
  // Material UI 4 counts who uses a style sheet while it renders, and never counts off what React throws away because part of a page is not there
  // yet. A sheet of the night would stay so, and rule over that of the day. Counted anew for each turn, the sheets of now come last.
  const sheetsManager = useMemo(() => ({ mode, sheets: new Map() }), [mode]);
  return (
    <StylesProvider sheetsManager={sheetsManager.sheets}>
      <UnifiedThemeProvider theme={portalThemes[mode]} themeName="pavedroad">
        {props.children}
      </UnifiedThemeProvider>
    </StylesProvider>
  );
}
