// Runs on a thread of its own, so that it may take the processor for as long as it needs.
export function handler({ picture = 0 }: { picture?: number }) {
  let sum = 0
  for (let index = 0; index < 50_000_000; index++) sum = (sum + index * picture) % 255
  return { status: 'success', data: { picture, brightness: sum } }
}
