/**
 * Builds dist/dialpost, one executable: sources and packages → one CommonJS bundle (esbuild) → into a copy of the pinned
 * Node (`node --build-sea`), with the SQLite addon and the mailparser bundle as assets. The addon also lies beside the
 * executable: loaded from there it is file pages that the kernel can drop; from inside it must first be copied to RAM.
 *
 *   node scripts/build.ts [x64|arm64]…     default: the machine's own, dist/dialpost; another one is cross-built: dist/arm64/dialpost
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { build, type Plugin } from 'esbuild'

type Architecture = 'x64' | 'arm64'

const root = join(import.meta.dirname, '..')
const work = join(root, '.cache', 'build')
const runtimeVersion = process.versions.node

/** pino loads thread-stream only for transports in worker threads; we have none. */
const withoutWorkers: Plugin = {
  name: 'without-workers',
  setup(build) {
    build.onResolve({ filter: /^thread-stream$/ }, ({ path }) => ({ path, namespace: 'absent' }))
    build.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'module.exports = undefined' }))
  },
}

/** mailparser is 1.2 MB of source that a quiet box never reads: it stays an asset until somebody asks for it. */
const mailparserFromAsset: Plugin = {
  name: 'mailparser-from-asset',
  setup(build) {
    build.onResolve({ filter: /^mailparser$/ }, ({ path }) => ({ path, namespace: 'asset' }))
    build.onLoad({ filter: /.*/, namespace: 'asset' }, () => ({
      contents: `
        const { getAsset } = require('node:sea')
        const { compileFunction } = require('node:vm')
        compileFunction(getAsset('mailparser.cjs', 'utf8'), ['module', 'exports', 'require'])(module, module.exports, require)`,
    }))
  },
}

const { positionals } = parseArgs({ allowPositionals: true })
mkdirSync(work, { recursive: true })
mkdirSync(join(root, 'dist'), { recursive: true })
await bundle('src/main.ts', 'dialpost.cjs')
await bundle('node_modules/mailparser/index.js', 'mailparser.cjs')
for (const name of positionals.length > 0 ? positionals : [process.arch]) executable(architecture(name))

/** Makes one bundle that needs nothing but Node. */
async function bundle(entry: string, output: string): Promise<void> {
  await build({
    entryPoints: [join(root, entry)],
    outfile: join(work, output),
    bundle: true,
    minify: true,
    keepNames: true,
    platform: 'node',
    format: 'cjs',
    target: 'node26',
    logLevel: 'warning',
    loader: { '.sql': 'text' },
    define: { 'import.meta.main': 'true' },
    plugins: output === 'mailparser.cjs' ? [] : [withoutWorkers, mailparserFromAsset],
  })
}

function executable(arch: Architecture): void {
  const addon = join(root, 'node_modules/better-sqlite3/prebuilds', `linux-${arch}.node`)
  const folder = arch === process.arch ? join(root, 'dist') : join(root, 'dist', arch)
  const output = join(folder, 'dialpost')
  mkdirSync(folder, { recursive: true })
  const recipe = join(work, `sea-${arch}.json`)
  writeFileSync(
    recipe,
    JSON.stringify({
      main: join(work, 'dialpost.cjs'),
      output,
      executable: stripped(arch),
      disableExperimentalSEAWarning: true,
      execArgv: ['--max-semi-space-size=1', '--max-old-space-size=24', '--expose-gc', '--disable-warning=ExperimentalWarning'],
      execArgvExtension: 'none',
      assets: { 'better_sqlite3.node': addon, 'mailparser.cjs': join(work, 'mailparser.cjs') },
    }),
  )
  rmSync(output, { force: true })
  execFileSync(process.execPath, ['--build-sea', recipe], { stdio: ['ignore', 'ignore', 'inherit'] })
  copyFileSync(addon, join(folder, 'better_sqlite3.node'))
  const size = (readFileSync(output).length / 1e6).toFixed(1)
  process.stdout.write(`${relative(root, output)}  ${size} MB\n`)
}

/** The runtime without its symbols, a fifth smaller; as it is where no strip for that architecture is installed. */
function stripped(arch: Architecture): string {
  const whole = runtime(arch)
  const bare = join(work, `node-${runtimeVersion}-${arch}`)
  if (existsSync(bare)) return bare
  const strip = arch === 'x64' ? 'x86_64-linux-gnu-strip' : 'aarch64-linux-gnu-strip'
  for (const tool of arch === process.arch ? [strip, 'strip'] : [strip, 'llvm-strip']) {
    try {
      execFileSync(tool, ['-o', bare, whole], { stdio: 'ignore' })
      return bare
    } catch {
      rmSync(bare, { force: true })
    }
  }
  return whole
}

/** The Node of that architecture: our own devDependency, or the same version of its twin package, fetched once. */
function runtime(arch: Architecture): string {
  if (arch === process.arch) return process.execPath
  const folder = join(root, '.cache', `node-linux-${arch}-${runtimeVersion}`)
  const node = join(folder, 'package', 'bin', 'node')
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true })
    execFileSync('npm', ['pack', '--silent', `node-linux-${arch}@${runtimeVersion}`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    execFileSync('tar', ['-xzf', `node-linux-${arch}-${runtimeVersion}.tgz`, 'package/bin/node'], { cwd: folder })
    rmSync(join(folder, `node-linux-${arch}-${runtimeVersion}.tgz`))
  }
  return node
}

function architecture(name: string): Architecture {
  if (name === 'x64' || name === 'arm64') return name
  throw new Error(`no such architecture: ${name} (x64 or arm64)`)
}
