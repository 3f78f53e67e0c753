import { useEffect, useMemo, useState } from "preact/hooks";
import type { Address } from "../source/frame-source";

/** An address as soon as there is one; undefined before, and for good where it `failed`. Made anew when `of` changes. */
export function useAddress(
  make: () => Address | null,
  of: readonly unknown[],
): { address: string | undefined; failed: boolean } {
  const address = useMemo(make, of);
  const [came, setCame] = useState<{ of: Address | null; address?: string }>({ of: null });
  useEffect(() => {
    if (address === null || typeof address === "string") {
      return;
    }
    let wanted = true;
    address.then(
      (found) => wanted && setCame({ of: address, address: found }),
      () => wanted && setCame({ of: address }),
    );
    return () => {
      wanted = false;
    };
  }, [address]);
  if (address === null || typeof address === "string") {
    return { address: address ?? undefined, failed: address === null };
  }
  const here = came.of === address ? came : null;
  return { address: here?.address, failed: here !== null && here.address === undefined };
}
