export { goldenPathsPlugin as default } from './plugin';
export { goldenPathsAppModule } from './appModule';
export { TemplateNotice } from './templates/TemplateNotice';
