import { isIP } from 'node:net';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';

/** The request header in which the sign-in page names the chosen person, as a User entity ref. */
export const PERSONA_HEADER = 'x-persona';

/** One person who can be chosen on the sign-in page. */
export interface Persona {
  /** Full User entity ref, for example `user:default/ines.duarte`. */
  userEntityRef: string;
  /** The person's name, for example `Inês Duarte`. */
  name: string;
}

/** What the personas provider needs to know before it dares to sign anyone in. */
export interface PersonasOptions {
  people: Persona[];
}

/**
 * Whether a host name or address can only mean this machine. Accepts what may stand in a `Host` header or in
 * `backend.listen.host`: with or without port, IPv6 with or without brackets.
 */
export function isLoopbackHost(host: string): boolean {
  const bare = host.trim().toLowerCase();
  const bracketed = /^\[([0-9a-f:.]+)\](?::\d+)?$/.exec(bare);
  const name =
    bracketed?.[1] ?? (isIP(bare) === 6 ? bare : bare.replace(/:\d+$/, ''));
  if (name === 'localhost' || name.endsWith('.localhost')) {
    return true;
  }
  return isLoopbackAddress(name);
}

/** Whether an IP address is one of this machine's loopback addresses, including IPv4 mapped into IPv6. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.toLowerCase().replace(/^::ffff:/, '');
  if (isIP(plain) === 4) {
    return plain.startsWith('127.');
  }
  return plain === '::1';
}

/**
 * Reads `auth.providers.personas.<environment>`.
 *
 * Personas let anyone at the keyboard become anyone in the list, so everything that could expose them is a reason to
 * refuse: a missing flag, a back end that listens beyond this machine, an address other machines could use.
 *
 * @throws InputError with one sentence saying what to change.
 */
export function readPersonasOptions(options: {
  provider: Config;
  root: Config;
}): PersonasOptions {
  const { provider, root } = options;
  const environment =
    root.getOptionalString('auth.environment') ?? 'development';
  const config = provider.getOptionalConfig(environment);
  const at = `auth.providers.personas.${environment}`;

  if (
    config?.getOptionalBoolean('dangerouslyAllowSignInWithoutCredentials') !==
    true
  ) {
    throw new InputError(
      `Personas sign people in without credentials and work in evaluation only: set ${at}.dangerouslyAllowSignInWithoutCredentials, or remove auth.providers.personas`,
    );
  }

  const listen = root.getOptional('backend.listen');
  const listenHost =
    typeof listen === 'string'
      ? listen.replace(/:\d+$/, '')
      : root.getOptionalString('backend.listen.host');
  if (!listenHost || !isLoopbackHost(listenHost)) {
    throw new InputError(
      `Personas work on this machine only, but backend.listen.host is '${
        listenHost || 'every interface'
      }': set it to 127.0.0.1, or remove auth.providers.personas`,
    );
  }
  const baseUrl = root.getString('backend.baseUrl');
  if (!isLoopbackHost(new URL(baseUrl).host)) {
    throw new InputError(
      `Personas work on this machine only, but backend.baseUrl is '${baseUrl}': use localhost, or remove auth.providers.personas`,
    );
  }

  const people = config.getConfigArray('people').map(person => {
    const ref = parseEntityRef(person.getString('userEntityRef'), {
      defaultKind: 'user',
      defaultNamespace: 'default',
    });
    if (ref.kind.toLocaleLowerCase('en-US') !== 'user') {
      throw new InputError(
        `${at}.people names ${stringifyEntityRef(ref)}, which is not a User`,
      );
    }
    return {
      userEntityRef: stringifyEntityRef(ref),
      name: person.getString('name'),
    };
  });
  if (people.length === 0) {
    throw new InputError(`${at}.people is empty`);
  }
  return { people };
}

/**
 * The person a request asks to be.
 *
 * @param header - value of the persona header, if there was one
 * @returns the configured person
 * @throws InputError when no person or an unknown one is named
 */
export function choosePersona(
  people: Persona[],
  header: string | undefined,
): Persona {
  const wanted = header?.trim().toLocaleLowerCase('en-US');
  const persona = people.find(person => person.userEntityRef === wanted);
  if (!persona) {
    throw new InputError(
      `Name one of the configured people in the ${PERSONA_HEADER} header`,
    );
  }
  return persona;
}
