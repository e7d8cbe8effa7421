const BLOCK_BYTES = 16
const ROUNDS = 18

/** Digits of pi, shuffled as RFC 1319 tells: https://www.rfc-editor.org/rfc/rfc1319#section-3.2 */
const SUBSTITUTION = makeSubstitution()

/** MD2 of RFC 1319, which Node's crypto does not have. */
export function md2(message: Uint8Array): Buffer {
  const padding = BLOCK_BYTES - (message.length % BLOCK_BYTES)
  const padded = Buffer.alloc(message.length + padding, padding)
  padded.set(message)
  const state = new Uint8Array(BLOCK_BYTES * 3)
  const checksum = new Uint8Array(BLOCK_BYTES)
  for (let start = 0; start < padded.length; start += BLOCK_BYTES) {
    const block = padded.subarray(start, start + BLOCK_BYTES)
    updateChecksum(checksum, block)
    mix(state, block)
  }
  mix(state, checksum)
  return Buffer.from(state.subarray(0, BLOCK_BYTES))
}

function updateChecksum(checksum: Uint8Array, block: Uint8Array): void {
  let last = at(checksum, BLOCK_BYTES - 1)
  for (const [index, byte] of block.entries()) {
    last = at(checksum, index) ^ at(SUBSTITUTION, byte ^ last)
    checksum[index] = last
  }
}

function mix(state: Uint8Array, block: Uint8Array): void {
  for (const [index, byte] of block.entries()) {
    state[BLOCK_BYTES + index] = byte
    state[2 * BLOCK_BYTES + index] = byte ^ at(state, index)
  }
  let previous = 0
  for (let round = 0; round < ROUNDS; round++) {
    for (let index = 0; index < state.length; index++) {
      previous = at(state, index) ^ at(SUBSTITUTION, previous)
      state[index] = previous
    }
    previous = (previous + round) & 0xff
  }
}

/** Fisher-Yates by the decimal digits of pi: the published way to the table of 256 bytes. */
function makeSubstitution(): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, index) => index)
  const nextDigit = digitsOfPi()
  const random = (bound: number): number => {
    let [value, range] = [nextDigit(), 10]
    if (bound > 10) [value, range] = [value * 10 + nextDigit(), 100]
    if (bound > 100) [value, range] = [value * 10 + nextDigit(), 1000]
    const most = bound * Math.floor(range / bound)
    return value < most ? value % bound : random(bound)
  }
  for (let count = 2; count <= 256; count++) {
    const other = random(count)
    const [one, two] = [at(table, count - 1), at(table, other)]
    table[count - 1] = two
    table[other] = one
  }
  return table
}

/** The digits 3, 1, 4, 1, 5, … by Gibbons' spigot. */
function digitsOfPi(): () => number {
  let [q, r, t, k, m, x] = [1n, 0n, 1n, 1n, 3n, 3n]
  return () => {
    while (4n * q + r - t >= m * t) {
      ;[q, r, t, k, m, x] = [q * k, (2n * q + r) * x, t * x, k + 1n, (q * (7n * k + 2n) + r * x) / (t * x), x + 2n]
    }
    const digit = m
    ;[q, r, m] = [10n * q, 10n * (r - digit * t), (10n * (3n * q + r)) / t - 10n * digit]
    return Number(digit)
  }
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0
}
