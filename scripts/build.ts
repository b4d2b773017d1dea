/**
 * Builds dist/dialpost, one executable: sources and packages → one CommonJS bundle (esbuild) → a snapshot of the heap that
 * loading it leaves (`node --build-snapshot`), so that a start reads it back instead of compiling and running half a megabyte
 * of code → into a copy of the pinned Node (`node --build-sea`), with the native addons and the bundles of what is seldom needed as assets.
 * The addons also lie beside the executable: loaded from there they are file pages that the kernel can drop; from inside they must
 * first be copied to RAM. Only a processor of its own kind makes a snapshot: what is cross-built carries the bundle instead.
 *
 *   node scripts/build.ts [x64|arm64]…     default: the machine's own, dist/dialpost; another one is cross-built: dist/arm64/dialpost
 */
import { execFileSync } from 'node:child_process'
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { build, type Plugin } from 'esbuild'
import { withoutBallast } from './ballast.ts'
import { makeSnapshot } from './snapshot.ts'

type Architecture = 'x64' | 'arm64'

const root = join(import.meta.dirname, '..')
const work = join(root, '.cache', 'build')
const runtimeVersion = process.versions.node

/**
 * Small generations, and collecting done at once by the one thread: what is freed is free. Sparkplug's code is large, and what
 * runs often is optimised anyway.
 */
const flags = [
  '--max-semi-space-size=1',
  '--max-old-space-size=24',
  '--single-threaded-gc',
  '--no-sparkplug',
  '--expose-gc',
  '--disable-warning=ExperimentalWarning',
]

/** Node itself loads these when it first listens and first asks the time; the snapshot has them ready. */
const early = `for (const name of ['cluster', 'perf_hooks']) process.getBuiltinModule('node:' + name); performance.now()`

/** pino loads thread-stream only for transports in worker threads; we have none. */
const withoutWorkers: Plugin = {
  name: 'without-workers',
  setup(build) {
    build.onResolve({ filter: /^thread-stream$/ }, ({ path }) => ({ path, namespace: 'absent' }))
    build.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'module.exports = undefined' }))
  },
}

/**
 * What a quiet box never runs stays an asset until somebody asks for it: mailparser is 1.2 MB of source, and serialport is for
 * those whose modem is ours to dial.
 */
const late = {
  mailparser: { entry: 'node_modules/mailparser/index.js', require: 'process.getBuiltinModule' },
  // Its addon is the one thing that it cannot carry.
  serialport: {
    entry: 'node_modules/serialport/dist/index.js',
    require: "(name) => name === 'node-gyp-build' ? require('./src/addon.ts').serialAddon : process.getBuiltinModule(name)",
  },
  // Our own: for a person who sets the box up, once.
  'settings-folder': { entry: 'src/settings-folder.ts', require: 'process.getBuiltinModule' },
}

const lateFromAssets: Plugin = {
  name: 'late-from-assets',
  setup(build) {
    build.onResolve({ filter: /^(mailparser|serialport|\.\/settings-folder\.ts)$/ }, ({ path }) => ({
      path: path.replace(/^\.\/|\.ts$/g, ''),
      namespace: 'asset',
    }))
    build.onLoad({ filter: /.*/, namespace: 'asset' }, ({ path }) => ({
      resolveDir: root,
      contents: `
        const { getAsset } = require('node:sea')
        const { compileFunction } = require('node:vm')
        compileFunction(getAsset('${path}.cjs', 'utf8'), ['module', 'exports', 'require'])(module, module.exports, ${late[path as keyof typeof late].require})`,
    }))
  },
}

/** What no snapshot can hold (tls, http, https, ffi, tty), and what a quiet box does not need, loads when it is first used. */
const lateModules: Plugin = {
  name: 'late-modules',
  setup(build) {
    build.onResolve(
      {
        filter: /^(node:)?(tls|https?|ffi|sea|module|vm|zlib|child_process|dgram|tty|dns\/promises|readline(\/promises)?|worker_threads)$/,
      },
      ({ path }) => ({
        path: path.replace(/^node:/, ''),
        namespace: 'late',
      }),
    )
    build.onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => {
      const names = JSON.stringify(Object.keys(process.getBuiltinModule(`node:${path}`) ?? {}))
      const get = `process.getBuiltinModule('node:${path}')[name]`
      return { contents: `for (const name of ${names}) Object.defineProperty(exports, name, { enumerable: true, get: () => ${get} })` }
    })
  },
}

const { positionals } = parseArgs({ allowPositionals: true })
mkdirSync(work, { recursive: true })
mkdirSync(join(root, 'dist'), { recursive: true })
await bundle('src/main.ts', 'dialpost.cjs')
for (const [name, { entry }] of Object.entries(late)) await bundle(entry, `${name}.cjs`)
for (const name of positionals.length > 0 ? positionals : [process.arch]) executable(architecture(name))

