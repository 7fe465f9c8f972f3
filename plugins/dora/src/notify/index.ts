export { NotifyControl } from './NotifyControl';
