/**
 * Plays a conversation that stands in a text file against a real listener (we are the client) or a real client (we are the
 * server). What our side says in consecutive lines leaves in one write, so a file shows which commands are pipelined.
 *
 *     # a comment            @ name value     a setting of the test around it
 *     C: EHLO herring        a line that the client sends, CR LF added
 *     S: 250 *               a line that the server sends; on the side that is listened to, * stands for anything
 *     C> octets              without line end      C* 1000 octets    the same, a thousand times
 *     S! closes              that side hangs up
 *     K: …                   what must be true at the end; the test around it says of what
 *
 * Escapes: \r \n \t \0 \xHH \\ and \*.
 */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'

export type Role = 'client' | 'server'

type Said = { readonly kind: 'line' | 'octets'; readonly text: string; readonly octets: Buffer } | { readonly kind: 'closes' }

export type Step = { readonly side: Role; readonly at: number; readonly said: Said }

export type Dialog = {
  readonly settings: ReadonlyMap<string, string>
  readonly steps: readonly Step[]
  /** Patterns of the lines that must be true at the end; `...` stands for any number of lines. */
  readonly facts: readonly string[]
}

/** What a conversation goes over. */
export interface Transport {
  write(octets: Uint8Array): Promise<void>
  /** The next octets; undefined when the other side has closed. */
  read(): Promise<Uint8Array | undefined>
  close(): void
}

export function parseDialog(text: string): Dialog {
  const settings = new Map<string, string>()
  const steps: Step[] = []
  const facts: string[] = []
  for (const [i, line] of text.split('\n').entries()) {
    const at = i + 1
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, who, mark, rest] = /^([@CSK])([:>*!]?) ?(.*)$/.exec(line) ?? []
    assert.ok(who !== undefined && mark !== undefined && rest !== undefined, `line ${at} is no line of a dialog: ${line}`)
    if (who === '@') settings.set(rest.split(' ')[0] ?? '', rest.replace(/^\S+ ?/, ''))
    else if (who === 'K') facts.push(rest)
    else steps.push({ side: who === 'C' ? 'client' : 'server', at, said: saying(mark, rest) })
  }
  return { settings, steps, facts }
}

/** Plays one side, and rejects at the first line of the other that is not as it should be. */
export async function play(dialog: Dialog, role: Role, transport: Transport): Promise<void> {
  const heard = listener(transport)
  const octetwise = dialog.settings.has('octetwise')
  let ours: Buffer[] = []
  const speak = async (): Promise<void> => {
    const octets = Buffer.concat(ours)
    ours = []
    const piece = octetwise ? 1 : octets.length
    for (let at = 0; at < octets.length; at += piece) await transport.write(octets.subarray(at, at + piece))
  }
  for (const { side, at, said } of dialog.steps) {
    if (side !== role) {
      await speak()
      await expect(heard, said, at)
    } else if (said.kind === 'closes') {
      await speak()
      transport.close()
    } else ours.push(said.octets)
  }
  await speak()
  assert.equal(heard.more(), '', 'the other side said more than the dialog has')
}

/** Compares lines with patterns (`*` in a line, `...` for any lines). */
export function matchLines(lines: readonly string[], patterns: readonly string[]): void {
  const source = patterns.map((pattern) => (pattern === '...' ? '(?:.*\n)*' : `${pattern === '' ? '' : wild(pattern)}\n`)).join('')
  const text = lines.map((line) => `${line}\n`).join('')
  assert.ok(new RegExp(`^${source}$`, 'v').test(text), `expected\n${patterns.join('\n')}\nbut it is\n${text}`)
}

export function socketTransport(socket: Socket): Transport {
  socket.setNoDelay(true)
  socket.on('error', () => undefined)
  const chunks: AsyncIterator<Uint8Array> = socket[Symbol.asyncIterator]()
  return {
    write: (octets) => new Promise((done) => (socket.writable ? socket.write(octets, () => done()) : done())),
    async read() {
      try {
        const next = await chunks.next()
        return next.done ? undefined : next.value
      } catch {
        return undefined
      }
    },
    close: () => socket.end(),
  }
}

function saying(mark: string, rest: string): Said {
  if (mark === '!') return { kind: 'closes' }
  if (mark === ':') return { kind: 'line', text: rest, octets: Buffer.concat([unescape(rest), Buffer.from('\r\n')]) }
  if (mark === '>') return { kind: 'octets', text: rest, octets: unescape(rest) }
  const [, count = '0', text = ''] = /^(\d+) (.*)$/.exec(rest) ?? []
  const one = unescape(text)
  return { kind: 'octets', text, octets: Buffer.concat(Array.from({ length: Number(count) }, () => one)) }
}

function unescape(text: string): Buffer {
  const octets = Buffer.from(text, 'utf8').toString('latin1')
  const named: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', 0: '\0' }
  return Buffer.from(
    octets.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, code: string) =>
      code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (named[code] ?? code),
    ),
    'latin1',
  )
}

/** A regular expression for a pattern in which an unescaped * stands for anything within the line. */
function wild(pattern: string): string {
  return pattern
    .split(/(?<!\\)\*/)
    .map((part) => RegExp.escape(unescape(part).toString('utf8')))
    .join('.*')
}

type Listener = {
  line(): Promise<string | undefined>
  octets(count: number): Promise<Buffer>
  /** What was heard and not yet asked for. */
  more(): string
}

function listener(transport: Transport): Listener {
  let buffer = Buffer.alloc(0)
  const hear = async (): Promise<boolean> => {
    const octets = await transport.read()
    if (octets) buffer = Buffer.concat([buffer, octets])
    return octets !== undefined
  }
  const cut = (count: number): Buffer => {
    const piece = buffer.subarray(0, count)
    buffer = buffer.subarray(count)
    return piece
  }
  return {
    async line() {
      while (!buffer.includes(0x0a)) if (!(await hear())) return undefined
      return cut(buffer.indexOf(0x0a) + 1).toString('utf8')
    },
    async octets(count) {
      while (buffer.length < count) if (!(await hear())) break
      return cut(count)
    },
    more: () => buffer.toString('latin1'),
  }
}

async function expect(heard: Listener, said: Said, at: number): Promise<void> {
  if (said.kind === 'octets') {
    const octets = await heard.octets(said.octets.length)
    assert.ok(octets.equals(said.octets), `line ${at}: heard ${JSON.stringify(octets.toString('latin1').slice(0, 200))}`)
    return
  }
  const line = await heard.line()
  if (said.kind === 'closes') {
    assert.equal(line, undefined, `line ${at}: the other side should hang up, but said ${line}`)
    return
  }
  assert.ok(line !== undefined, `line ${at}: the other side hung up instead of saying ${said.text}`)
  assert.ok(
    line.endsWith('\r\n') && new RegExp(`^${wild(said.text)}$`, 'v').test(line.slice(0, -2)),
    `line ${at}: expected ${said.text} but heard ${JSON.stringify(line)}`,
  )
}
