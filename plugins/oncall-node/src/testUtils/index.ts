/**
 * For tests of providers: the contract all of them keep, and a server to ask.
 *
 * @packageDocumentation
 */
export * from './actingContract';
export * from './contract';
export * from './FakePages';
export * from './FakeServer';
export * from './ProviderStage';
export * from './webhookContract';
