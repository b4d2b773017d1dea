/** Network namespaces of the bench's own: each lives as long as a process that does nothing, which dies with us. As root. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export type Namespace = {
  readonly pid: number
  /** The command that starts a program inside. */
  readonly enter: (command: readonly string[]) => readonly string[]
  readonly stop: () => Promise<void>
}

/** `settings`: sysctl(8) names below net.ipv4, and their values inside. */
export async function openNamespace(settings: Readonly<Record<string, string | number>>): Promise<Namespace> {
  const orders = Object.entries(settings).map(([name, value]) => `echo '${value}' >/proc/sys/net/ipv4/${name}`)
  const script = ['ip link set lo up', ...orders, 'echo ready', 'exec sleep infinity'].join('\n')
  const holder = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--net', 'sh', '-ec', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await Promise.race([once(holder.stdout, 'data'), ended(holder)])
  const pid = holder.pid ?? 0
  if (holder.exitCode !== null) throw new Error('no network namespace can be made: is this root?')
  return {
    pid,
    enter: (command) => ['nsenter', `--net=/proc/${pid}/ns/net`, ...command],
    async stop() {
      const gone = ended(holder)
      holder.kill('SIGKILL')
      await gone
    },
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
