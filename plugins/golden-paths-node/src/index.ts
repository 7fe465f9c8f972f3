export * from './answers';
export * from './files';
export * from './problem';
export * from './template';
export * from './render/changeActions';
export * from './render/expressions';
export * from './render/preflight';
export * from './render/renderTemplate';
