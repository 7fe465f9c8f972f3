import { BlockList, isIP } from 'node:net';

/** Networks nobody outside of them should make the portal ask: private, loopback, link-local with the metadata addresses, and the like. */
const CLOSED: [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const closed = new BlockList();
for (const [network, prefix] of CLOSED) {
  closed.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4');
}

/** All that is assigned to the open internet in IPv6; the rest holds other ways to write IPv4, and what is to come. */
const assigned = new BlockList();
assigned.addSubnet('2000::', 3, 'ipv6');

/** Whether an IP address is one of the open internet. IPv4 addresses written as IPv6 count as what they are. Pure. */
export function isPublicAddress(address: string): boolean {
  const mapped = ipv4Within(address);
  if (mapped) {
    return isPublicAddress(mapped);
  }
  switch (isIP(address)) {
    case 4:
      return !closed.check(address, 'ipv4');
    case 6:
      return assigned.check(address, 'ipv6') && !closed.check(address, 'ipv6');
    default:
      return false;
  }
}

/** Whether an address is in one of some networks such as `10.1.0.0/16`. Pure. */
export function isWithin(address: string, networks: BlockList): boolean {
  const mapped = ipv4Within(address) ?? address;
  const family = isIP(mapped);
  return family !== 0 && networks.check(mapped, family === 4 ? 'ipv4' : 'ipv6');
}

function ipv4Within(address: string): string | undefined {
  if (isIP(address) !== 6) {
    return undefined;
  }
  const text = address.toLowerCase().split('%')[0];
  const dotted = /^(?:0*:)*:?(?:0*:)*ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    return dotted[1];
  }
  // Written out by the URL parser, which knows all the forms there are.
  const [, high, low] =
    /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(
      new URL(`http://[${text}]`).hostname,
    ) ?? [];
  if (high === undefined) {
    return undefined;
  }
  const [a, b] = [parseInt(high, 16), parseInt(low, 16)];
  return [a >> 8, a % 256, b >> 8, b % 256].join('.');
}
