export { goldenPathsPlugin as default } from './plugin';
export { goldenPathsAppModule } from './appModule';