/** Makes one bundle that needs nothing but Node. */
async function bundle(entry: string, output: string): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(root, entry)],
    write: false,
    bundle: true,
    // Each module's path is in the bundle: from here, wherever the packages lie in truth, and whoever calls from where.
    absWorkingDir: root,
    preserveSymlinks: true,
    // Names stay: renaming saves a quarter of the source, but to keep them in stack traces costs more at every start.
    minifyWhitespace: true,
    minifySyntax: true,
    platform: 'node',
    format: 'cjs',
    target: 'node26',
    logLevel: 'warning',
    banner: output === 'dialpost.cjs' ? { js: early } : {},
    external: output === 'dialpost.cjs' ? [] : ['node-gyp-build'],
    loader: { '.sql': 'text' },
    define: output === 'dialpost.cjs' ? { 'import.meta.main': 'true' } : { __dirname: '""' },
    plugins: output === 'dialpost.cjs' ? [withoutWorkers, lateFromAssets, lateModules] : [],
  })
  // Regular expressions keep their characters, and a single one that is not Latin doubles the memory of the whole source.
  const ascii = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  writeFileSync(join(work, output), (outputFiles[0]?.text ?? '').replace(/[^\x00-\x7f]/g, ascii))
}

function executable(arch: Architecture): void {
  const addons = addonsOf(arch)
  const folder = arch === process.arch ? join(root, 'dist') : join(root, 'dist', arch)
  const output = join(folder, 'dialpost')
  mkdirSync(folder, { recursive: true })
  const recipe = join(work, `sea-${arch}.json`)
  // By its name alone: the executable has it.
  const main = arch === process.arch ? 'dialpost.snapshot' : 'dialpost.cjs'
  if (main === 'dialpost.snapshot') makeSnapshot(join(work, 'dialpost.cjs'), join(work, main))
  writeFileSync(
    recipe,
    JSON.stringify({
      main,
      output,
      executable: lean(arch),
      disableExperimentalSEAWarning: true,
      execArgv: flags,
      execArgvExtension: 'none',
      assets: { ...addons, ...Object.fromEntries(Object.keys(late).map((name) => [`${name}.cjs`, join(work, `${name}.cjs`)])) },
    }),
  )
  rmSync(output, { force: true })
  execFileSync(process.execPath, ['--build-sea', recipe], { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] })
  if (main === 'dialpost.snapshot') markSnapshot(output, main)
  for (const [name, addon] of Object.entries(addons)) copyFileSync(addon, join(folder, name))
  const size = (readFileSync(output).length / 1e6).toFixed(1)
  process.stdout.write(`${relative(root, output)}  ${size} MB\n`)
}

/** By the names under which src/addon.ts asks for them; of glibc, as the runtime is. */
function addonsOf(arch: Architecture): Readonly<Record<string, string>> {
  const serialport = {
    x64: 'linux-x64/@serialport+bindings-cpp.glibc.node',
    arm64: 'linux-arm64/@serialport+bindings-cpp.armv8.glibc.node',
  }
  return {
    'better_sqlite3.node': join(root, 'node_modules/better-sqlite3/prebuilds', `linux-${arch}.node`),
    'serialport.node': join(root, 'node_modules/@serialport/bindings-cpp/prebuilds', serialport[arch]),
  }
}

/**
 * Tells the executable that what it carries as its main script is a snapshot. `--build-sea` can make one itself, but only with
 * the code of all of Node's modules in it; so it is given the finished one as if it were a script, and the bit is set here.
 * The head of what it carries (node_sea.cc): 32 bits of magic, 32 bits of flags, and soon behind them the script's path.
 */
function markSnapshot(executable: string, snapshot: string): void {
  const [magic, useSnapshot] = [Buffer.from([0x20, 0xda, 0x43, 0x01]), 2]
  const whole = readFileSync(executable)
  const path = whole.indexOf(snapshot)
  const head = whole.lastIndexOf(magic, path)
  if (path < 0 || head < path - 64) throw new Error(`${executable} does not carry what this Node's executables are known to`)
  const flags = Buffer.alloc(4)
  flags.writeUInt32LE(whole.readUInt32LE(head + magic.length) | useSnapshot)
  const file = openSync(executable, 'r+')
  writeSync(file, flags, 0, flags.length, head + magic.length)
  closeSync(file)
}

/** The runtime as it goes into the executable. */
function lean(arch: Architecture): string {
  const path = join(work, `node-${runtimeVersion}-${arch}-lean`)
  writeFileSync(path, withoutBallast(readFileSync(stripped(arch))), { mode: 0o755 })
  return path
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
