/**
 * Who is on call, asked of Splunk On-Call.
 *
 * @packageDocumentation
 */
export { oncallModuleSplunk as default } from './module';
export { createSplunkProvider } from './SplunkReader';
