/** The one Trusted Types policy of the page: it lets through addresses of this site's own scripts and nothing else. */

interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(address: string): string },
  ): { createScriptURL(address: string): unknown };
}

function sameOrigin(address: string): string {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin) {
    throw new TypeError("a script from elsewhere");
  }
  return url.href;
}

const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
const policy = factory?.createPolicy("undisc", { createScriptURL: sameOrigin });

/** An address that `new Worker` accepts under `require-trusted-types-for 'script'`. */
export function scriptAddress(address: string): string {
  return (policy === undefined ? sameOrigin(address) : policy.createScriptURL(address)) as string;
}
