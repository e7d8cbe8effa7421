export type X509 = typeof import('@peculiar/x509')

/** Loads @peculiar/x509 when first needed (about 100 ms); the dependency injection inside it wants the metadata functions first. */
export async function loadX509(): Promise<X509> {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}
