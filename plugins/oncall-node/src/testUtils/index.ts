/**
 * For tests of providers: the contract all of them keep, and a server to ask.
 *
 * @packageDocumentation
 */
export * from './actingContract';
export * from './contract';
export * from './FakeServer';
export * from './webhookContract';
